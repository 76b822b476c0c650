"""Random schedules over a World: what may happen, and what must hold when all has come to rest."""

import random
from collections.abc import Callable

from meeting_system.contracts.signal import ParticipantState
from meeting_system.contracts.signal_floor import MODERATORS
from meeting_system.kernel.principal import MeetingRole

from .meeting_service import RUN
from .world import Client, Link, World

ROUNDS_TO_REST = 400


def run_schedule(seed: int, *, actions: int, clients: int = 2) -> World:
    """Let `actions` random things happen, bring the world to rest, and check it."""
    draw = random.Random(seed)
    world = World(draw, clients=clients)
    if draw.random() < 0.3:
        world.faults = 0.1
    if draw.random() < 0.4:
        world.meeting.ask(draw.choice(world.clients).pid)
    try:
        for client in world.clients:
            world.connect(client)
        for _ in range(actions):
            act(world, draw)
        rest(world)
        check(world)
    finally:
        world.close()
    return world


def act(world: World, draw: random.Random) -> None:
    """Let one thing happen; time passes in small pieces between."""
    roll = draw.random()
    if roll < 0.45:
        progress(world, draw)
    elif roll < 0.80:
        converse(world, draw.choice(world.clients), draw)
    elif roll < 0.90:
        break_something(world, draw)
    else:
        background(world, draw)


def progress(world: World, draw: random.Random) -> None:
    """Some coroutines go on, to their end or only a little."""
    for _ in range(draw.randrange(1, 12)):
        if not world.tasks:
            return
        world.step(draw.randrange(len(world.tasks)))


def converse(world: World, client: Client, draw: random.Random) -> None:
    """A client and its server exchange something."""
    if client.is_stopped:
        return
    if client.link is None:
        world.connect(client)
        return
    roll = draw.random()
    if roll < 0.25:
        world.say(client)
    elif roll < 0.32:
        world.change(client)
    elif roll < 0.34:
        world.move(client)
    elif roll < 0.55:
        world.read_one(draw.choice((client.link, client.former or client.link)))
    elif client.former is not None and roll < 0.75:
        world.deliver(client.former)
    else:
        for _ in range(draw.randrange(1, 5)):
            if client.link is not None:
                world.deliver(client.link)


def break_something(world: World, draw: random.Random) -> None:
    """Something of the world fails."""
    roll = draw.random()
    if roll < 0.45:
        client = draw.choice(world.clients)
        link = client.link
        world.lose_at_client(client)
        if link is not None and draw.random() < 0.5:
            world.lose_at_server(link)
    elif roll < 0.55:
        world.crash(draw.choice(world.processes))
    elif roll < 0.65:
        world.lose_subscription(draw.choice(world.processes))
    elif roll < 0.75:
        world.server.wipe()
    elif roll < 0.85:
        if draw.random() < 0.3:
            for process in list(world.processes):
                world.crash(process)
        world.server.restart(world.saved or world.server.data)
        world.saved = None
    elif roll < 0.91:
        world.saved = world.server.data.copy()
    else:
        host_acts(world, draw)


def host_acts(world: World, draw: random.Random) -> None:
    """A host lets somebody in, gives somebody a role, or removes somebody."""
    roll, pid = draw.random(), draw.choice(world.clients).pid
    if roll < 0.45:
        world.meeting.admit(pid)
    elif roll < 0.75:
        world.meeting.set_role(pid, draw.choice(list(MeetingRole)))
    else:
        world.meeting.remove(pid)


def background(world: World, draw: random.Random) -> None:
    """What processes do by themselves."""
    process = draw.choice(world.processes)
    doing: list[Callable[[], object]] = [
        lambda: world.hear(process),
        lambda: world.hear(process),
        lambda: world.mend(process),
        lambda: world.compare(process),
        lambda: world.renew(process),
        world.relay,
        world.relay,
        world.sweep,
        lambda: world.clock.advance(draw.choice((0.1, 1, 5, 20, 200))),
        lambda: [world.lose_at_server(link) for link in list(process.links) if not link.is_open_at_client],
    ]
    draw.choice(doing)()


def rest(world: World) -> None:
    """Nothing fails any more, and everything that waits is done."""
    world.faults = 0
    for at in range(ROUNDS_TO_REST):
        if not _round(world, at) and at > 2:
            return
    raise AssertionError("the world does not come to rest")


def _round(world: World, at: int) -> bool:
    busy = _drain(world)
    for client in world.clients:
        if client.link is None and not client.is_stopped:
            world.connect(client)
            busy = True
    for process in world.processes:
        for link in list(process.links):
            busy |= _settle(world, link)
        if at % 3 == 0:
            world.compare(process)
            world.renew(process)
        busy |= bool(process.hub.broken)
        world.mend(process)
    # What is handed over now is delivered in the next round.
    busy |= bool(world.meeting.outbox)
    world.relay()
    _drain(world)
    return busy


def _drain(world: World) -> bool:
    was_busy = bool(world.tasks)
    for _ in range(12):
        for at in range(len(world.tasks) - 1, -1, -1):
            if at < len(world.tasks):
                world.step(at)
        for process in world.processes:
            while process.heard:
                was_busy = True
                world.hear(process)
        if not world.tasks:
            break
    return was_busy


def _settle(world: World, link: Link) -> bool:
    busy = False
    while not link.is_open_at_client and link.queue.pop() is not None:
        pass  # it goes nowhere
    if not link.is_open_at_client or (link.queue.closing is not None and not len(link.queue)):
        if link.is_open_at_client:
            world.deliver(link)
        world.lose_at_server(link)
        return True
    while len(link.queue) and link.is_open_at_client:
        world.deliver(link)
        busy = True
    if link.up:
        world.read_one(link)
        busy = True
    return busy


def check(world: World) -> None:
    """At rest, everything that was promised is so."""
    bodies = [message.body for message in world.meeting.messages]
    assert len(bodies) == len(set(bodies)), f"I3: a message was doubled: {bodies}"
    for client in world.clients:
        mine = [body for body in bodies if body.startswith(f"{client.pid}:")]
        assert mine == client.sent[: len(mine)], f"I1: out of order: {mine}"
        if client.pid in world.meeting.removed:
            assert client.is_stopped, "I2: a removed participant is still served"
            continue
        assert not client.is_stopped, "a participant in good standing was thrown out"
        if client.pid in world.meeting.waiting:
            check_waiting(world, client)
            continue
        assert mine == client.sent, f"I1: lost: {client.sent[len(mine) :]}"
        assert not client.core.outbox, "a command was never answered"
        seen = [message["body"] for message in client.core.view.messages]
        assert seen == bodies, "I1: a client does not see what was committed"
        check_state(world, client)


def check_waiting(world: World, client: Client) -> None:
    """Who waits knows that they do, has their session, and is in no room."""
    room = world.server.valid(RUN)
    assert room is None or client.pid not in room.people, "I2: in the room, and not let in"
    assert client.core.sid is not None
    assert client.core.view.place is not None, "I4: waiting, and not shown so"
    assert not client.core.view.participants, "I2: the room is seen from outside"


def check_state(world: World, client: Client) -> None:
    """I4: what a client has applied equals a fresh snapshot."""
    room = world.server.valid(RUN)
    assert room is not None
    fresh = {pid: person.state for pid, person in room.people.items()}
    applied = {
        pid: ParticipantState.model_validate(each) for pid, each in client.core.view.participants.items()
    }
    assert applied == fresh, "I4"
    assert fresh[client.pid].presence == "connected", "I4: present, but not shown so"
    role = world.meeting.role_of(client.pid)
    assert fresh[client.pid].role == client.core.view.role == role, "I4: another role than given"
    lobby = world.meeting.lobby().model_dump(mode="json") if role in MODERATORS else None
    assert client.core.view.lobby == lobby, "I4: the lobby is not what it is"
