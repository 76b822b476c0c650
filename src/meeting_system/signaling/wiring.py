"""Puts the parts of signaling together."""

import asyncio
import secrets

from meeting_system.kernel.ids import new_id, new_secret
from meeting_system.kit.plug import Plug, Ports
from meeting_system.signaling.core import Core
from meeting_system.signaling.door import Door
from meeting_system.signaling.gateway import Gateway
from meeting_system.signaling.handlers import handlers, listeners
from meeting_system.signaling.hub import Hub
from meeting_system.signaling.jobs import Ear, Jobs, Later
from meeting_system.signaling.room_log import ValkeyRoomLog
from meeting_system.signaling.settings import SignalingSettings
from meeting_system.signaling.shared_clock import SharedClock


def create(ports: Ports, settings: SignalingSettings) -> Plug:
    """Build the signaling service of one process."""
    alarm, ear, later = asyncio.Event(), Ear(ports.store), Later()
    clock = SharedClock(ports.clock, ports.store)
    core = Core(
        log=ValkeyRoomLog(ports.store),
        bus=ports.bus,
        clock=clock,
        node=secrets.token_hex(6),
        new_id=lambda: new_id(clock.now().timestamp()),
        new_secret=new_secret,
        pause=asyncio.sleep,
        later=later.put,
    )
    hub = Hub(core, watch=ear.watch, unwatch=ear.unwatch, alarm=alarm.set)
    door = Door()
    gateway = Gateway(core, hub, door, settings)
    jobs = Jobs(core, hub, door, ear, later, alarm, clock)
    return Plug(
        name="signaling",
        routes=[gateway.route],
        handlers=handlers(core),
        listeners=listeners(core, hub),
        run=jobs.run,
        drain=lambda: jobs.drain(settings.drain_s),
    )
