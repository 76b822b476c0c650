"""A link that is down for long, in virtual time: all that decides is real (tests/signaling/world.py)."""

import random
from typing import Any

from tests.signaling.schedules import check, rest
from tests.signaling.world import Client, Link, World

OUTAGES_S = {45.0: "resumed", 240.0: "resumed", 600.0: "ready"}
"""How long, and with which frame a client is back: the session's going on, or a new one with a snapshot."""
STEP_S = 5.0


class WatchedWorld(World):
    """A world that remembers with which frame each client got its session last."""

    def __init__(self, draw: random.Random, *, clients: int) -> None:
        super().__init__(draw, clients=clients)
        self.came: dict[str, str] = {}

    def take(self, client: Client, link: Link, frame: dict[str, Any]) -> None:
        if frame["f"] in ("ready", "resumed", "reset"):
            self.came[client.pid] = frame["f"]
        super().take(client, link, frame)


def run_outage(outage_s: float) -> str:
    """Cut one of two clients off for so long, while both write; return the frame it came back with."""
    world = WatchedWorld(random.Random(int(outage_s)), clients=2)
    try:
        for client in world.clients:
            world.connect(client)
        rest(world)
        away, there = world.clients
        link = away.link
        assert link is not None
        world.say(away)
        world.lose_at_client(away)
        world.lose_at_server(link)
        for _ in range(int(outage_s / STEP_S)):
            world.clock.advance(STEP_S)
            world.say(there)
            _go_on_without(world, away)
        world.say(away)
        rest(world)
        check(world)
        return world.came[away.pid]
    finally:
        world.close()


def _go_on_without(world: WatchedWorld, away: Client) -> None:
    """Let everything be done that waits, except that who is away comes back."""
    away.is_stopped = True
    try:
        world.sweep()
        for process in world.processes:
            world.renew(process)
        rest(world)
    finally:
        away.is_stopped = False
