"""Polls before their start: made, changed and deleted over HTTP, seen by who made them and by hosts."""

from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.signal_floor import MODERATORS
from meeting_system.contracts.signal_polls import PollPhase, PollState
from meeting_system.kernel.errors import Forbidden
from meeting_system.kernel.ids import is_id, new_id
from meeting_system.kernel.principal import Principal
from meeting_system.meeting import poll_rules
from meeting_system.meeting.access import Standing, find_standing
from meeting_system.meeting.context import Context
from meeting_system.meeting.poll_errors import PollNotFound, TooManyPolls
from meeting_system.meeting.polls import state_of
from meeting_system.meeting.repository import commands, polls
from meeting_system.meeting.talk_schemas import NewPoll


async def create_poll(
    context: Context, principal: Principal, meeting_id: str, sent: NewPoll, *, key: str | None
) -> PollState:
    """Make a draft. `key`: the Idempotency-Key, with which a repeat returns the first one.

    Errors: meeting_not_found, forbidden, too_many_polls.
    """
    now = context.ports.clock.now()
    poll_id = new_id(now.timestamp())
    async with context.ports.database.transaction() as connection:
        standing = await find_standing(connection, meeting_id, principal)
        check_participant(standing.role, "poll:create")
        creator_id = standing.person_id
        if creator_id is None:
            raise Forbidden("join the meeting first")
        sid = f"http:poll:{meeting_id}:{creator_id}:{key}"
        if key is not None and not await commands.claim_command(
            connection, sid=sid, cid=1, answer={"poll_id": poll_id}, now=now
        ):
            return await _find_first(connection, meeting_id, sid)
        if await polls.count_polls(connection, meeting_id) >= poll_rules.MOST_POLLS:
            raise TooManyPolls(f"a meeting has room for {poll_rules.MOST_POLLS} polls")
        values = _values(sent) | {
            "poll_id": poll_id,
            "meeting_id": meeting_id,
            "creator_id": creator_id,
            "creator_name": standing.display_name,
            "created_at": now,
        }
        await polls.insert_poll(connection, values)
        return await _read(connection, meeting_id, poll_id)


async def replace_poll(
    context: Context, principal: Principal, meeting_id: str, poll_id: str, sent: NewPoll
) -> PollState:
    """Write a draft anew. Errors: poll_not_found, poll_begun, forbidden."""
    async with context.ports.database.transaction() as connection:
        await _hold_draft(connection, principal, meeting_id, poll_id)
        await polls.update_poll(connection, poll_id, _values(sent))
        return await _read(connection, meeting_id, poll_id)


async def delete_poll(context: Context, principal: Principal, meeting_id: str, poll_id: str) -> None:
    """Delete a draft. Errors: poll_not_found, poll_begun, forbidden."""
    async with context.ports.database.transaction() as connection:
        await _hold_draft(connection, principal, meeting_id, poll_id)
        await polls.delete_poll(connection, poll_id)


def manages(standing: Standing, row: RowMapping) -> bool:
    """Tell whether somebody knows of a draft, and how an open poll stands."""
    return standing.role in MODERATORS or row["creator_id"] == standing.person_id


async def _hold_draft(
    connection: AsyncConnection, principal: Principal, meeting_id: str, poll_id: str
) -> None:
    standing = await find_standing(connection, meeting_id, principal)
    check_participant(standing.role, "poll:create")
    row = await polls.find_poll(connection, meeting_id, poll_id) if is_id(poll_id) else None
    if row is None:
        raise PollNotFound("there is no such poll in this meeting")
    poll_rules.check_manage(standing.role, standing.person_id, row["creator_id"])
    poll_rules.check_draft(PollPhase(row["phase"]))


async def _find_first(connection: AsyncConnection, meeting_id: str, sid: str) -> PollState:
    done = await commands.find_command(connection, sid, 1)
    return await _read(connection, meeting_id, done.answer["poll_id"] if done else "")


async def _read(connection: AsyncConnection, meeting_id: str, poll_id: str) -> PollState:
    row = await polls.read_poll(connection, meeting_id, poll_id)
    if row is None:
        raise PollNotFound("this poll was made and deleted")
    return state_of(row)


def _values(sent: NewPoll) -> dict[str, Any]:
    options = [{"option_id": f"o{at}", "text": text} for at, text in enumerate(sent.options, 1)]
    correct = None if sent.correct is None else [f"o{at + 1}" for at in sorted(set(sent.correct))]
    return {
        "question": sent.question,
        "kind": sent.kind,
        "options": options,
        "anonymous": sent.anonymous,
        "changeable": sent.changeable,
        "live_results": sent.live_results,
        "correct": correct,
    }
