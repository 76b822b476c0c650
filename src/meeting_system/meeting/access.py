"""Who somebody is for a meeting: their role and, if they are in it, their participant."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.permissions import check_account, may
from meeting_system.contracts.signal_floor import MODERATORS
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import Account, Guest, MeetingRole, Principal
from meeting_system.meeting.errors import InLobby, LobbyDenied, MeetingNotFound, ParticipantBanned
from meeting_system.meeting.repository import readers, runs
from meeting_system.meeting.repository.runs import OUT, ParticipantRow


@dataclass(frozen=True)
class Standing:
    """The role somebody acts in; `participant_id` null: from outside of the meeting."""

    role: MeetingRole
    participant_id: str | None
    display_name: str
    user_id: str | None = None

    @property
    def person_id(self) -> str | None:
        """Who this is whatever the device and the run: the account, or a guest's participant."""
        return self.user_id or self.participant_id


def check_meeting_id(meeting_id: str) -> None:
    """Raise MeetingNotFound for what can't be the id of a meeting."""
    if not is_id(meeting_id):
        raise MeetingNotFound("there is no meeting with this id")


async def find_standing(connection: AsyncConnection, meeting_id: str, principal: Principal) -> Standing:
    """Return the standing of a caller over HTTP. Errors: meeting_not_found for strangers (they don't learn
    that it exists), participant_banned for who was removed, in_lobby and lobby_denied."""
    check_meeting_id(meeting_id)
    if isinstance(principal, Guest):
        return await _of_guest(connection, meeting_id, principal)
    return await _of_account(connection, meeting_id, principal)


def standing_of(participant: ParticipantRow) -> Standing:
    """Return the standing of somebody in the meeting."""
    if participant.state == "removed":
        raise ParticipantBanned("a host removed you from this meeting")
    if participant.state == "waiting":
        raise InLobby("you are in the lobby: wait until a host lets you in")
    if participant.state == "denied":
        raise LobbyDenied("a host did not let you in")
    return Standing(
        MeetingRole(participant.role),
        participant.participant_id,
        participant.display_name,
        participant.user_id,
    )


async def _of_guest(connection: AsyncConnection, meeting_id: str, guest: Guest) -> Standing:
    row = None
    if guest.meeting_id == meeting_id:
        row = await runs.find_guest(connection, meeting_id, guest.participant_id)
    if row is None:
        raise MeetingNotFound("there is no such meeting, or you are not part of it")
    return standing_of(row)


async def _of_account(connection: AsyncConnection, meeting_id: str, account: Account) -> Standing:
    row = await readers.find_account(connection, meeting_id, account.user_id)
    if row is None:
        raise MeetingNotFound("there is no such meeting, or you are not part of it")
    return standing_of_account(account, row.member_role, row.devices)


def standing_of_account(
    account: Account, member_role: str | None, devices: Sequence[ParticipantRow]
) -> Standing:
    """Return the standing of an account by its role in a meeting and its participants, latest first."""
    inside = next((row for row in devices if row.state not in OUT), None)
    participant_id = inside.participant_id if inside else None
    if may(account, "meeting:moderate"):
        role = _limit(account, MeetingRole.HOST)
        return Standing(role, participant_id, account.display_name, account.user_id)
    waits = next((row for row in devices if row.state in ("waiting", "denied")), None)
    if member_role is None and waits is None:
        raise MeetingNotFound("there is no such meeting, or you are not part of it")
    role = MeetingRole(member_role or MeetingRole.ATTENDEE)
    if devices and inside is None and role not in MODERATORS:
        return standing_of(waits or devices[0])
    return Standing(_limit(account, role), participant_id, account.display_name, account.user_id)


def _limit(account: Account, role: MeetingRole) -> MeetingRole:
    """Let a program that was not given `meeting:act` look on; without `meeting:read` not even that."""
    if may(account, "meeting:act"):
        return role
    check_account(account, "meeting:read")
    return MeetingRole.OBSERVER
