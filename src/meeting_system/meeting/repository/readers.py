"""Who reads or writes over HTTP, with what their meeting allows, in one statement."""

from dataclasses import dataclass

from sqlalchemy import RowMapping, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.meeting.models import meetings, members, participants
from meeting_system.meeting.repository.runs import PARTICIPANT, ParticipantRow, as_participant


@dataclass(frozen=True)
class ReaderRow:
    """A caller as the tables know them: `devices` are the latest first, those of every run."""

    options: MeetingOptions
    member_role: str | None
    devices: list[ParticipantRow]


async def find_account(connection: AsyncConnection, meeting_id: str, user_id: str) -> ReaderRow | None:
    """Return what an account is in a meeting; None: there is no such meeting."""
    own = and_(participants.c.meeting_id == meetings.c.meeting_id, participants.c.user_id == user_id)
    member = and_(members.c.meeting_id == meetings.c.meeting_id, members.c.user_id == user_id)
    statement = (
        select(meetings.c.options, members.c.role.label("member_role"), *PARTICIPANT)
        .select_from(meetings.outerjoin(members, member).outerjoin(participants, own))
        .where(meetings.c.meeting_id == meeting_id)
        .order_by(participants.c.participant_id.desc())
    )
    return _reader(list((await connection.execute(statement)).mappings()))


async def find_guest(connection: AsyncConnection, meeting_id: str, participant_id: str) -> ReaderRow | None:
    """Return what a guest is in a meeting; None: there is no such meeting."""
    own = and_(
        participants.c.meeting_id == meetings.c.meeting_id, participants.c.participant_id == participant_id
    )
    statement = (
        select(meetings.c.options, *PARTICIPANT)
        .select_from(meetings.outerjoin(participants, own))
        .where(meetings.c.meeting_id == meeting_id)
    )
    return _reader(list((await connection.execute(statement)).mappings()))


def _reader(rows: list[RowMapping]) -> ReaderRow | None:
    if not rows:
        return None
    devices = [as_participant(row) for row in rows if row["participant_id"] is not None]
    return ReaderRow(MeetingOptions.model_validate(rows[0]["options"]), rows[0].get("member_role"), devices)
