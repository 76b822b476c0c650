"""The two statements of a join: everything that decides, then everything that changes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.rules import Reference


@dataclass(frozen=True)
class JoinRow:
    """A meeting as somebody finds it who wants to join from a device."""

    meeting_id: str
    status: str
    password_hash: str | None
    guests_allowed: bool
    locked: bool
    run_id: str | None
    member_role: str | None
    banned: bool
    participant_id: str | None
    participant_name: str | None
    participant_state: str | None
    participant_role: str | None
    admitted: bool
    changed_at: datetime | None
    options: dict[str, Any]
    host_present: bool
    frozen: bool | None
    present: int
    opens_at: datetime | None


_READ = """
SELECT CAST(m.meeting_id AS text) AS meeting_id, m.status, m.password_hash, m.guests_allowed, m.locked,
       CAST(r.run_id AS text) AS run_id,
       (SELECT b.role FROM meetings.members b
         WHERE b.meeting_id = m.meeting_id AND b.user_id = CAST(:user_id AS uuid)) AS member_role,
       EXISTS (SELECT FROM meetings.bans b
                WHERE b.meeting_id = m.meeting_id
                  AND (b.device_id = :device_id OR b.user_id = CAST(:user_id AS uuid))) AS banned,
       CAST(p.participant_id AS text) AS participant_id, p.display_name AS participant_name,
       p.state AS participant_state, CASE WHEN p.role_given THEN p.role END AS participant_role,
       p.connected_at IS NOT NULL OR p.admitted_at IS NOT NULL AS admitted, p.changed_at, m.options,
       EXISTS (SELECT FROM meetings.participants h
                WHERE h.run_id = r.run_id AND h.role IN ('host', 'co_host')
                  AND h.state IN ('connected', 'reconnecting')) AS host_present, r.frozen,
       (SELECT count(*) FROM meetings.participants q
         WHERE q.run_id = r.run_id
           AND (q.state IN ('connected', 'reconnecting')
                OR q.state = 'joining' AND q.changed_at > :recently)) AS present,
       m.opens_at
  FROM meetings.meetings m
  LEFT JOIN meetings.runs r ON r.meeting_id = m.meeting_id AND r.ended_at IS NULL
  LEFT JOIN meetings.participants p ON p.run_id = r.run_id AND p.device_id = :device_id
        AND p.user_id IS NOT DISTINCT FROM CAST(:user_id AS uuid)
"""
# Nobody joins a breakout: who belongs there enters it (breakout_entry.py).
_READ_BY_ID = text(_READ + " WHERE m.meeting_id = CAST(:reference AS uuid) AND m.parent_id IS NULL")
_READ_BY_NUMBER = text(
    _READ
    + """
 WHERE m.meeting_no = :reference AND m.parent_id IS NULL
 ORDER BY m.ended_at DESC NULLS FIRST, (m.status = 'live') DESC,
          abs(extract(epoch FROM m.starts_at - CAST(:recently AS timestamptz)))
 LIMIT 1
"""
)
# As in meetings.find_preview; `recently` is now but for some seconds.


async def read_for_join(
    connection: AsyncConnection,
    reference: Reference,
    *,
    user_id: str | None,
    device_id: str,
    recently: datetime,
) -> JoinRow | None:
    """Read everything that decides about a join. `recently`: tickets since then count as present."""
    values = {"user_id": user_id, "device_id": device_id, "recently": recently}
    if reference.meeting_id is not None:
        found = await connection.execute(_READ_BY_ID, {**values, "reference": reference.meeting_id})
    else:
        found = await connection.execute(_READ_BY_NUMBER, {**values, "reference": reference.meeting_no})
    row = found.first()
    return None if row is None else JoinRow(*row)


@dataclass(frozen=True)
class Arrival:
    """Who joins what; `new_run_id` and `new_participant_id` are used if there is none yet."""

    meeting_id: str
    run_id: str | None
    new_run_id: str
    new_participant_id: str
    user_id: str | None
    device_id: str
    display_name: str
    role: str
    now: datetime
    waiting: bool = False
    avatar_url: str | None = None
    """Goes into the ticket, not into the tables: a meeting keeps no picture of anybody."""


# The lock on the run (or, before there is one, on the meeting) holds off its end until this has committed:
# nobody is let into a meeting that ends at the same moment. Who holds the meeting never waits for a run: its
# end holds the run and waits for the meeting. So a run that somebody else began meanwhile is left for the
# next try.
_LIVE_RUN = """
WITH run AS (
    SELECT run_id FROM meetings.runs
     WHERE run_id = CAST(:run_id AS uuid) AND ended_at IS NULL FOR SHARE
), opened AS (
    UPDATE meetings.meetings m SET status = 'live'
      FROM run WHERE m.meeting_id = CAST(:meeting_id AS uuid) AND m.status = 'lobby_open'
       AND NOT CAST(:waiting AS boolean)
)
"""
_FIRST_RUN = """
WITH meeting AS (
    SELECT meeting_id FROM meetings.meetings
     WHERE meeting_id = CAST(:meeting_id AS uuid)
       AND status IN ('scheduled', 'lobby_open', 'live') FOR NO KEY UPDATE
), run AS (
    INSERT INTO meetings.runs (run_id, meeting_id, started_at, log_seq)
    SELECT CAST(:new_run_id AS uuid), meeting_id, :now, 0 FROM meeting
    ON CONFLICT (meeting_id) WHERE ended_at IS NULL DO NOTHING
    RETURNING run_id
), opened AS (
    UPDATE meetings.meetings m
       SET status = CASE WHEN CAST(:waiting AS boolean) THEN 'lobby_open' ELSE 'live' END,
           started_at = coalesce(m.started_at, :now)
      FROM run WHERE m.meeting_id = CAST(:meeting_id AS uuid)
)
"""
_MEMBER = """
, member AS (
    INSERT INTO meetings.members (meeting_id, user_id, role, created_at)
    SELECT CAST(:meeting_id AS uuid), CAST(:user_id AS uuid), 'attendee', :now
      FROM run WHERE CAST(:user_id AS uuid) IS NOT NULL AND NOT CAST(:waiting AS boolean)
    ON CONFLICT DO NOTHING
)
"""
_ARRIVE = (
    _MEMBER
    + """
INSERT INTO meetings.participants AS p
       (participant_id, run_id, meeting_id, user_id,
        device_id, display_name, role, state, joined_at, changed_at)
SELECT CAST(:new_participant_id AS uuid), run_id, CAST(:meeting_id AS uuid), CAST(:user_id AS uuid),
       :device_id, :display_name, :role,
       CASE WHEN CAST(:waiting AS boolean) THEN 'waiting' ELSE 'joining' END, :now, :now
  FROM run
    ON CONFLICT (run_id, device_id, user_id) DO UPDATE
   SET display_name = CASE WHEN p.renamed THEN p.display_name ELSE excluded.display_name END,
       role = excluded.role, changed_at = excluded.changed_at, left_at = NULL, left_why = NULL,
       -- A page that is loaded again keeps its place in the lobby.
       asked_at = CASE WHEN p.state = 'waiting' OR p.state = 'left' AND p.left_at > excluded.changed_at
                            - interval '1 minute' THEN p.asked_at END,
       state = CASE WHEN excluded.state = 'waiting' OR p.state <> 'connected' THEN excluded.state
                    ELSE p.state END
 WHERE p.state <> 'removed'
RETURNING CAST(participant_id AS text), CAST(run_id AS text)
"""
)
_ARRIVE_IN_RUN = text(_LIVE_RUN + _ARRIVE)
_ARRIVE_FIRST = text(_FIRST_RUN + _ARRIVE)
_START = text(_FIRST_RUN + "SELECT CAST(run_id AS text) FROM run")  # noqa: S608 - constants


async def arrive(connection: AsyncConnection, arrival: Arrival) -> tuple[str, str] | None:
    """Write the participant, and the run and the meeting's start if this is the first.

    Returns participant id and run id; None when meanwhile the run ended, another one began, or the
    participant was removed: read again.
    """
    values = dict(vars(arrival))
    del values["avatar_url"]
    if arrival.run_id is None:
        del values["run_id"]
        found = await connection.execute(_ARRIVE_FIRST, values)
    else:
        del values["new_run_id"]
        found = await connection.execute(_ARRIVE_IN_RUN, values)
    row = found.first()
    return None if row is None else (row[0], row[1])


async def start_run(
    connection: AsyncConnection, meeting_id: str, *, new_run_id: str, now: datetime
) -> str | None:
    """Make a meeting live; return its run, None when it is live or over."""
    values = {"meeting_id": meeting_id, "new_run_id": new_run_id, "now": now, "waiting": False}
    started: str | None = (await connection.execute(_START, values)).scalar()
    return started
