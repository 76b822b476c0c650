"""What clients send and get about meetings."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from meeting_system.contracts.media import Source
from meeting_system.contracts.signal import ChatMessage
from meeting_system.contracts.stream import Direction, PictureSource
from meeting_system.kernel.principal import MeetingRole
from meeting_system.kernel.text import check_token, clean_line
from meeting_system.kit.turn import IceServer

Status = Literal["scheduled", "lobby_open", "live", "ended", "cancelled", "expired"]
DisplayName = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(clean_line)]
Title = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(clean_line)]
MeetingPassword = Annotated[str, Field(min_length=1, max_length=64)]
DeviceId = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(check_token)]


class Body(BaseModel):
    """Base of what is sent: nothing unknown, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    def _refuse_null(self, *names: str) -> None:
        for name in names:
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} can't be null")


class NewMeeting(Body):
    """POST /meetings: an instant meeting of the personal room, whose defaults it takes."""

    title: Title | None = None
    password: MeetingPassword | None = None
    guests_allowed: bool | None = None


class MeetingChange(Body):
    """PATCH /meetings/{id}: absent is unchanged; `password` null: none any more."""

    title: Title | None = None
    password: MeetingPassword | None = None
    guests_allowed: bool | None = None

    @model_validator(mode="after")
    def _check(self) -> "MeetingChange":
        self._refuse_null("title", "guests_allowed")
        return self


class RoomChange(Body):
    """PATCH /rooms/mine: absent is unchanged."""

    display_name: DisplayName | None = None
    guests_allowed: bool | None = None

    @model_validator(mode="after")
    def _check(self) -> "RoomChange":
        self._refuse_null("display_name", "guests_allowed")
        return self


class Join(Body):
    """POST /meetings/{reference}/join"""

    display_name: DisplayName | None = None
    password: MeetingPassword | None = None
    device_id: DeviceId
    pass_code: Annotated[str, Field(min_length=16, max_length=64)] | None = Field(
        default=None, description="what other software gave its user as a way in", examples=[None]
    )


class Leave(Body):
    """POST /meetings/{id}/leave: of an account only this device, or all of them."""

    device_id: DeviceId | None = None


class Mute(Body):
    """POST /meetings/{id}/participants/{pid}/mute"""

    source: Source


class Lock(Body):
    """POST /meetings/{id}/actions/lock"""

    locked: bool


class NewStream(Body):
    """POST /meetings/{id}/streams: `publish` over WHIP, `watch` over WHEP. `source` says as what the pictures
    of a publisher are shown; `expires_in_s` absent: a day."""

    direction: Direction
    name: DisplayName | None = None
    source: PictureSource = "camera"
    expires_in_s: Annotated[int | None, Field(ge=60)] = None


class Room(BaseModel):
    """A permanent room."""

    model_config = ConfigDict(from_attributes=True)

    room_id: str
    slug: str
    display_name: str
    guests_allowed: bool
    created_at: datetime


class Meeting(BaseModel):
    """A meeting as its members see it."""

    meeting_id: str
    meeting_no: str
    title: str
    status: Status
    host_name: str
    has_password: bool
    guests_allowed: bool
    locked: bool
    is_host: bool
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    participant_count: int = Field(description="present now; of an ended meeting: who took part")
    join_url: str


class MeetingPage(BaseModel):
    """Newest first."""

    items: list[Meeting]
    next_cursor: str | None


class Preview(BaseModel):
    """What anyone with the number or link may know."""

    meeting_id: str
    meeting_no: str
    title: str
    host_name: str
    has_password: bool
    guests_allowed: bool
    status: Status


class Joined(BaseModel):
    """The ticket for the WebSocket, and who one is in the meeting."""

    ticket: str
    ticket_expires_in_s: int
    meeting_id: str
    participant_id: str
    role: MeetingRole
    display_name: str
    signaling_url: str
    guest_token: str | None = None
    ice_servers: list[IceServer] = Field(
        default_factory=list, description="TURN servers, with credentials that hold for the meeting"
    )


class Participant(BaseModel):
    """Somebody who is or was in the latest run of a meeting."""

    participant_id: str
    display_name: str
    role: MeetingRole
    is_guest: bool
    state: Literal["joining", "connected", "reconnecting", "left", "removed"]
    joined_at: datetime
    left_at: datetime | None


class ParticipantPage(BaseModel):
    """In order of arrival."""

    items: list[Participant]
    next_cursor: str | None


class Stream(BaseModel):
    """A token for an encoder or a player, without the token. `active`: how many connections it has now."""

    stream_id: str
    direction: Direction
    name: str
    source: PictureSource
    created_at: datetime
    expires_at: datetime
    active: int


class CreatedStream(Stream):
    """The one answer with the token: it goes as `Authorization: Bearer …` to `url`."""

    token: str
    url: str


class StreamList(BaseModel):
    """Those that hold, oldest first."""

    items: list[Stream]


class MessagePage(BaseModel):
    """Oldest first."""

    items: list[ChatMessage]


Quality = Literal["good", "fair", "poor", "lost"]


class LiveParticipant(BaseModel):
    """Somebody in a live meeting; `quality` null: media did not tell yet."""

    participant_id: str
    display_name: str
    role: MeetingRole
    state: Literal["joining", "connected", "reconnecting"]
    joined_at: datetime
    quality: Quality | None


class LiveMeeting(BaseModel):
    """A meeting that goes on, as administrators see it."""

    meeting_id: str
    meeting_no: str
    title: str
    host_name: str
    started_at: datetime
    participants: list[LiveParticipant]


class LivePage(BaseModel):
    """The newest first."""

    items: list[LiveMeeting]
    next_cursor: str | None
