"""Passes: people whom other software vouches for come in under the name and the role that it gave them."""

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta

from meeting_system.contracts.outside import IssuePass, Pass
from meeting_system.kernel.ids import is_id, new_secret
from meeting_system.kernel.principal import MeetingRole
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import MeetingEnded, MeetingNotFound, PassInvalid
from meeting_system.meeting.repository import outside
from meeting_system.meeting.rules import OVER, Candidate
from meeting_system.meeting.schemas import Join


@dataclass(frozen=True)
class Entry:
    """What a pass says of who shows it. `participant_id`: who came by it before; `leave_url`: where they go
    from the meeting's end."""

    pass_hash: bytes
    display_name: str
    role: MeetingRole
    is_guest: bool
    participant_id: str | None
    leave_url: str | None


async def issue_pass(context: Context, asked: IssuePass) -> Pass:
    """Make a pass for one device. Errors: meeting_not_found, meeting_ended."""
    code = new_secret()
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        meeting = None
        if is_id(asked.meeting_id):
            meeting = await outside.find_meeting(connection, asked.meeting_id)
        if meeting is None:
            raise MeetingNotFound("there is no such meeting")
        if meeting["status"] in OVER:
            raise MeetingEnded("this meeting is over")
        row: dict[str, object] = {
            "pass_hash": hash_pass(code),
            "meeting_id": asked.meeting_id,
            "display_name": asked.display_name,
            "role": asked.role,
            "external_id": asked.external_id,
            "created_at": now,
            "expires_at": now + timedelta(seconds=asked.lifetime_s),
            "is_guest": asked.is_guest,
        }
        await outside.insert_pass(connection, row)
    return Pass(code=code, meeting_no=meeting["meeting_no"])


async def use_pass(context: Context, meeting_id: str, sent: Join) -> Entry | None:
    """Return what the pass that was sent says, None when none was. Error: pass_invalid."""
    if sent.pass_code is None:
        return None
    pass_hash = hash_pass(sent.pass_code)
    async with context.ports.database.reading() as connection:
        row = await outside.use_pass(
            connection,
            pass_hash,
            meeting_id=meeting_id,
            device_id=sent.device_id,
            now=context.ports.clock.now(),
        )
    if row is None:
        raise PassInvalid("this way in was used on another device, or is too old: ask for a new one")
    return Entry(**(dict(row) | {"pass_hash": pass_hash, "role": MeetingRole(row["role"])}))


async def bind_pass(context: Context, entry: Entry, participant_id: str) -> None:
    """Note who came by a pass."""
    async with context.ports.database.reading() as connection:
        await outside.bind_pass(connection, entry.pass_hash, participant_id)


def vouched(candidate: Candidate, entry: Entry, participant_id: str | None) -> Candidate:
    """Return a candidate as other software vouches for them: it has asked for password and account itself.

    `participant_id`: whom this device was before. By the same pass they need not be let in again.
    """
    return replace(
        candidate,
        has_password=False,
        guests_allowed=True,
        is_guest=entry.is_guest,
        role=entry.role,
        display_name=entry.display_name,
        proven=candidate.known and entry.participant_id == participant_id,
    )


def hash_pass(code: str) -> bytes:
    """Return what is stored of a pass: it has 128 random bits, so one round is enough."""
    return hashlib.sha256(code.encode()).digest()
