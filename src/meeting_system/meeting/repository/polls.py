"""Polls and their votes. A vote is one row a person; counts are taken from the rows, never added up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import RowMapping, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.models import polls, runs, votes

# As many zeros as there are options, then what was chosen: one number each, in their order.
_COUNT = text(
    """
    UPDATE meetings.polls AS p SET
           voters = (SELECT count(*) FROM meetings.votes WHERE poll_id = p.poll_id),
           counts = (SELECT jsonb_agg((
                        SELECT count(*) FROM meetings.votes v
                         WHERE v.poll_id = p.poll_id AND v.choice ? (o.value ->> 'option_id')
                     ) ORDER BY o.ordinality)
                       FROM jsonb_array_elements(p.options) WITH ORDINALITY o),
           version = version + 1
     WHERE p.poll_id = CAST(:poll_id AS uuid)
    RETURNING voters, counts, version
    """
)


@dataclass(frozen=True)
class Counted:
    """How a poll stands."""

    voters: int
    counts: list[int]
    version: int


async def insert_poll(connection: AsyncConnection, values: dict[str, Any]) -> None:
    """Write a draft."""
    await connection.execute(insert(polls).values(phase="draft", **values))


async def count_polls(connection: AsyncConnection, meeting_id: str) -> int:
    statement = select(func.count()).select_from(polls).where(polls.c.meeting_id == meeting_id)
    return int((await connection.execute(statement)).scalar_one())


async def find_poll(connection: AsyncConnection, meeting_id: str, poll_id: str) -> RowMapping | None:
    """Return a poll and hold it."""
    statement = (
        select(polls).where(polls.c.poll_id == poll_id, polls.c.meeting_id == meeting_id).with_for_update()
    )
    return (await connection.execute(statement)).mappings().first()


async def read_poll(connection: AsyncConnection, meeting_id: str, poll_id: str) -> RowMapping | None:
    """Return a poll."""
    statement = select(polls).where(polls.c.poll_id == poll_id, polls.c.meeting_id == meeting_id)
    return (await connection.execute(statement)).mappings().first()


async def list_polls(connection: AsyncConnection, meeting_id: str) -> list[RowMapping]:
    """Return every poll of a meeting, oldest first: there are few."""
    statement = select(polls).where(polls.c.meeting_id == meeting_id).order_by(polls.c.poll_id)
    return list((await connection.execute(statement)).mappings())


async def update_poll(connection: AsyncConnection, poll_id: str, changes: dict[str, Any]) -> int:
    """Change a poll; return its new version."""
    statement = (
        update(polls)
        .where(polls.c.poll_id == poll_id)
        .values(version=polls.c.version + 1, **changes)
        .returning(polls.c.version)
    )
    return int((await connection.execute(statement)).scalar_one())


async def delete_poll(connection: AsyncConnection, poll_id: str) -> None:
    await connection.execute(delete(polls).where(polls.c.poll_id == poll_id))


async def find_vote(connection: AsyncConnection, poll_id: str, voter: str) -> list[str] | None:
    """Return what somebody chose; None: nothing yet."""
    statement = select(votes.c.choice).where(votes.c.poll_id == poll_id, votes.c.voter == voter)
    choice: list[str] | None = (await connection.execute(statement)).scalar()
    return choice


async def find_votes(connection: AsyncConnection, voters: dict[str, str]) -> dict[str, list[str]]:
    """Return what somebody chose in several polls; `voters` is as whom they voted, by poll."""
    if not voters:
        return {}
    statement = text(
        """
        SELECT CAST(v.poll_id AS text) AS poll_id, v.choice FROM meetings.votes v
          JOIN unnest(CAST(:poll_ids AS uuid[]), CAST(:voters AS text[])) AS own (poll_id, voter)
            ON own.poll_id = v.poll_id AND own.voter = v.voter
        """
    )
    values = {"poll_ids": list(voters), "voters": list(voters.values())}
    return {row.poll_id: row.choice for row in await connection.execute(statement, values)}


async def put_vote(
    connection: AsyncConnection,
    poll_id: str,
    *,
    voter: str,
    display_name: str | None,
    choice: list[str],
    now: datetime | None,
) -> Counted:
    """Write a vote, the first or a changed one, and count all of them."""
    statement = text(
        """
        INSERT INTO meetings.votes (poll_id, voter, display_name, choice, voted_at)
        VALUES (CAST(:poll_id AS uuid), :voter, :display_name, CAST(:choice AS jsonb), :now)
        ON CONFLICT (poll_id, voter) DO UPDATE SET choice = excluded.choice, voted_at = excluded.voted_at
        """
    )
    values = {
        "poll_id": poll_id,
        "voter": voter,
        "display_name": display_name,
        "choice": orjson.dumps(choice).decode(),
        "now": now,
    }
    await connection.execute(statement, values)
    return await count_votes(connection, poll_id)


async def count_votes(connection: AsyncConnection, poll_id: str) -> Counted:
    """Count the votes, and write down how the poll stands."""
    row = (await connection.execute(_COUNT, {"poll_id": poll_id})).one()
    return Counted(row.voters, row.counts, row.version)


async def list_votes(connection: AsyncConnection, poll_id: str) -> list[RowMapping]:
    """Return the votes of a poll; of an anonymous one in no order that says anything."""
    statement = (
        select(votes.c.display_name, votes.c.choice, votes.c.voted_at)
        .where(votes.c.poll_id == poll_id)
        .order_by(votes.c.voted_at.nulls_first(), votes.c.voter)
    )
    return list((await connection.execute(statement)).mappings())


async def list_untold(connection: AsyncConnection, *, limit: int) -> list[tuple[str, str, str]]:
    """Return (meeting id, run id, poll id) of open polls whose newest count was not told yet."""
    statement = (
        select(polls.c.meeting_id, polls.c.run_id, polls.c.poll_id)
        .where(polls.c.phase == "open", polls.c.version > polls.c.told_version)
        .limit(limit)
    )
    return [(row.meeting_id, row.run_id, row.poll_id) for row in await connection.execute(statement)]


async def list_left_open(connection: AsyncConnection, *, limit: int) -> list[tuple[str, bool]]:
    """Return (poll id, live results) of open polls whose run is over, and hold them."""
    statement = (
        select(polls.c.poll_id, polls.c.live_results)
        .join(runs, runs.c.run_id == polls.c.run_id)
        .where(polls.c.phase == "open", runs.c.ended_at.is_not(None))
        .limit(limit)
        .with_for_update(skip_locked=True, of=polls)
    )
    return [(row.poll_id, row.live_results) for row in await connection.execute(statement)]


async def mark_told(connection: AsyncConnection, poll_id: str) -> None:
    """Write down that the present count was told."""
    await connection.execute(
        update(polls).where(polls.c.poll_id == poll_id).values(told_version=polls.c.version)
    )
