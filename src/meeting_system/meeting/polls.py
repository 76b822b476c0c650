"""Polls in a live meeting: start, vote, close, publish.

One vote a person, exact whatever comes twice or at once: the commands of a run take turns, and counts are
taken from the votes.
"""

from typing import Any

from sqlalchemy import RowMapping

from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.signal_polls import (
    PollChosen,
    PollClosed,
    PollOption,
    PollPhase,
    PollPublished,
    PollStarted,
    PollState,
    PollVoted,
)
from meeting_system.kernel.errors import Forbidden
from meeting_system.kernel.ids import is_id, new_secret
from meeting_system.meeting import durable, personal, poll_rules, rules
from meeting_system.meeting.context import Context
from meeting_system.meeting.durable import Effect, Turn
from meeting_system.meeting.poll_errors import PollNotFound
from meeting_system.meeting.repository import polls, runs

_AT_ONCE = 100


def starting(poll_id: str) -> Effect:
    """Return the effect of poll.start. Errors: poll_not_found, poll_begun, forbidden."""

    async def start(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "poll:create")
        row = await _find(turn, poll_id)
        poll_rules.check_manage(turn.actor.role, turn.actor.person_id, row["creator_id"])
        poll_rules.check_draft(PollPhase(row["phase"]))
        changes = {
            "phase": "open",
            "run_id": turn.run.run_id,
            "started_at": turn.now,
            "secret": new_secret() if row["anonymous"] else None,
            "counts": [0] * len(row["options"]),
        }
        version = await polls.update_poll(turn.connection, poll_id, changes)
        await polls.mark_told(turn.connection, poll_id)
        poll = state_of({**row, **changes, "version": version})
        await turn.tell("poll.started", PollStarted(poll=poll_rules.for_everyone(poll)))
        return poll.model_dump(mode="json")

    return start


def voting(poll_id: str, option_ids: list[str]) -> Effect:
    """Return the effect of poll.vote. The room is told a moment later, together with other votes.

    Errors: poll_not_found, poll_not_open, vote_final, forbidden, invalid.
    """

    async def vote(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "poll:vote")
        row = await _find(turn, poll_id)
        poll_rules.check_open(PollPhase(row["phase"]))
        person_id = turn.actor.person_id
        if person_id is None or turn.actor.participant_id is None:
            raise Forbidden("join the meeting first")
        known = [option["option_id"] for option in row["options"]]
        choice = poll_rules.check_choice(option_ids, known, kind=row["kind"])
        voter = poll_rules.voter_of(person_id, row["secret"])
        before = await polls.find_vote(turn.connection, poll_id, voter)
        poll_rules.check_change(before, choice, changeable=row["changeable"])
        if before == choice:
            return _answer(row, choice)
        counted = await polls.put_vote(
            turn.connection,
            poll_id,
            voter=voter,
            display_name=None if row["anonymous"] else turn.actor.display_name,
            choice=choice,
            now=None if row["anonymous"] else turn.now,
        )
        chosen = PollChosen(poll_id=poll_id, choice=choice)
        await personal.tell_persons(turn, "poll.chosen", chosen, person_ids=[person_id])
        return _answer({**row, **vars(counted)}, choice)

    return vote


def _answer(row: RowMapping | dict[str, Any], choice: list[str]) -> dict[str, Any]:
    """Return what a voter is answered. Answers are kept for repeats: of an anonymous vote without the choice,
    so that nothing leads from the person to it."""
    poll = poll_rules.for_everyone(state_of(row))
    shown = None if row["anonymous"] else choice
    return poll.model_copy(update={"choice": shown}).model_dump(mode="json")


def closing(poll_id: str) -> Effect:
    """Return the effect of poll.close. Errors: poll_not_found, poll_not_open, forbidden."""

    async def close(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "poll:create")
        row = await _find(turn, poll_id)
        poll_rules.check_manage(turn.actor.role, turn.actor.person_id, row["creator_id"])
        poll_rules.check_open(PollPhase(row["phase"]))
        phase = "published" if row["live_results"] else "closed"
        counted = await polls.count_votes(turn.connection, poll_id)
        # Without the secret nobody can tell any more who voted what.
        changes = {"phase": phase, "closed_at": turn.now, "secret": None}
        version = await polls.update_poll(turn.connection, poll_id, changes)
        poll = state_of({**row, **vars(counted), **changes, "version": version})
        shown = poll_rules.for_everyone(poll)
        await turn.tell("poll.closed", PollClosed(poll=shown))
        return poll.model_dump(mode="json")

    return close


def publishing(poll_id: str) -> Effect:
    """Return the effect of poll.publish. Errors: poll_not_found, poll_not_closed, forbidden."""

    async def publish(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "poll:create")
        row = await _find(turn, poll_id)
        poll_rules.check_manage(turn.actor.role, turn.actor.person_id, row["creator_id"])
        poll_rules.check_closed(PollPhase(row["phase"]))
        version = await polls.update_poll(turn.connection, poll_id, {"phase": "published"})
        poll = state_of({**row, "phase": "published", "version": version})
        await turn.tell("poll.published", PollPublished(poll=poll_rules.for_everyone(poll)))
        return poll.model_dump(mode="json")

    return publish


async def tell_votes(context: Context) -> int:
    """Tell the rooms how their polls stand, where that changed since it was told; return how many."""
    async with context.ports.database.reading() as connection:
        untold = await polls.list_untold(connection, limit=_AT_ONCE)
    for meeting_id, run_id, poll_id in untold:
        await _tell_one(context, meeting_id, run_id, poll_id)
    return len(untold)


async def _tell_one(context: Context, meeting_id: str, run_id: str, poll_id: str) -> None:
    async with context.ports.database.transaction() as connection:
        run = await runs.lock_run(connection, run_id, meeting_id)
        row = await polls.find_poll(connection, meeting_id, poll_id)
        # Another process may have been quicker, or a host.
        if row is None or row["phase"] != "open" or row["version"] == row["told_version"]:
            return
        await polls.mark_told(connection, poll_id)
        if run is None or run.ended_at is not None:
            return
        poll = poll_rules.for_everyone(state_of(row))
        event = PollVoted(poll_id=poll_id, version=poll.version, voters=poll.voters, counts=poll.counts)
        await durable.tell(connection, run, "poll.voted", event, by=None, now=context.ports.clock.now())


async def close_left_open(context: Context) -> int:
    """Close the polls of runs that ended without anybody closing them; return how many."""
    async with context.ports.database.transaction() as connection:
        left = await polls.list_left_open(connection, limit=_AT_ONCE)
        for poll_id, live_results in left:
            await polls.count_votes(connection, poll_id)
            changes = {
                "phase": "published" if live_results else "closed",
                "closed_at": context.ports.clock.now(),
                "secret": None,
            }
            await polls.update_poll(connection, poll_id, changes)
    return len(left)


def state_of(row: RowMapping | dict[str, Any]) -> PollState:
    """Return a poll with all that is known of it."""
    return PollState(
        poll_id=row["poll_id"],
        question=row["question"],
        kind=row["kind"],
        options=[PollOption(**option) for option in row["options"]],
        anonymous=row["anonymous"],
        changeable=row["changeable"],
        live_results=row["live_results"],
        is_quiz=row["correct"] is not None,
        phase=PollPhase(row["phase"]),
        creator_name=row["creator_name"],
        started_at=rules.moment(row["started_at"]) if row["started_at"] else None,
        closed_at=rules.moment(row["closed_at"]) if row["closed_at"] else None,
        voters=row["voters"],
        counts=row["counts"],
        correct=row["correct"],
        version=row["version"],
    )


async def _find(turn: Turn, poll_id: str) -> RowMapping:
    row = None
    if is_id(poll_id):
        row = await polls.find_poll(turn.connection, turn.run.meeting_id, poll_id)
    # A poll belongs to the run it was started in.
    if row is None or row["run_id"] not in (None, turn.run.run_id):
        raise PollNotFound("there is no such poll in this meeting")
    return row
