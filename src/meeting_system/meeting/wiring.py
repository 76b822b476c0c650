"""The meeting service as a plug."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from meeting_system.contracts.media import PeerQualityChanged
from meeting_system.kit.every import every
from meeting_system.kit.passwords import Passwords
from meeting_system.kit.plug import Plug, Ports
from meeting_system.kit.tasks import alongside
from meeting_system.kit.turn import Turn, TurnSettings
from meeting_system.meeting import breakout_life, jobs, live, polls
from meeting_system.meeting.context import Context
from meeting_system.meeting.handlers import create_handlers
from meeting_system.meeting.routes import create_routes
from meeting_system.meeting.settings import MeetingSettings

NO_TURN = TurnSettings()
COUNT_S = 5.0
BREAKOUTS_S = 1.0
"""People watch a countdown to the end of breakouts."""
TELL_S = 1.0
"""A room hears of the votes of about a second together."""


def create(ports: Ports, settings: MeetingSettings, turn: TurnSettings = NO_TURN) -> Plug:
    """Wire the meeting service to its ports."""
    passwords = Passwords(threads=settings.hashing_threads, waiting=settings.hashing_waiting)
    context = Context(ports, settings, passwords, Turn(turn, ports.clock))

    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        looking_after = every(settings.look_after_s, partial(jobs.look_after, context), name="meeting")
        counting = every(COUNT_S, partial(jobs.count_live, context), name="meeting_count")
        ending = every(BREAKOUTS_S, partial(breakout_life.end_due, context), name="meeting_breakouts")
        try:
            telling = every(TELL_S, partial(polls.tell_votes, context), name="meeting_polls")
            async with alongside(looking_after, counting, telling, ending):
                yield
        finally:
            passwords.close()

    return Plug(
        name="meeting",
        routes=create_routes(context),
        handlers=create_handlers(context),
        listeners={PeerQualityChanged: [partial(live.note_quality, context)]},
        run=run,
    )
