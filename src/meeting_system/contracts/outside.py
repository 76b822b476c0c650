"""Meetings that other software runs: made, entered and ended by its word, without accounts here."""

from typing import ClassVar

from pydantic import Field

from meeting_system.contracts.call import Message, Nothing, Request
from meeting_system.contracts.meeting_options import OptionsToChange
from meeting_system.kernel.principal import MeetingRole


class OutsideParticipant(Message):
    """Somebody who is in such a meeting now."""

    participant_id: str
    display_name: str
    role: MeetingRole
    external_id: str | None
    camera: bool = False


class OutsideMeeting(Message):
    """Such a meeting. Times are Unix milliseconds; 0: not yet. `has_been_joined`: anybody ever was in it."""

    meeting_id: str
    meeting_no: str
    title: str
    status: str
    created_ms: int
    started_ms: int
    ended_ms: int
    has_been_joined: bool
    participants: list[OutsideParticipant]


class OutsideMeetings(Message):
    """In the order asked for; those that don't exist are absent."""

    items: list[OutsideMeeting]


class OpenOutsideMeeting(Request[OutsideMeeting]):
    """Make a meeting. `host_id`: what other software acts under instead of an account, by `host_name`.

    `logout_url`: where people go from its end; `lasts_min`: after so many minutes it is over.
    """

    topic: ClassVar[str] = "meeting.open_outside"
    host_id: str
    host_name: str
    title: str
    external_id: str
    metadata: dict[str, str]
    logout_url: str | None = None
    options: OptionsToChange = Field(default_factory=OptionsToChange)
    lasts_min: int | None = None


class FindOutsideMeetings(Request[OutsideMeetings]):
    """Read meetings with who is in them: at most 1000."""

    topic: ClassVar[str] = "meeting.find_outside"
    meeting_ids: list[str] = Field(max_length=1000)


class Pass(Message):
    """A way in for one device."""

    code: str
    meeting_no: str


class IssuePass(Request[Pass]):
    """Let somebody in under a name and a role; as a guest they wait where guests do.

    Errors: meeting_not_found (404), meeting_ended (409).
    """

    topic: ClassVar[str] = "meeting.issue_pass"
    meeting_id: str
    display_name: str
    role: MeetingRole
    external_id: str | None
    lifetime_s: int
    is_guest: bool = False


class EndOutsideMeeting(Request[Nothing]):
    """End a meeting; one that is over stays so. Error: meeting_not_found (404)."""

    topic: ClassVar[str] = "meeting.end_outside"
    meeting_id: str
