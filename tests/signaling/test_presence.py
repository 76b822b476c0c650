"""Presence in virtual time: lost, back, given up, and processes that die."""

import random

from meeting_system.contracts.signal import ParticipantState

from .meeting_service import RUN
from .schedules import rest
from .world import Client, World


def living(clients: int = 2, processes: int = 2) -> World:
    """Return a world in which everybody has arrived."""
    world = World(random.Random(0), clients=clients, processes=processes)
    for client in world.clients:
        world.connect(client)
    rest(world)
    return world


def seen_of(world: World, client: Client) -> ParticipantState | None:
    """Return what the room says of a participant."""
    room = world.server.valid(RUN)
    assert room is not None
    person = room.people.get(client.pid)
    return person.state if person else None


def let_pass(world: World, seconds: float) -> None:
    """Let time pass as a living house does: leases are renewed, and what is due is swept."""
    for _ in range(int(seconds)):
        world.clock.advance(1)
        for process in world.processes:
            world.renew(process)
        world.sweep()
        while world.tasks:
            world.step(0)


def presence_of(world: World, client: Client) -> str:
    state = seen_of(world, client)
    return state.presence if state else "gone"


def test_a_lost_socket_shows_as_reconnecting_at_once_and_as_connected_again() -> None:
    world = living()
    ann = world.clients[0]
    assert ann.link is not None
    world.lose_at_server(ann.link)
    world.lose_at_client(ann)
    let_pass(world, 1)
    assert presence_of(world, ann) == "reconnecting"
    world.connect(ann)
    rest(world)
    assert presence_of(world, ann) == "connected"
    assert world.meeting.presence[ann.pid] == "connected"


def test_who_does_not_come_back_is_given_up_after_five_minutes() -> None:
    world = living()
    ann = world.clients[0]
    assert ann.link is not None
    world.lose_at_server(ann.link)
    world.lose_at_client(ann)
    let_pass(world, 299)
    assert presence_of(world, ann) == "reconnecting"
    let_pass(world, 3)
    assert presence_of(world, ann) == "gone"
    assert world.meeting.presence[ann.pid] == "left"
    assert presence_of(world, world.clients[1]) == "connected"


def test_the_sessions_of_a_dead_process_are_found_by_another_and_go_on_there() -> None:
    world = living(processes=1)
    world.crash(world.processes[0])
    let_pass(world, 14)
    assert {presence_of(world, client) for client in world.clients} == {"connected"}
    let_pass(world, 3)
    assert {presence_of(world, client) for client in world.clients} == {"reconnecting"}
    rest(world)
    assert {presence_of(world, client) for client in world.clients} == {"connected"}
    assert all(client.core.gen == 2 for client in world.clients)


def test_a_process_that_slept_takes_its_sessions_back() -> None:
    world = living()
    world.clock.advance(20)
    world.sweep()
    while world.tasks:
        world.step(0)
    assert {presence_of(world, client) for client in world.clients} == {"reconnecting"}
    let_pass(world, 1)
    assert {presence_of(world, client) for client in world.clients} == {"connected"}
    assert all(client.core.gen == 1 for client in world.clients), "no socket was lost"
