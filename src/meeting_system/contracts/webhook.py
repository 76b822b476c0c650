"""What other programs are told over webhooks, and how the services ask for it.

A service writes `TellWebhooks` into its outbox in the transaction of what happened; the webhook service makes
a delivery of it for every webhook that wants it. What none wants need not be written: see WantedEvents.
"""

from datetime import datetime
from typing import ClassVar, Literal, get_args

from pydantic import BaseModel, Field

from meeting_system.contracts.call import Message, Nothing, Request
from meeting_system.kernel.principal import MeetingRole

HookType = Literal[
    "meeting.created",
    "meeting.scheduled",
    "meeting.updated",
    "meeting.cancelled",
    "meeting.started",
    "meeting.ended",
    "participant.joined",
    "participant.left",
    "chat.message",
    "recording.ready",
]
HOOK_TYPES: tuple[HookType, ...] = get_args(HookType)
PING = "webhook.ping"
"""Sent on demand to the webhook that asks for it, whatever it wants."""


class HookMeeting(BaseModel):
    """The meeting that an event is about. `external_id`: what other software calls it that runs it here."""

    meeting_id: str
    meeting_no: str
    title: str
    status: str
    host_id: str
    host_name: str
    external_id: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None


class HookParticipant(BaseModel):
    """Somebody in a meeting. `user_id` null: a guest."""

    participant_id: str
    display_name: str
    role: MeetingRole
    user_id: str | None = None
    external_id: str | None = None


class HookChatMessage(BaseModel):
    """What somebody wrote to everyone."""

    message_id: str
    seq: int
    display_name: str
    body: str


class MeetingData(BaseModel):
    """`data` of meeting.*: `reason` says why a meeting ended (`host`, `empty`, `limit`)."""

    meeting: HookMeeting
    reason: str | None = None


class ParticipantData(BaseModel):
    """`data` of participant.*: `reason` says why somebody left. When a meeting ends, all of them left with
    it: that is told by meeting.ended alone."""

    meeting: HookMeeting
    participant: HookParticipant
    reason: str | None = None


class ChatData(BaseModel):
    """`data` of chat.message."""

    meeting: HookMeeting
    message: HookChatMessage


class RecordingData(BaseModel):
    """`data` of recording.ready."""

    meeting: HookMeeting
    recording_id: str


class PingData(BaseModel):
    """`data` of webhook.ping."""

    webhook_id: str


HOOK_DATA: dict[str, type[BaseModel]] = {
    **dict.fromkeys((name for name in HOOK_TYPES if name.startswith("meeting.")), MeetingData),
    **dict.fromkeys((name for name in HOOK_TYPES if name.startswith("participant.")), ParticipantData),
    "chat.message": ChatData,
    "recording.ready": RecordingData,
    PING: PingData,
}
"""What `data` is, for each type of event."""


WANTED_EVENTS = "webhook_events"
ALL_WEBHOOKS = "all"
"""Where WantedEvents is in the cache: kind and key."""


class WantedEvents(BaseModel):
    """What webhooks want that are switched on. The webhook service keeps it in the cache (kit/cache.py),
    never older than a webhook that was acknowledged. Where it is absent, any may be wanted."""

    types: frozenset[str]


class TellWebhooks(Request[Nothing]):
    """Something happened: deliver it to every webhook that wants it. `event_id` makes it happen once.

    `owner_id`: whose meeting it is; webhooks of accounts get what is theirs. `data` is as HOOK_DATA says.
    """

    topic: ClassVar[str] = "webhook.tell_webhooks"
    event_id: str
    type: HookType
    occurred_at: str
    owner_id: str
    meeting_id: str
    data: dict[str, object]


class OutsideHook(Message):
    """A webhook that other software made over the BigBlueButton-compatible API. `meeting_id` null: of all."""

    hook_id: int
    url: str
    external_id: str | None
    raw: bool


class OutsideHooks(Message):
    """In order of birth."""

    items: list[OutsideHook]


class CreateOutsideHook(Request[OutsideHook]):
    """Make such a webhook, or return the one there is of the same address and meeting.

    Errors: webhook_url_refused (422), too_many_webhooks (409).
    """

    topic: ClassVar[str] = "webhook.create_outside_hook"
    url: str
    external_id: str | None
    raw: bool


class ListOutsideHooks(Request[OutsideHooks]):
    """With `external_id` those of one meeting and those of all, else all."""

    topic: ClassVar[str] = "webhook.list_outside_hooks"
    external_id: str | None


class DestroyOutsideHook(Request[Nothing]):
    """Error: webhook_not_found (404)."""

    topic: ClassVar[str] = "webhook.destroy_outside_hook"
    hook_id: int
