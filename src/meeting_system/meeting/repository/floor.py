"""Roles, names, bans, and what hosts decided for a whole run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, delete, func, literal, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.signal_floor import MODERATORS
from meeting_system.kernel.principal import MeetingRole
from meeting_system.meeting.models import bans, meetings, members, participants, runs
from meeting_system.meeting.repository.runs import OUT, ParticipantRow, as_participant
from meeting_system.meeting.rules import PRESENT


@dataclass(frozen=True)
class RightsRow:
    """What decides what a participant may send."""

    role: str
    may_unmute: bool
    frozen: bool
    options: dict[str, Any]


@dataclass(frozen=True)
class BanRow:
    """Whom a host keeps out; known by the participant who was removed."""

    participant_id: str
    display_name: str
    banned_by: str
    has_account: bool
    created_at: datetime


async def find_rights(connection: AsyncConnection, run_id: str, participant_id: str) -> RightsRow | None:
    statement = (
        select(participants.c.role, participants.c.may_unmute, runs.c.frozen, meetings.c.options)
        .join_from(participants, runs, participants.c.run_id == runs.c.run_id)
        .join(meetings, meetings.c.meeting_id == runs.c.meeting_id)
        .where(
            participants.c.run_id == run_id,
            participants.c.participant_id == participant_id,
            participants.c.state.not_in(OUT),
        )
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else RightsRow(**row)


async def find_options(connection: AsyncConnection, meeting_id: str) -> MeetingOptions:
    options = (
        await connection.execute(select(meetings.c.options).where(meetings.c.meeting_id == meeting_id))
    ).scalar()
    return MeetingOptions.model_validate(options or {})


_SET_OPTIONS = text(
    "UPDATE meetings.meetings SET options = options || CAST(:change AS jsonb)"
    " WHERE meeting_id = CAST(:meeting_id AS uuid)"
)


async def change_options(connection: AsyncConnection, meeting_id: str, change_json: str) -> None:
    """Merge a JSON object into the options of a meeting; what is newer than this process knows stays."""
    await connection.execute(_SET_OPTIONS, {"meeting_id": meeting_id, "change": change_json})


async def list_devices(
    connection: AsyncConnection, run_id: str, target: ParticipantRow
) -> list[ParticipantRow]:
    """Return the participants that one person is in a run: every device of an account, one of a guest."""
    if target.user_id is None:
        return [target]
    statement = select(participants).where(
        participants.c.run_id == run_id,
        participants.c.user_id == target.user_id,
        participants.c.state != "removed",
    )
    return [as_participant(row) for row in (await connection.execute(statement)).mappings()]


async def list_of_role(connection: AsyncConnection, run_id: str, role: MeetingRole) -> list[ParticipantRow]:
    statement = select(participants).where(
        participants.c.run_id == run_id, participants.c.role == role, participants.c.state != "removed"
    )
    return [as_participant(row) for row in (await connection.execute(statement)).mappings()]


async def give_role(
    connection: AsyncConnection, meeting_id: str, people: Sequence[ParticipantRow], role: MeetingRole
) -> None:
    """Give people a role, now and, where they have accounts, whenever they come to this meeting."""
    ids = [each.participant_id for each in people]
    users = {each.user_id for each in people if each.user_id is not None}
    await connection.execute(
        update(participants).where(participants.c.participant_id.in_(ids)).values(role=role, role_given=True)
    )
    if users:
        await connection.execute(
            update(members)
            .where(members.c.meeting_id == meeting_id, members.c.user_id.in_(users))
            .values(role=role)
        )


async def rename(connection: AsyncConnection, participant_id: str, display_name: str) -> None:
    await connection.execute(
        update(participants)
        .where(participants.c.participant_id == participant_id)
        .values(display_name=display_name, renamed=True)
    )


async def let_unmute(connection: AsyncConnection, participant_id: str, *, may: bool) -> None:
    await connection.execute(
        update(participants).where(participants.c.participant_id == participant_id).values(may_unmute=may)
    )


async def let_nobody_unmute(connection: AsyncConnection, run_id: str) -> None:
    await connection.execute(
        update(participants)
        .where(participants.c.run_id == run_id, participants.c.may_unmute)
        .values(may_unmute=False)
    )


async def list_moderated(
    connection: AsyncConnection, run_id: str, *, roles: Sequence[MeetingRole], streams: bool | None
) -> list[str]:
    """Return the ids of who is in with one of `roles`. `streams`: only those, only the others, or both."""
    statement = select(participants.c.participant_id).where(
        participants.c.run_id == run_id,
        participants.c.role.in_(roles),
        participants.c.state.in_(("joining", "admitted", *PRESENT)),
    )
    if streams is not None:
        is_stream = participants.c.stream_id.is_not(None)
        statement = statement.where(is_stream if streams else ~is_stream)
    return list((await connection.execute(statement)).scalars())


async def set_frozen(connection: AsyncConnection, run_id: str, *, frozen: bool) -> None:
    await connection.execute(update(runs).where(runs.c.run_id == run_id).values(frozen=frozen))


async def set_spotlight(connection: AsyncConnection, run_id: str, participant_id: str | None) -> None:
    await connection.execute(update(runs).where(runs.c.run_id == run_id).values(spotlight_id=participant_id))


async def list_bans(
    connection: AsyncConnection, meeting_id: str, *, after: str | None, limit: int
) -> list[BanRow]:
    """Return who is kept out, in order of their ids."""
    statement = (
        select(
            bans.c.participant_id,
            func.min(bans.c.display_name).label("display_name"),
            func.min(bans.c.banned_by).label("banned_by"),
            func.bool_or(bans.c.user_id.is_not(None)).label("has_account"),
            func.min(bans.c.created_at).label("created_at"),
        )
        .where(bans.c.meeting_id == meeting_id)
        .group_by(bans.c.participant_id)
        .order_by(bans.c.participant_id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(bans.c.participant_id > after)
    return [BanRow(**row) for row in (await connection.execute(statement)).mappings()]


async def unban(connection: AsyncConnection, meeting_id: str, participant_id: str) -> bool:
    """Keep somebody out no more; False when nobody was.

    The stay that ended by force stays ended: its row gives the device back, so that who comes with it again
    is somebody new, with another participant id.
    """
    statement = (
        delete(bans)
        .where(bans.c.meeting_id == meeting_id, bans.c.participant_id == participant_id)
        .returning(bans.c.device_id, bans.c.user_id)
    )
    lifted = (await connection.execute(statement)).all()
    if not lifted:
        return False
    users = [row.user_id for row in lifted if row.user_id is not None]
    await connection.execute(
        update(participants)
        .where(
            participants.c.meeting_id == meeting_id,
            participants.c.state == "removed",
            or_(
                participants.c.device_id.in_([row.device_id for row in lifted]),
                participants.c.user_id.in_(users),
            ),
        )
        .values(
            state="left",
            # Never a device: those have no blank in them.
            device_id=participants.c.device_id + " " + cast(participants.c.participant_id, Text),
        )
    )
    return True


async def list_leaderless(
    connection: AsyncConnection, *, since: datetime, limit: int
) -> list[tuple[str, str]]:
    """Return (run id, meeting id) of runs that had a host or co-host connected once, have had none since a
    moment, and in which somebody with an account is."""
    statement = select(runs.c.run_id, runs.c.meeting_id).where(*_leaderless(since)).limit(limit)
    return [(row.run_id, row.meeting_id) for row in await connection.execute(statement)]


async def is_leaderless(connection: AsyncConnection, run_id: str, *, since: datetime) -> bool:
    """Tell the same of one run, while it is held."""
    statement = select(literal(1)).select_from(runs).where(runs.c.run_id == run_id, *_leaderless(since))
    return (await connection.execute(statement)).first() is not None


def _leaderless(since: datetime) -> tuple[Any, ...]:
    of_run = participants.c.run_id == runs.c.run_id
    leads = participants.c.role.in_(MODERATORS)
    there = participants.c.state.in_(PRESENT)
    had = select(literal(1)).where(of_run, leads, participants.c.connected_at.is_not(None)).exists()
    origin = participants.alias("origin")
    # A host in a breakout is there as well; a breakout itself has no host of its own.
    visits = origin.c.participant_id == participants.c.origin_id, origin.c.run_id == runs.c.run_id
    recent = or_(there, participants.c.changed_at >= since)
    has = select(literal(1)).where(of_run, leads, recent).exists()
    visiting = select(literal(1)).where(*visits, leads, recent).exists()
    is_breakout = (
        select(literal(1))
        .where(meetings.c.meeting_id == runs.c.meeting_id, meetings.c.parent_run_id.is_not(None))
        .exists()
    )
    heir = select(literal(1)).where(of_run, *_may_follow()).exists()
    return runs.c.ended_at.is_(None), had, ~has, ~visiting, ~is_breakout, heir


async def find_heir(connection: AsyncConnection, run_id: str) -> ParticipantRow | None:
    """Return who is to moderate where nobody is left who can: presenters first, then who came first."""
    statement = (
        select(participants)
        .where(participants.c.run_id == run_id, *_may_follow())
        .order_by(participants.c.role != MeetingRole.PRESENTER, participants.c.connected_at)
        .limit(1)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else as_participant(row)


def _may_follow() -> tuple[Any, ...]:
    return (
        participants.c.state == "connected",
        participants.c.user_id.is_not(None),
        participants.c.role.in_((MeetingRole.PRESENTER, MeetingRole.ATTENDEE)),
    )
