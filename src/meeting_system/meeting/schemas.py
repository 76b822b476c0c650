"""What clients send and get about meetings."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from meeting_system.contracts.media import Source
from meeting_system.contracts.meeting_options import Lobby, LobbyOpensMin, MeetingOptions, OptionsToChange
from meeting_system.contracts.stream import Direction, PictureSource
from meeting_system.kernel.email import normal_email
from meeting_system.kernel.principal import MeetingRole
from meeting_system.kernel.text import check_token, clean_line, clean_paragraphs
from meeting_system.kit.turn import IceServer
from meeting_system.meeting.timing import Entry

Status = Literal["scheduled", "lobby_open", "live", "ended", "cancelled", "expired"]
Answer = Literal["needs_action", "accepted", "declined", "tentative"]
RoomRole = Literal["owner", "member"]
When = Literal["all", "upcoming", "past"]
Scope = Literal["this", "following", "all"]
DisplayName = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(clean_line)]
Title = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(clean_line)]
MeetingPassword = Annotated[str, Field(min_length=1, max_length=64)]
DeviceId = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(check_token)]
Description = Annotated[str, Field(min_length=1, max_length=5000), AfterValidator(clean_paragraphs)]
Email = Annotated[str, Field(min_length=3, max_length=320), AfterValidator(normal_email)]
RoomId = Annotated[str, Field(max_length=64)]
Start = Annotated[str, Field(min_length=1, max_length=40, examples=["2026-12-07T10:00"])]
ZoneName = Annotated[str, Field(min_length=1, max_length=64, examples=["Europe/Berlin"])]
DurationMin = Annotated[int, Field(ge=5, le=24 * 60)]
RuleText = Annotated[str, Field(min_length=1, max_length=200, examples=["FREQ=WEEKLY;BYDAY=MO;COUNT=10"])]
MOST_INVITEES = 300
"""Of one meeting, and in one request."""


class Body(BaseModel):
    """Base of what is sent: nothing unknown, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    def _refuse_null(self, *names: str) -> None:
        for name in names:
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} can't be null")


class OptionsChange(OptionsToChange, Body):
    """What is sent of options: absent is unchanged, or as the room has it."""

    lobby_opens_min: LobbyOpensMin | None = None

    @model_validator(mode="after")
    def _check(self) -> "OptionsChange":
        self._refuse_null(*type(self).model_fields)
        return self

    def sent(self) -> dict[str, object]:
        """Return what was sent, to be merged into what is stored."""
        return self.model_dump(include=self.model_fields_set)


class NewInvitee(Body):
    """Somebody to invite, with an account or without."""

    email: Email
    display_name: DisplayName | None = None


class NewMeeting(Body):
    """POST /meetings: with `starts_at` a scheduled meeting, with `recurrence` a series, else an instant one.
    It takes the defaults of its room; without `room_id` that is the personal one.

    `starts_at`: an hour on the wall of `time_zone` (`2026-03-02T10:00`), or an instant (`…T09:00:00Z`).
    `recurrence`: a rule of RFC 5545, such as `FREQ=WEEKLY;BYDAY=MO;COUNT=10`.
    """

    title: Title | None = None
    description: Description | None = None
    password: MeetingPassword | None = None
    guests_allowed: bool | None = None
    room_id: RoomId | None = None
    options: OptionsChange | None = None
    starts_at: Start | None = None
    time_zone: ZoneName | None = None
    duration_min: DurationMin = 60
    recurrence: RuleText | None = None
    invitees: Annotated[list[NewInvitee], Field(max_length=MOST_INVITEES)] = []

    @model_validator(mode="after")
    def _check(self) -> "NewMeeting":
        if self.recurrence is not None and self.starts_at is None:
            raise ValueError("what comes again needs starts_at")
        if self.recurrence is not None and self.time_zone is None:
            raise ValueError("what comes again needs time_zone: it keeps its hour when the clocks change")
        return self


class MeetingChange(Body):
    """PATCH /meetings/{id}: absent is unchanged; `password` or `description` null: none any more."""

    title: Title | None = None
    description: Description | None = None
    password: MeetingPassword | None = None
    guests_allowed: bool | None = None
    options: OptionsChange | None = None
    starts_at: Start | None = None
    time_zone: ZoneName | None = None
    duration_min: DurationMin | None = None
    recurrence: RuleText | None = None

    @model_validator(mode="after")
    def _check(self) -> "MeetingChange":
        self._refuse_null(
            "title", "guests_allowed", "options", "starts_at", "time_zone", "duration_min", "recurrence"
        )
        return self

    def moves(self) -> bool:
        """Tell whether the time is to change."""
        return bool(self.model_fields_set & {"starts_at", "time_zone", "duration_min", "recurrence"})


class RoomChange(Body):
    """PATCH /rooms/{id}: absent is unchanged; `password` null: none any more."""

    display_name: DisplayName | None = None
    guests_allowed: bool | None = None
    password: MeetingPassword | None = None
    options: OptionsChange | None = None

    @model_validator(mode="after")
    def _check(self) -> "RoomChange":
        self._refuse_null("display_name", "guests_allowed", "options")
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
    """A permanent room. `role`: the caller's; `link`: its address, which stays."""

    room_id: str
    slug: str
    link: str
    display_name: str
    personal: bool
    role: RoomRole
    guests_allowed: bool
    has_password: bool
    options: MeetingOptions
    created_at: datetime


class Meeting(BaseModel):
    """A meeting as its members see it. An instant one has no times."""

    meeting_id: str
    meeting_no: str
    room_id: str
    title: str
    description: str | None
    status: Status
    starts_at: datetime | None
    ends_at: datetime | None
    opens_at: datetime | None = Field(description="from when on others than hosts may come")
    time_zone: str | None
    series_id: str | None
    recurrence: str | None = Field(description="the rule of its series (RFC 5545)")
    changed_alone: bool = Field(description="it differs from its series")
    version: int = Field(description="grows with each change; for If-Match", examples=[1])
    answer: Answer | None = Field(description="what the caller answered to the invitation; null: not invited")
    options: MeetingOptions
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
    """What anyone with the number or link may know. `entry`: whether others than hosts may join now, or what
    they wait for; ask again at `opens_at`, or now and then while the host is absent."""

    entry: Entry
    starts_at: datetime | None
    ends_at: datetime | None
    opens_at: datetime | None
    time_zone: str | None
    is_series: bool
    lobby: Lobby
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
    waiting: bool = Field(default=False, description="in the lobby until a host lets them in")
    leave_url: str | None = Field(
        default=None, description="where the software whose pass was shown wants its user back"
    )
    ice_servers: list[IceServer] = Field(
        default_factory=list, description="TURN servers, with credentials that hold for the meeting"
    )


class Participant(BaseModel):
    """Somebody who is or was in the latest run of a meeting."""

    participant_id: str
    display_name: str
    role: MeetingRole
    is_guest: bool
    state: Literal["waiting", "admitted", "denied", "joining", "connected", "reconnecting", "left", "removed"]
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
