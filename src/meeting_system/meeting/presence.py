"""Who is connected, as signaling sees it, and what it shows to who arrives."""

from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.meeting import LoadRoom, PersonalView, ReportPresence, RoomView
from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.signal import ChatMessage, MeetingState, PollState
from meeting_system.contracts.signal_floor import LobbyState
from meeting_system.kernel.ids import is_id
from meeting_system.meeting import breakout_life, hooks, lobby, poll_rules, rules
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import MeetingNotLive
from meeting_system.meeting.repository import attendance, chat, private_chat, runs

_MESSAGES_SHOWN = 200
_PRIVATE_SHOWN = 100


async def report_presence(context: Context, report: ReportPresence) -> None:
    """Write down that somebody connected, lost the connection, or left."""
    if not (is_id(report.run_id) and is_id(report.participant_id)):
        return
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        if report.state == "left" and await lobby.give_up(context, connection, report):
            return
        before = await runs.hold_participant(connection, report.run_id, report.participant_id)
        changed = await runs.set_presence(
            connection,
            run_id=report.run_id,
            participant_id=report.participant_id,
            state=report.state,
            why=report.reason,
            now=now,
        )
        if report.state == "connected":
            await attendance.enter(connection, report.run_id, report.participant_id, now=now)
        elif report.state == "left":
            await attendance.leave(connection, report.participant_id, now=now)
        kind = rules.presence_event(before, report.state) if changed else None
        if kind is not None:
            await hooks.tell_participant(
                context,
                connection,
                kind,
                report.meeting_id,
                report.participant_id,
                now=now,
                reason=report.reason,
            )
    if report.state == "connected":
        await lobby.settle(context, report.meeting_id, report.run_id)
    if kind is not None:
        await breakout_life.see(context, report)


async def load_room(context: Context, request: LoadRoom) -> RoomView:
    """Read the durable part of a snapshot as of one moment. Error: meeting_not_live.

    What is personal is read after it: what comes between is in the log as well, and clients know it.
    """
    row, personal = None, {}
    if is_id(request.run_id) and is_id(request.meeting_id):
        async with context.ports.database.reading() as connection:
            row = await chat.read_room(
                connection,
                meeting_id=request.meeting_id,
                run_id=request.run_id,
                messages_at_most=_MESSAGES_SHOWN,
            )
            if row is not None and _has_personal(row):
                personal = await _load_personal(connection, request, row)
    if row is None:
        raise MeetingNotLive("there is no such live meeting")
    return RoomView(
        meeting=MeetingState(
            meeting_id=row["meeting_id"],
            meeting_no=row["meeting_no"],
            title=row["title"],
            host_name=row["host_name"],
            locked=row["locked"],
            started_at=rules.moment(row["started_at"]),
            options=MeetingOptions.model_validate(row["options"]),
            frozen=row["frozen"],
            spotlight=row["spotlight"],
        ),
        ended=row["ended_at"] is not None,
        messages=[ChatMessage.model_validate(message) for message in row["messages"]],
        removed=row["removed"],
        log_seq=row["log_seq"],
        polls=[_poll(poll) for poll in row["polls"]],
        personal=personal,
        may_unmute=row["may_unmute"],
        given=row["given"],
        lobby=LobbyState(waiting=row["waiting"], messages=row["lobby_messages"]),
        host_present=row["host_present"],
        breakouts=row["breakouts"],
    )


def _has_personal(row: RowMapping) -> bool:
    """Tell whether anything in the room may differ between viewers: mostly nothing, and nothing is asked."""
    return row["has_private"] or not row["history"] or bool(row["polls"])


async def _load_personal(
    connection: AsyncConnection, request: LoadRoom, row: RowMapping
) -> dict[str, PersonalView]:
    rows = await private_chat.read_personal(
        connection,
        meeting_id=request.meeting_id,
        run_id=request.run_id,
        participant_ids=[each for each in request.participant_ids if is_id(each)],
        history=row["history"],
        chat_seq=row["chat_seq"],
        messages_at_most=_PRIVATE_SHOWN,
    )
    return {
        each["participant_id"]: PersonalView(
            first_seq=each["first_seq"],
            private_messages=[ChatMessage.model_validate(message) for message in each["private_messages"]],
            choices=each["choices"],
        )
        for each in rows
    }


def _poll(poll: dict[str, Any]) -> PollState:
    is_quiz = poll["correct"] is not None
    return poll_rules.for_everyone(PollState.model_validate(poll | {"is_quiz": is_quiz}))
