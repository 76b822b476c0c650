"""What clients send and get about schedules: invitees, answers, sessions, members of rooms, calendars."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from meeting_system.kernel.principal import MeetingRole
from meeting_system.meeting.schemas import (
    MOST_INVITEES,
    Answer,
    Body,
    DisplayName,
    Email,
    MeetingPassword,
    NewInvitee,
    OptionsChange,
    Room,
    RoomRole,
    Scope,
    Status,
)


class NewInvitees(Body):
    """POST /meetings/{id}/invitees"""

    items: Annotated[list[NewInvitee], Field(min_length=1, max_length=MOST_INVITEES)]


class Invitee(BaseModel):
    """Somebody invited, as hosts see them."""

    invitee_id: str
    email: str
    display_name: str
    answer: Answer
    answered_at: datetime | None


class InviteeList(BaseModel):
    """Everybody invited, in the order of their invitation; there are few enough for one page."""

    items: list[Invitee]


class NewAnswer(Body):
    """POST /rsvp/{token} and /meetings/{id}/answer"""

    answer: Literal["accepted", "declined", "tentative"]


class Rsvp(BaseModel):
    """What the link of an invitation shows; of a series its next meeting."""

    title: str
    description: str | None
    host_name: str
    status: Status
    starts_at: datetime | None
    ends_at: datetime | None
    time_zone: str | None
    recurrence: str | None
    meeting_no: str
    join_url: str
    email: str
    display_name: str
    answer: Answer


class Cancel(Body):
    """POST /meetings/{id}/cancel: of a series this meeting, this and those after it, or all."""

    scope: Scope = "this"


class Feed(BaseModel):
    """A calendar to subscribe to. Its address is a secret and shown once: a new one replaces it."""

    url: str


class FeedState(BaseModel):
    """Whether there is an address, and since when."""

    created_at: datetime | None


class Session(BaseModel):
    """One live run of a meeting. `attendee_count`: who was connected."""

    session_id: str
    started_at: datetime
    ended_at: datetime | None
    attendee_count: int


class SessionPage(BaseModel):
    """The latest first."""

    items: list[Session]
    next_cursor: str | None


class Stay(BaseModel):
    """From when to when somebody was in; `left_at` null: until now."""

    entered_at: datetime
    left_at: datetime | None


class Attendee(BaseModel):
    """Somebody who was in a session, from one device. `present_s`: all stays together, in seconds."""

    participant_id: str
    display_name: str
    role: MeetingRole
    is_guest: bool
    stays: list[Stay]
    present_s: int


class AttendancePage(BaseModel):
    """In order of arrival."""

    session_id: str
    items: list[Attendee]
    next_cursor: str | None


class NewRoom(Body):
    """POST /rooms"""

    display_name: DisplayName
    guests_allowed: bool = True
    password: MeetingPassword | None = None
    options: OptionsChange | None = None


class RoomList(BaseModel):
    """The personal room first, then by name; an account has few enough for one page."""

    items: list[Room]


class RoomPreview(BaseModel):
    """What anyone with a room's link may know. `meeting_no`: of its meeting that goes on or is open."""

    slug: str
    display_name: str
    meeting_no: str | None


class NewRoomMember(Body):
    """POST /rooms/{id}/members: by the address of an account."""

    email: Email
    role: RoomRole = "member"


class RoomMemberChange(Body):
    """PATCH /rooms/{id}/members/{user_id}"""

    role: RoomRole


class RoomMember(BaseModel):
    """An account that belongs to a room."""

    user_id: str
    display_name: str
    role: RoomRole
    created_at: datetime


class RoomMemberList(BaseModel):
    """Owners first, then in order of time."""

    items: list[RoomMember]
