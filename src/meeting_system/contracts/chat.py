"""What signaling asks of the meeting service about messages and polls, and what it tells single people."""

from typing import ClassVar

from meeting_system.contracts.call import Nothing, Request
from meeting_system.contracts.meeting import DurableCommand
from meeting_system.contracts.signal_chat import ChatMessage
from meeting_system.contracts.signal_polls import PollState


class EditMessage(DurableCommand, Request[ChatMessage]):
    """Errors: message_not_found (404), edit_too_late (409), forbidden (403), invalid (422)."""

    topic: ClassVar[str] = "meeting.edit_message"
    message_id: str
    body: str


class DeleteMessage(DurableCommand, Request[ChatMessage]):
    """Errors: message_not_found (404), forbidden (403)."""

    topic: ClassVar[str] = "meeting.delete_message"
    message_id: str


class ReactToMessage(DurableCommand, Request[Nothing]):
    """Errors: message_not_found (404), too_many_reactions (409), forbidden (403), invalid (422)."""

    topic: ClassVar[str] = "meeting.react_to_message"
    message_id: str
    emoji: str
    on: bool


class StartPoll(DurableCommand, Request[PollState]):
    """Errors: poll_not_found (404), poll_begun (409), forbidden (403)."""

    topic: ClassVar[str] = "meeting.start_poll"
    poll_id: str


class VotePoll(DurableCommand, Request[PollState]):
    """Errors: poll_not_found (404), poll_not_open, vote_final (409), forbidden (403), invalid (422)."""

    topic: ClassVar[str] = "meeting.vote_poll"
    poll_id: str
    option_ids: list[str]


class ClosePoll(DurableCommand, Request[PollState]):
    """Errors: poll_not_found (404), poll_not_open (409), forbidden (403)."""

    topic: ClassVar[str] = "meeting.close_poll"
    poll_id: str


class PublishPoll(DurableCommand, Request[PollState]):
    """Errors: poll_not_found (404), poll_not_closed (409), forbidden (403)."""

    topic: ClassVar[str] = "meeting.publish_poll"
    poll_id: str


class TellPersonally(Request[Nothing]):
    """Meeting's outbox tells single participants of a run, in order of `number`, until signaling says done.

    `number` counts what is told personally in one run; signaling appends each to the personal log of every
    session concerned at most once. Whoever has no session sees it in their next snapshot. `t` and `d` are
    an event of `meet.v1`.
    """

    topic: ClassVar[str] = "signaling.tell_personally"
    meeting_id: str
    run_id: str
    number: int
    participant_ids: list[str]
    event_id: str
    t: str
    ts: str
    by: str | None
    d: dict[str, object]


class DeleteObjects(Request[Nothing]):
    """Meeting's outbox asks meeting itself to delete what a message's files were stored as."""

    topic: ClassVar[str] = "meeting.delete_objects"
    keys: list[str]
