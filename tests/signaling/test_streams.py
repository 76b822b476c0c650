"""Streams in the room, in virtual time: shown, changed, given up, taken over, and after a wiped log."""

import random
from typing import Any

import pytest

from meeting_system.contracts.stream import HideStream, LookAtStage, OnStage, ShowStream
from meeting_system.kernel.errors import AppError
from meeting_system.kernel.principal import MeetingRole
from meeting_system.signaling import streams

from .meeting_service import MEETING, RUN
from .schedules import rest
from .test_presence import let_pass
from .world import World


@pytest.fixture
def world() -> World:
    """Two people are in the meeting."""
    world = World(random.Random(0), clients=2, processes=1)
    for client in world.clients:
        world.connect(client)
    rest(world)
    return world


def wish(sid: str = "9", **more: Any) -> ShowStream:
    fields = {
        "meeting_id": MEETING,
        "run_id": RUN,
        "participant_id": "encoder",
        "sid": sid,
        "display_name": "Encoder",
        "role": MeetingRole.ATTENDEE,
        "visible": True,
        "sources": ["microphone", "camera"],
    }
    return ShowStream(**fields | more)


def do(world: World, task: Any) -> Any:
    """Run a coroutine of signaling to its end."""
    while True:
        try:
            task.send(None)
        except StopIteration as end:
            rest(world)
            return end.value


def show(world: World, **more: Any) -> None:
    do(world, streams.show(world.processes[0].core, wish(**more)))


def seen_by_clients(world: World) -> list[dict[str, Any] | None]:
    """What each client's own view says of the encoder."""
    return [client.core.view.participants.get("encoder") for client in world.clients]


def test_everybody_sees_a_stream_come_change_and_go(world: World) -> None:
    show(world)
    for seen in seen_by_clients(world):
        assert seen is not None
        assert (seen["display_name"], seen["is_guest"]) == ("Encoder", True)
        assert (seen["microphone"], seen["camera"], seen["screen"]) == (True, True, False)
    assert world.meeting.presence["encoder"] == "connected"
    show(world, sources=["camera"])
    assert [seen and seen["microphone"] for seen in seen_by_clients(world)] == [False, False]
    do(world, streams.hide(world.processes[0].core, HideStream(sid="9", reason="left")))
    assert seen_by_clients(world) == [None, None]
    assert world.meeting.presence["encoder"] == "left"


def test_showing_again_tells_nobody_anything(world: World) -> None:
    show(world)
    before = world.server.valid(RUN)
    assert before is not None
    top = before.top
    show(world)
    assert before.top == top


def test_a_stream_that_is_not_shown_again_is_given_up_with_its_lease(world: World) -> None:
    show(world)
    for _ in range(6):
        let_pass(world, 5)
        show(world)
    assert None not in seen_by_clients(world)
    let_pass(world, 17)
    rest(world)
    assert seen_by_clients(world) == [None, None]
    assert world.meeting.presence["encoder"] == "left"
    with pytest.raises(AppError) as refused:
        show(world)
    assert refused.value.code == "stream_over"


def test_a_later_connection_takes_over_and_the_earlier_one_is_told(world: World) -> None:
    show(world, sid="91")
    show(world, sid="92")
    with pytest.raises(AppError) as refused:
        show(world, sid="91")
    assert refused.value.code == "stream_over"
    do(world, streams.hide(world.processes[0].core, HideStream(sid="91", reason="lost")))
    assert None not in seen_by_clients(world)


def test_a_removed_stream_is_not_shown_again(world: World) -> None:
    show(world)
    world.meeting.remove("encoder")
    for _ in range(3):
        world.relay()
        rest(world)
    assert seen_by_clients(world) == [None, None]
    with pytest.raises(AppError) as refused:
        show(world)
    assert refused.value.code == "stream_over"


def test_after_a_wiped_log_a_stream_is_there_again(world: World) -> None:
    show(world)
    world.server.wipe()
    let_pass(world, 3)
    show(world)
    let_pass(world, 3)
    rest(world)
    assert None not in seen_by_clients(world)


def test_a_player_is_in_nobodys_view_but_counts_as_present(world: World) -> None:
    show(world, visible=False, sources=[])
    assert seen_by_clients(world) == [None, None]
    assert world.meeting.presence["encoder"] == "connected"
    let_pass(world, 17)
    assert world.meeting.presence["encoder"] == "left"


def test_the_stage_is_who_has_something_to_see(world: World) -> None:
    core = world.processes[0].core
    question = LookAtStage(meeting_id=MEETING, run_id=RUN)
    assert do(world, streams.look(core, question)).people == []
    show(world)
    assert do(world, streams.look(core, question)).people == [
        OnStage(participant_id="encoder", camera=True, screen=False)
    ]
    nowhere = LookAtStage(meeting_id=MEETING, run_id="another")
    assert do(world, streams.look(core, nowhere)).people == []
