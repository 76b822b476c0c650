"""Durable commands: effect, answer, event and everything that follows from it in one transaction, once.

A command is known by (`sid`, `cid`). The commands of one run come one after the other, because each holds the
run's row; so their events are numbered without gaps, and a repeat waits for the first and gets its answer.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.audit import Moderation
from meeting_system.contracts.call import Message
from meeting_system.contracts.meeting import AppendDurable, DurableCommand
from meeting_system.kernel.errors import Forbidden
from meeting_system.kernel.ids import is_id, new_id
from meeting_system.kernel.principal import Account, MeetingRole, Principal
from meeting_system.kit import outbox
from meeting_system.meeting import audit, rules
from meeting_system.meeting.access import Standing, find_standing, standing_of
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import CommandTaken, MeetingNotLive
from meeting_system.meeting.repository import commands, runs
from meeting_system.meeting.repository.runs import ParticipantRow, RunRow


@dataclass(frozen=True)
class Turn:
    """One command's moment: it alone changes the run."""

    context: Context
    connection: AsyncConnection
    run: RunRow
    actor: Standing
    now: datetime

    async def tell(self, t: str, event: Message, *, in_run: RunRow | None = None) -> None:
        """Tell the room, or that of another run that is held, in the name of who acts."""
        by = self.actor.participant_id
        await tell(self.connection, in_run or self.run, t, event, by=by, now=self.now)

    async def note(self, action: Moderation, target: ParticipantRow | None = None, **more: str) -> None:
        """Have the audit trail tell what a host does, and to whom."""
        meeting_id = self.run.meeting_id
        await audit.note(self.connection, action, meeting_id, self.actor, now=self.now, target=target, **more)


def of_nobody(context: Context, connection: AsyncConnection, run: RunRow, now: datetime) -> Turn:
    """Return the moment of what the service does by itself, while the run is held."""
    return Turn(context, connection, run, Standing(MeetingRole.HOST, None, ""), now)


Effect = Callable[[Turn], Awaitable[dict[str, Any]]]
FindActor = Callable[[AsyncConnection, RunRow], Awaitable[Standing]]


@dataclass(frozen=True)
class Call:
    """Which run, under which key, by whom."""

    meeting_id: str
    run_id: str
    sid: str
    cid: int
    participant_id: str | None
    find_actor: FindActor


def call_of_command(command: DurableCommand) -> Call:
    """Return the call of a command that came through signaling: its participant acts."""

    async def find_actor(connection: AsyncConnection, run: RunRow) -> Standing:
        row = None
        if is_id(command.participant_id):
            row = await runs.find_participant(connection, run.run_id, command.participant_id)
        if row is None:
            raise Forbidden("you are not in this meeting")
        return standing_of(row)

    return Call(
        command.meeting_id, command.run_id, command.sid, command.cid, command.participant_id, find_actor
    )


def call_over_http(run: RunRow, principal: Principal, key: str) -> Call:
    """Return the call of a request over HTTP; `key` is its Idempotency-Key, or new."""

    async def find_actor(connection: AsyncConnection, run: RunRow) -> Standing:
        return await find_standing(connection, run.meeting_id, principal)

    caller = principal.user_id if isinstance(principal, Account) else principal.participant_id
    return Call(run.meeting_id, run.run_id, f"http:{run.meeting_id}:{caller}:{key}", 1, None, find_actor)


async def once(context: Context, call: Call, effect: Effect) -> dict[str, Any]:
    """Let a command take effect once and return its answer, of now or of the first time."""
    if not (is_id(call.meeting_id) and is_id(call.run_id)):
        raise MeetingNotLive("there is no such live meeting")
    async with context.ports.database.transaction() as connection:
        run = await runs.lock_run(connection, call.run_id, call.meeting_id)
        if run is None:
            raise MeetingNotLive("there is no such live meeting")
        done = await commands.find_command(connection, call.sid, call.cid)
        if done is not None:
            if done.participant_id != call.participant_id:
                raise CommandTaken(f"command {call.cid} of this session belongs to somebody else")
            return done.answer
        if run.ended_at is not None:
            raise MeetingNotLive("this meeting is over")
        now = context.ports.clock.now()
        actor = await call.find_actor(connection, run)
        answer = await effect(Turn(context, connection, run, actor, now))
        await commands.insert_command(
            connection,
            sid=call.sid,
            cid=call.cid,
            participant_id=call.participant_id,
            answer=answer,
            now=now,
        )
        return answer


async def tell(
    connection: AsyncConnection, run: RunRow, t: str, event: Message, *, by: str | None, now: datetime
) -> None:
    """Write a durable event under the run's next number; the outbox brings it to the room log."""
    event_id = new_id(now.timestamp())
    log_seq = await runs.insert_event(
        connection,
        run_id=run.run_id,
        event_id=event_id,
        t=t,
        ts=now,
        by_id=by,
        d=event.model_dump_json(),
    )
    request = AppendDurable(
        meeting_id=run.meeting_id,
        run_id=run.run_id,
        log_seq=log_seq,
        event_id=event_id,
        t=t,
        ts=rules.moment(now),
        by=by,
        d=event.model_dump(mode="json"),
    )
    await outbox.collect(connection, request, key=f"run:{run.run_id}")
