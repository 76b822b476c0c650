"""Looking at polls: in the meeting and after it; results for hosts at any time, for everyone once shown."""

import csv
import io
from collections.abc import Iterator

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.signal_polls import PollState
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import Principal
from meeting_system.meeting import poll_rules
from meeting_system.meeting.access import Standing, find_standing
from meeting_system.meeting.context import Context
from meeting_system.meeting.poll_drafts import manages
from meeting_system.meeting.poll_errors import PollNotFound
from meeting_system.meeting.polls import state_of
from meeting_system.meeting.repository import polls
from meeting_system.meeting.spreadsheet import harmless
from meeting_system.meeting.talk_schemas import PollResults, PollVoteShown


async def list_polls(context: Context, principal: Principal, meeting_id: str) -> list[PollState]:
    """Return the polls of a meeting as the caller sees them, oldest first; drafts to who may know of them."""
    async with context.ports.database.reading() as connection:
        standing = await find_standing(connection, meeting_id, principal)
        check_participant(standing.role, "poll:read")
        rows = await polls.list_polls(connection, meeting_id)
        choices = await _choices(connection, standing, rows)
    seen = [row for row in rows if row["phase"] != "draft" or manages(standing, row)]
    return [_show(standing, row, choices.get(row["poll_id"])) for row in seen]


async def get_poll(context: Context, principal: Principal, meeting_id: str, poll_id: str) -> PollState:
    """Return a poll as the caller sees it. Error: poll_not_found."""
    async with context.ports.database.reading() as connection:
        standing, row = await _find(connection, principal, meeting_id, poll_id)
        choices = await _choices(connection, standing, [row])
    return _show(standing, row, choices.get(poll_id))


async def get_results(context: Context, principal: Principal, meeting_id: str, poll_id: str) -> PollResults:
    """Return a poll with who voted what, to its maker and hosts; of an anonymous one without names.

    Errors: poll_not_found, forbidden.
    """
    async with context.ports.database.reading() as connection:
        standing, row = await _find(connection, principal, meeting_id, poll_id)
        poll_rules.check_manage(standing.role, standing.person_id, row["creator_id"])
        votes = await polls.list_votes(connection, poll_id)
    shown = [] if row["anonymous"] else [PollVoteShown(**vote) for vote in votes]
    return PollResults(poll=state_of(row), votes=shown)


def write_csv(results: PollResults) -> Iterator[str]:
    """Yield the lines of a table: options with their counts, then, where votes have names, who chose what."""
    poll = results.poll
    yield _line([poll.question])
    for option, count in zip(poll.options, poll.counts or [0] * len(poll.options), strict=True):
        yield _line([option.text, str(count)])
    if results.votes:
        texts = {option.option_id: option.text for option in poll.options}
        yield _line([])
        for vote in results.votes:
            chosen = "; ".join(texts[each] for each in vote.choice)
            yield _line([vote.display_name or "", chosen, vote.voted_at.isoformat() if vote.voted_at else ""])


def _line(cells: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([harmless(cell) for cell in cells])
    return buffer.getvalue()


async def _find(
    connection: AsyncConnection, principal: Principal, meeting_id: str, poll_id: str
) -> tuple[Standing, RowMapping]:
    standing = await find_standing(connection, meeting_id, principal)
    check_participant(standing.role, "poll:read")
    row = await polls.read_poll(connection, meeting_id, poll_id) if is_id(poll_id) else None
    if row is None or (row["phase"] == "draft" and not manages(standing, row)):
        raise PollNotFound("there is no such poll in this meeting")
    return standing, row


async def _choices(
    connection: AsyncConnection, standing: Standing, rows: list[RowMapping]
) -> dict[str, list[str]]:
    person_id = standing.person_id
    if person_id is None:
        return {}
    known = {
        row["poll_id"]: poll_rules.voter_of(person_id, row["secret"])
        for row in rows
        if row["secret"] is not None or not row["anonymous"]
    }
    return await polls.find_votes(connection, known)


def _show(standing: Standing, row: RowMapping, choice: list[str] | None) -> PollState:
    poll = state_of(row)
    if not manages(standing, row):
        poll = poll_rules.for_everyone(poll)
    return poll.model_copy(update={"choice": choice})
