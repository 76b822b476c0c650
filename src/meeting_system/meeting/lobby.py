"""The lobby: who waits, who is let in or turned away, and what hosts say to those who wait."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.meeting import ReportPresence
from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.signal_floor import (
    MAX_LOBBY_MESSAGE_CHARS,
    LobbyAdmitted,
    LobbyDenied,
    LobbyLeft,
    LobbyMessage,
    LobbyRequested,
    LobbySaid,
    LobbyState,
    WaitingPerson,
)
from meeting_system.kernel.errors import FieldError, Invalid
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import MeetingRole, Principal
from meeting_system.kernel.text import clean_paragraphs
from meeting_system.meeting import durable, rules
from meeting_system.meeting.access import find_standing
from meeting_system.meeting.context import Context
from meeting_system.meeting.durable import Effect, Turn
from meeting_system.meeting.errors import ParticipantNotFound
from meeting_system.meeting.repository import chat, floor, lobby, runs
from meeting_system.meeting.repository.lobby import WaitingRow

_AT_ONCE = 100


def admitting(target_id: str | None) -> Effect:
    """Return the effect of lobby.admit, or of lobby.admit_all where `target_id` is null."""

    async def admit(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "lobby:admit")
        waiting = await lobby.list_waiting(turn.connection, turn.run.run_id)
        if target_id is not None:
            waiting = [_find(waiting, target_id)]
        await _let_in(turn, waiting)
        return {}

    return admit


def denying(target_id: str, *, ban: bool) -> Effect:
    """Return the effect of lobby.deny; with `ban` the device and the account stay out."""

    async def deny(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "lobby:deny")
        _find(await lobby.list_waiting(turn.connection, turn.run.run_id), target_id)
        await lobby.turn_away(turn.connection, target_id, state="denied", now=turn.now)
        if ban:
            row = await runs.find_participant(turn.connection, turn.run.run_id, target_id)
            if row is not None:
                by = turn.actor.display_name
                await runs.ban(turn.connection, turn.run.meeting_id, row, by=by, now=turn.now)
                await turn.note("participant_banned", row)
        await turn.tell("lobby.denied", LobbyDenied(participant_id=target_id))
        return {}

    return deny


def saying(body: str) -> Effect:
    """Return the effect of lobby.say; raises Invalid for a body that can't be."""
    text = _clean(body)

    async def say(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "lobby:say")
        name = turn.actor.display_name
        seq = await lobby.insert_message(
            turn.connection, turn.run.run_id, display_name=name, body=text, now=turn.now
        )
        message = LobbyMessage(seq=seq, display_name=name, body=text, sent_at=rules.moment(turn.now))
        await turn.tell("lobby.said", LobbySaid(message=message))
        return {}

    return say


async def ask(context: Context, meeting_id: str, run_id: str, participant_id: str) -> None:
    """Somebody who has to wait opened the connection: hosts are told, each time, and the place is kept."""
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        run = await runs.lock_run(connection, run_id, meeting_id)
        row = await runs.find_participant(connection, run_id, participant_id)
        asked_at = await lobby.ask(connection, participant_id, now=now)
        if run is None or row is None or asked_at is None:
            return
        waiting = WaitingPerson(
            participant_id=participant_id,
            display_name=row.display_name,
            is_guest=row.user_id is None,
            asked_at=rules.moment(asked_at),
        )
        event = LobbyRequested(waiting=waiting)
        await durable.tell(connection, run, "lobby.requested", event, by=participant_id, now=now)
    # A host may have come, or opened the doors, between the decision to wait and this moment.
    await settle(context, meeting_id, run_id)


async def settle(context: Context, meeting_id: str, run_id: str) -> int:
    """Let in who does not have to wait any more: the host has come, or waits for nobody. Return how many."""
    if not (is_id(meeting_id) and is_id(run_id)):
        return 0
    async with context.ports.database.reading() as connection:
        if not await lobby.list_waiting(connection, run_id):
            return 0
    async with context.ports.database.transaction() as connection:
        run = await runs.lock_run(connection, run_id, meeting_id)
        if run is None or run.ended_at is not None:
            return 0
        now = context.ports.clock.now()
        return await settle_held(durable.of_nobody(context, connection, run, now))


async def settle_held(turn: Turn) -> int:
    """The same, while the run is held."""
    options = await floor.find_options(turn.connection, turn.run.meeting_id)
    host_present = await lobby.is_host_present(turn.connection, turn.run.run_id)
    free = [
        row
        for row in await lobby.list_waiting(turn.connection, turn.run.run_id)
        if not rules.must_wait(
            MeetingRole(row.role), options, is_guest=row.user_id is None, host_present=host_present
        )
    ]
    await _let_in(turn, free)
    return len(free)


async def settle_all(context: Context) -> int:
    """Look at every lobby again: what told us to may have been lost. Return how many were let in."""
    async with context.ports.database.reading() as connection:
        found = await lobby.list_runs_with_waiting(connection, limit=_AT_ONCE)
    return sum([await settle(context, meeting_id, run_id) for run_id, meeting_id in found])


async def give_up(context: Context, connection: AsyncConnection, report: ReportPresence) -> bool:
    """Somebody who waited is gone; False where they did not wait."""
    row = await runs.find_participant(connection, report.run_id, report.participant_id)
    if row is None or row.state != "waiting":
        return False
    run = await runs.lock_run(connection, report.run_id, report.meeting_id)
    now = context.ports.clock.now()
    if run is None or not await lobby.turn_away(connection, row.participant_id, state="left", now=now):
        return False
    event = LobbyLeft(participant_id=row.participant_id)
    await durable.tell(connection, run, "lobby.left", event, by=row.participant_id, now=now)
    return True


async def look(context: Context, principal: Principal, meeting_id: str) -> LobbyState:
    """Return who waits, and what was said to them. Errors: forbidden, meeting_not_found."""
    async with context.ports.database.reading() as connection:
        standing = await find_standing(connection, meeting_id, principal)
        check_participant(standing.role, "lobby:read")
        run = await runs.find_latest_run(connection, meeting_id)
        if run is None or run.ended_at is not None:
            return LobbyState()
        row = await chat.read_room(connection, meeting_id=meeting_id, run_id=run.run_id, messages_at_most=0)
    return LobbyState() if row is None else LobbyState(waiting=row["waiting"], messages=row["lobby_messages"])


async def _let_in(turn: Turn, waiting: Sequence[WaitingRow]) -> None:
    await lobby.admit(turn.connection, [row.participant_id for row in waiting], now=turn.now)
    for row in waiting:
        event = LobbyAdmitted(
            participant_id=row.participant_id,
            display_name=row.display_name,
            role=MeetingRole(row.role),
            is_guest=row.user_id is None,
        )
        await turn.tell("lobby.admitted", event)


def _find(waiting: Sequence[WaitingRow], participant_id: str) -> WaitingRow:
    for row in waiting:
        if row.participant_id == participant_id:
            return row
    raise ParticipantNotFound("nobody like this waits in the lobby")


def _clean(body: str) -> str:
    text = rules.cleaned(clean_paragraphs, body, "/body")
    if len(text) > MAX_LOBBY_MESSAGE_CHARS:
        detail = f"at most {MAX_LOBBY_MESSAGE_CHARS} characters"
        raise Invalid(detail, errors=[FieldError("/body", detail)])
    return text
