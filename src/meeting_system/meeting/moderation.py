"""What hosts do to others: mute, remove, lock."""

from typing import Any

from meeting_system.contracts.media import ClosePeer, SetMuted, Source
from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.signal import MeetingLocked, ParticipantMuted, ParticipantRemoved
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import MeetingRole
from meeting_system.kit import outbox
from meeting_system.meeting import hooks, rules
from meeting_system.meeting.durable import Effect, Turn
from meeting_system.meeting.errors import ParticipantNotFound
from meeting_system.meeting.repository import breakouts, floor, runs
from meeting_system.meeting.repository.runs import ParticipantRow
from meeting_system.meeting.rules import PRESENT


def muting(target_id: str, source: Source) -> Effect:
    """Return the effect of participant.mute: the server stops forwarding a source of somebody."""

    async def mute(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "participant:mute")
        target = await find_target(turn, target_id)
        rules.check_mute(turn.actor.role, MeetingRole(target.role), source)
        if source == "microphone":
            await floor.let_unmute(turn.connection, target_id, may=False)
        event = ParticipantMuted(participant_id=target_id, source=source)
        await turn.tell("participant.muted", event)
        await outbox.collect(
            turn.connection,
            SetMuted(meeting_id=turn.run.meeting_id, participant_id=target_id, source=source, muted=True),
            key=f"media:{target_id}",
        )
        return {}

    return mute


def removing(target_id: str) -> Effect:
    """Return the effect of participant.remove: out, media ended, and the device stays out."""

    async def remove(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "participant:remove")
        target = await find_target(turn, target_id)
        rules.check_remove(turn.actor.role, MeetingRole(target.role))
        by = turn.actor.display_name
        await runs.ban(turn.connection, turn.run.meeting_id, target, by=by, now=turn.now)
        await turn.tell("participant.removed", ParticipantRemoved(participant_id=target_id))
        await turn.note("participant_removed", target)
        if target.state in PRESENT:
            meeting_id = turn.run.meeting_id
            await hooks.tell_participant(
                turn.context,
                turn.connection,
                "participant.left",
                meeting_id,
                target_id,
                now=turn.now,
                reason="removed",
            )
        await outbox.collect(
            turn.connection,
            ClosePeer(meeting_id=turn.run.meeting_id, participant_id=target_id),
            key=f"media:{target_id}",
        )
        await _remove_from_breakouts(turn, target_id)
        return {}

    return remove


async def _remove_from_breakouts(turn: Turn, target_id: str) -> None:
    """Out of the meeting is out of its breakouts."""
    for room, inside in await breakouts.find_inside(turn.connection, turn.run.run_id, target_id):
        await runs.ban(turn.connection, room.meeting_id, inside, by=turn.actor.display_name, now=turn.now)
        event = ParticipantRemoved(participant_id=inside.participant_id)
        await turn.tell("participant.removed", event, in_run=room)
        await outbox.collect(
            turn.connection,
            ClosePeer(meeting_id=room.meeting_id, participant_id=inside.participant_id),
            key=f"media:{inside.participant_id}",
        )


def locking(*, locked: bool) -> Effect:
    """Return the effect of meeting.lock: nobody new may join, or again may."""

    async def lock(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "meeting:lock")
        await runs.set_locked(turn.connection, turn.run.meeting_id, locked=locked)
        await turn.tell("meeting.locked", MeetingLocked(locked=locked))
        await turn.note("meeting_locked" if locked else "meeting_unlocked")
        return {}

    return lock


async def find_target(turn: Turn, target_id: str) -> ParticipantRow:
    """Return somebody who is in the run, or was. Error: participant_not_found."""
    target = None
    if is_id(target_id):
        target = await runs.find_participant(turn.connection, turn.run.run_id, target_id)
    if target is None or target.state in runs.OUT:
        raise ParticipantNotFound("there is no such participant in this meeting")
    return target
