"""Streams over HTTP (WHIP and WHEP): participants without a WebSocket, in three services.

Meeting owns the tokens and who may come in, media the connections, signaling what the room sees. Media speaks
for a stream: it asks meeting to admit it, and shows it to signaling again and again while it runs, so that a
media process that dies leaves nobody behind.
"""

from typing import ClassVar, Literal

from pydantic import Field

from meeting_system.contracts.call import Message, Nothing, Request
from meeting_system.contracts.media import Source
from meeting_system.kernel.principal import MeetingRole

Direction = Literal["publish", "watch"]
PictureSource = Literal["camera", "screen"]


class StreamAdmission(Message):
    """Who a stream is in the live run. `expires_at`: the Unix time at which its token holds no more."""

    meeting_id: str
    run_id: str
    stream_id: str
    participant_id: str
    display_name: str
    role: MeetingRole
    source: PictureSource
    expires_at: float


class AdmitStream(Request[StreamAdmission]):
    """Exchange a stream's token for a participant; `meeting` is an id or a number.

    Errors: stream_token_invalid (401), stream_direction_wrong (403), participant_banned (403),
    meeting_not_found (404), meeting_not_live (409), meeting_full (409).
    """

    topic: ClassVar[str] = "meeting.admit_stream"
    meeting: str
    token: str
    direction: Direction


class EndStream(Request[Nothing]):
    """End every connection of a stream's token: it was revoked."""

    topic: ClassVar[str] = "media.end_stream"
    meeting_id: str
    stream_id: str


class ShowStream(Request[Nothing]):
    """Say that a stream runs, and what it sends; repeated within `STREAM_LEASE_S`, or it is given up.

    `sid` names the connection: a later one of the same participant takes over. With `visible` false nobody in
    the room sees it. Error: stream_over (409): the meeting ended, it was removed, or another took over.
    """

    topic: ClassVar[str] = "signaling.show_stream"
    meeting_id: str
    run_id: str
    participant_id: str
    sid: str
    display_name: str
    role: MeetingRole
    visible: bool
    sources: list[Source]


class HideStream(Request[Nothing]):
    """Say that a stream ended; unknown ones are fine."""

    topic: ClassVar[str] = "signaling.hide_stream"
    sid: str
    reason: Literal["left", "lost"]


class OnStage(Message):
    """A participant with something to see."""

    participant_id: str
    camera: bool
    screen: bool


class Stage(Message):
    """Participants with a camera or a screen on, in order of arrival."""

    people: list[OnStage]


class Stages(Message):
    """In the order of the runs."""

    items: list[Stage]


class LookAtStages(Request[Stages]):
    """The same of several runs."""

    topic: ClassVar[str] = "signaling.look_at_stages"
    run_ids: list[str] = Field(max_length=1000)


class LookAtStage(Request[Stage]):
    """Ask what there is to see in a run; a run that is over shows nothing."""

    topic: ClassVar[str] = "signaling.look_at_stage"
    meeting_id: str
    run_id: str
