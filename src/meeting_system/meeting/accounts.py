"""What becomes of meetings when an account is closed, logged out, deleted, or taken along."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.account import AccountRecords
from meeting_system.contracts.media import ClosePeer
from meeting_system.contracts.meeting import EndSession, ReportPresence
from meeting_system.contracts.signal import ParticipantRemoved
from meeting_system.kernel.ids import is_id
from meeting_system.kit import outbox
from meeting_system.meeting import durable, lifecycle, lobby, scheduling, stored_files
from meeting_system.meeting.context import Context
from meeting_system.meeting.repository import accounts, runs, traces
from meeting_system.meeting.repository.accounts import Presence
from meeting_system.meeting.repository.runs import RunRow

_MOST = 10_000
"""Records of a kind that are taken along."""


async def expel(context: Context, user_id: str) -> None:
    """Remove an account from every meeting that it is in now: its sockets close, its media ends."""
    if not is_id(user_id):
        return
    async with context.ports.database.reading() as connection:
        presences = await accounts.list_presences(connection, user_id)
    await _in_each(context, presences, partial(_expel_from, context, user_id))


async def _in_each(
    context: Context,
    presences: Sequence[Presence],
    change: Callable[[AsyncConnection, RunRow], Awaitable[None]],
) -> None:
    """Change each run that goes on, holding one at a time."""
    for presence in presences:
        async with context.ports.database.transaction() as connection:
            run = await runs.lock_run(connection, presence.run_id, presence.meeting_id)
            if run is not None and run.ended_at is None:
                await change(connection, run)


async def _expel_from(context: Context, user_id: str, connection: AsyncConnection, run: RunRow) -> None:
    now = context.ports.clock.now()
    for target in await runs.find_participants_of(connection, run.meeting_id, user_id):
        if target.state in ("left", "removed"):
            continue
        await runs.ban(connection, run.meeting_id, target, by="", now=now)
        event = ParticipantRemoved(participant_id=target.participant_id)
        await durable.tell(connection, run, "participant.removed", event, by=None, now=now)
        await outbox.collect(
            connection,
            ClosePeer(meeting_id=run.meeting_id, participant_id=target.participant_id),
            key=f"media:{target.participant_id}",
        )


async def disconnect(context: Context, user_id: str) -> None:
    """End the sessions of an account in the meetings that it is in now; who logs in again may come back."""
    if not is_id(user_id):
        return
    async with context.ports.database.reading() as connection:
        presences = await accounts.list_presences(connection, user_id)
    await _in_each(context, presences, partial(_disconnect_from, context, user_id))


async def _disconnect_from(context: Context, user_id: str, connection: AsyncConnection, run: RunRow) -> None:
    for target in await runs.find_participants_of(connection, run.meeting_id, user_id):
        if target.state in ("left", "removed", "denied"):
            continue
        left = ReportPresence(
            meeting_id=run.meeting_id,
            run_id=run.run_id,
            participant_id=target.participant_id,
            state="left",
            reason="logged_out",
        )
        await lobby.give_up(context, connection, left)
        # Signaling tells when who is connected is gone; a ticket on its way must not bring them back.
        await runs.log_out(connection, target.participant_id, now=context.ports.clock.now())
        request = EndSession(
            meeting_id=run.meeting_id,
            run_id=run.run_id,
            participant_id=target.participant_id,
            why="logged_out",
        )
        await outbox.collect(connection, request, key=f"run:{run.run_id}")


async def forget(context: Context, user_id: str, email: str) -> None:
    """Delete what a deleted account owned, and take it out of meetings of others; who was invited is told.

    Again is no error.
    """
    if not is_id(user_id):
        return
    now = context.ports.clock.now()
    async with context.ports.database.reading() as connection:
        live = await accounts.list_live_runs_of_host(connection, user_id)
    await _in_each(
        context,
        live,
        lambda connection, run: lifecycle.finish(context, connection, run, "host", by=None, now=now),
    )
    async with context.ports.database.transaction() as connection:
        await scheduling.cancel_all(context, connection, user_id)
        await accounts.delete_own(connection, user_id, email)
        for meeting_id, file_ids in (await traces.take_files(connection, user_id)).items():
            await stored_files.collect_deletion(connection, meeting_id, file_ids)
        await traces.erase(connection, user_id)


async def collect(context: Context, user_id: str) -> AccountRecords:
    """Return what is kept of an account."""
    if not is_id(user_id):
        return AccountRecords(content="{}")
    async with context.ports.database.reading() as connection:
        records = await accounts.collect(connection, user_id, limit=_MOST)
    return AccountRecords(content=orjson.dumps(records).decode())
