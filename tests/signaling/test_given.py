"""What hosts give holds, at whatever moment of an arrival, a lost log or an admission they give it."""

import random
from collections.abc import Callable, Iterator

import pytest

from meeting_system.kernel.principal import MeetingRole

from .meeting_service import RUN
from .schedules import check, rest
from .world import Client, World

MOMENTS = 20
"""More than any of these situations takes: the last ones are after it."""
APART = 5

Situation = Callable[[], World]


def opened() -> World:
    world = World(random.Random(1), clients=1, processes=1)
    world.connect(world.clients[0])
    return world


def arriving() -> World:
    """A ticket was shown, nothing more."""
    return opened()


def losing_the_log() -> World:
    """The log is gone, and its process has noticed."""
    world = opened()
    rest(world)
    world.server.wipe()
    world.processes[0].hub.mark(RUN)
    return world


def finding_the_log_restarted() -> World:
    """The store is back with what it had, which is another epoch."""
    world = opened()
    rest(world)
    world.server.restart(world.server.data.copy())
    world.processes[0].hub.mark(RUN)
    return world


def coming_back_to_another_log() -> World:
    """A session is resumed whose log was lost while its socket was."""
    world = opened()
    rest(world)
    lose(world, world.clients[0])
    world.server.wipe()
    world.connect(world.clients[0])
    return world


def being_let_in() -> World:
    """A host has just let somebody in who waits."""
    world = World(random.Random(1), clients=1, processes=1)
    world.meeting.ask("p0")
    world.connect(world.clients[0])
    rest(world)
    world.meeting.admit("p0")
    world.relay()
    return world


def being_let_in_without_a_log() -> World:
    """A host has let somebody in, and the log was lost before it told so."""
    world = being_let_in()
    world.server.wipe()
    world.processes[0].hub.mark(RUN)
    return world


SITUATIONS = (
    arriving,
    losing_the_log,
    finding_the_log_restarted,
    coming_back_to_another_log,
    being_let_in,
    being_let_in_without_a_log,
)


def lose(world: World, client: Client) -> None:
    """The client's socket breaks, at both ends."""
    link = client.link
    assert link is not None
    world.lose_at_client(client)
    world.lose_at_server(link)
    rest_of_tasks(world)


def rest_of_tasks(world: World) -> None:
    while world.tasks:
        world.step(0)


def go_on(world: World, times: int) -> None:
    """Let the next thing happen that would, so many times: one await of one coroutine, or one message."""
    for _ in range(times):
        process, link = world.processes[0], world.clients[0].link
        if world.tasks:
            world.step(0)
        elif process.heard:
            world.hear(process)
        elif process.hub.broken:
            world.mend(process)
        elif link is not None and (len(link.queue) or link.queue.closing is not None):
            world.deliver(link)


def give(world: World, role: MeetingRole) -> None:
    world.meeting.set_role("p0", role)


def tell(world: World) -> None:
    """The outbox hands over what it has, and nothing else goes on meanwhile."""
    for _ in range(100):
        world.relay()
        if world.appending is None:
            if not world.meeting.outbox:
                return
        else:
            world.step(world.tasks.index(world.appending))
    raise AssertionError("the outbox does not come to an end")


def moments() -> Iterator[tuple[int, int, bool]]:
    for first in range(MOMENTS):
        for later in range(APART):
            yield from ((first, later, True), (first, later, False))


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_role_given_last_is_the_one_that_everybody_is_shown(situation: Situation) -> None:
    for first, later, is_told_between in moments():
        world = situation()
        go_on(world, first)
        give(world, MeetingRole.CO_HOST)
        if is_told_between:
            tell(world)
        go_on(world, later)
        give(world, MeetingRole.PRESENTER)
        tell(world)
        rest(world)
        try:
            check(world)
        except AssertionError as error:
            raise AssertionError(f"given after {first} and {later}, {is_told_between}: {error}") from error
        finally:
            world.close()


def test_who_was_let_in_while_taken_for_lost_does_not_wait_on() -> None:
    world = World(random.Random(1), clients=1, processes=1)
    world.meeting.ask("p0")
    world.connect(world.clients[0])
    rest(world)
    world.clock.advance(20)
    world.sweep()
    rest_of_tasks(world)
    world.meeting.admit("p0")
    tell(world)
    rest(world)
    check(world)
    assert world.clients[0].core.view.place is None
