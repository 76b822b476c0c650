"""Who has which role: given by hosts, handed over, and who follows when nobody is left who moderates."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from meeting_system.contracts.floor import SetMutedAll, blocked_sources
from meeting_system.contracts.signal_floor import ParticipantRoleChanged
from meeting_system.kernel.principal import MeetingRole
from meeting_system.kit import outbox
from meeting_system.kit.log import logger
from meeting_system.meeting import durable, lobby, rules
from meeting_system.meeting.context import Context
from meeting_system.meeting.durable import Effect, Turn
from meeting_system.meeting.moderation import find_target
from meeting_system.meeting.repository import floor, runs
from meeting_system.meeting.repository.runs import ParticipantRow

_AT_ONCE = 100

log = logger(__name__)


def setting(target_id: str, role: MeetingRole) -> Effect:
    """Return the effect of participant.set_role. There is one host: making another hands the meeting over."""

    async def set_role(turn: Turn) -> dict[str, Any]:
        target = await find_target(turn, target_id)
        rules.check_set_role(turn.actor.role, MeetingRole(target.role), role)
        if role is MeetingRole.HOST:
            former = await floor.list_of_role(turn.connection, turn.run.run_id, MeetingRole.HOST)
            await _give(turn, former, MeetingRole.CO_HOST)
        await _give(turn, await floor.list_devices(turn.connection, turn.run.run_id, target), role)
        await turn.note("participant_role_given", target, role=role)
        return {}

    return set_role


async def appoint(context: Context) -> int:
    """Make a co-host where hosts and co-hosts are gone for a while and somebody with an account is there.

    Guests never follow: nobody knows who they are. The host who comes back is the host again.
    """
    now = context.ports.clock.now()
    since = now - timedelta(seconds=context.settings.leaderless_after_s)
    async with context.ports.database.reading() as connection:
        found = await floor.list_leaderless(connection, since=since, limit=_AT_ONCE)
    appointed = 0
    for run_id, meeting_id in found:
        async with context.ports.database.transaction() as connection:
            run = await runs.lock_run(connection, run_id, meeting_id)
            heir = await floor.find_heir(connection, run_id)
            if run is None or run.ended_at is not None or heir is None:
                continue
            # Asked again while the run is held: a host may be back.
            if not await floor.is_leaderless(connection, run_id, since=since):
                continue
            turn = durable.of_nobody(context, connection, run, now)
            devices = await floor.list_devices(connection, run_id, heir)
            await _give(turn, devices, MeetingRole.CO_HOST)
            await lobby.settle_held(turn)
            log.info("co_host_appointed", meeting_id=meeting_id)
            appointed += 1
    return appointed


async def _give(turn: Turn, people: Sequence[ParticipantRow], role: MeetingRole) -> None:
    """Give it, tell it, and stop at the server what the role may not send."""
    if not people:
        return
    await floor.give_role(turn.connection, turn.run.meeting_id, people, role)
    options = await floor.find_options(turn.connection, turn.run.meeting_id)
    blocked = blocked_sources(role, options, frozen=turn.run.frozen, may_unmute=False)
    for each in people:
        event = ParticipantRoleChanged(participant_id=each.participant_id, role=role)
        await turn.tell("participant.role_changed", event)
        if blocked:
            await outbox.collect(
                turn.connection,
                SetMutedAll(
                    meeting_id=turn.run.meeting_id,
                    participant_ids=[each.participant_id],
                    sources=list(blocked),
                ),
                key=f"media:{each.participant_id}",
            )
