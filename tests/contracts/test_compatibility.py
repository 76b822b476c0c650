"""Processes of two versions understand each other; clients are still held to the letter."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any, cast, get_args

import orjson
import pytest
from tests.contracts.samples import of_newer_version, sample
from tests.house.conftest import load

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.call import Event, Message, Request
from meeting_system.contracts.signal import COMMANDS, ClientFrame, Command, ParticipantState
from meeting_system.kernel.errors import AppError
from meeting_system.signaling.errors import BadFrame
from meeting_system.signaling.frames import decode, decode_command

SCRIPT = load("contracts")
MESSAGES: list[type[Message]] = SCRIPT.find_messages()
REQUESTS = [each for each in MESSAGES if issubclass(each, Request) and hasattr(each, "topic")]
EVENTS = [each for each in MESSAGES if issubclass(each, Event) and each is not Event]
FREE = {"EventFrame", "Command", "AppendDurable", "Ack", "Problem", "SendLetter"}
"""They carry a map of any content, which is passed on as it is."""


class NewerNeighbour(LocalBus):
    """A bus on which both sides say more than the present version knows."""

    async def handle(self, topic: str, payload: bytes) -> bytes:
        answer = await super().handle(topic, grown(payload))
        return grown(answer)

    def tell(self, topic: str, traceparent: str, payload: bytes) -> None:
        super().tell(topic, traceparent, grown(payload))


def grown(payload: bytes) -> bytes:
    return orjson.dumps(of_newer_version(orjson.loads(payload)))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.__name__)
def test_a_message_with_unknown_fields_says_what_it_said_without(message: type[Message]) -> None:
    said = sample(message)
    heard = message.model_validate_json(grown(said.model_dump_json().encode()))
    if message.__name__ not in FREE:
        assert heard == said
    assert not hasattr(heard, "added_later")


@pytest.mark.parametrize("request_type", REQUESTS, ids=lambda request: request.__name__)
async def test_a_request_and_its_reply_pass_between_two_versions(request_type: type[Request[Any]]) -> None:
    bus, heard = NewerNeighbour(), []
    reply = sample(request_type.reply_type())

    async def answer(request: Request[Any]) -> Message:
        heard.append(request)
        return reply

    bus.connect({request_type: answer}, {})
    asked = sample(request_type)
    assert await bus.call(asked) == reply
    assert [type(each) for each in heard] == [request_type]
    if request_type.__name__ not in FREE:
        assert heard == [asked]


@pytest.mark.parametrize("event_type", EVENTS, ids=lambda event: event.__name__)
async def test_an_event_passes_between_two_versions(event_type: type[Event]) -> None:
    bus, heard = NewerNeighbour(), []

    async def hear(event: Event) -> None:
        heard.append(event)

    bus.connect({}, {event_type: [hear]})
    async with bus.running():
        await bus.publish(sample(event_type))
        await bus.settle()
    assert heard == [sample(event_type)]


FRAMES: list[type[Message]] = list(get_args(get_args(ClientFrame)[0]))


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.__name__)
def test_a_client_s_frame_with_an_unknown_field_is_refused(frame: type[Message]) -> None:
    said = sample(frame).model_dump(mode="json", exclude_none=True)
    decode(json.dumps(said), max_bytes=10_000)
    with pytest.raises(BadFrame, match="added_later"):
        decode(json.dumps(said | {"added_later": 1}), max_bytes=10_000)


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_client_s_command_with_an_unknown_field_is_refused(kind: str) -> None:
    said = sample(COMMANDS[kind][1]).model_dump(mode="json", exclude_none=True)
    decode_command(Command(f="cmd", cid=1, t=kind, d=said))
    with pytest.raises(AppError) as caught:
        decode_command(Command(f="cmd", cid=1, t=kind, d=said | {"added_later": 1}))
    assert [each.pointer for each in caught.value.errors] == ["/added_later"]


# The record of what was promised


def test_every_contract_is_recorded_and_none_breaks_its_promise() -> None:
    recorded = json.loads(cast("Path", SCRIPT.TARGET).read_text(encoding="utf-8"))
    present = SCRIPT.describe(MESSAGES)
    assert list(SCRIPT.find_breaks(recorded, present)) == []
    assert present == recorded, "run .venv/bin/python scripts/contracts.py and commit"


class Before(Message):
    """As recorded."""

    kept: str
    state: ParticipantState
    count: int = 0


def breaks(present: type[Message], script: ModuleType = SCRIPT) -> list[str]:
    """Compare a class with Before, as if it were its next version."""
    recorded = script.describe([Before])
    return list(script.find_breaks(recorded, {"Before": script.describe([present])[present.__name__]}))


def test_a_new_field_with_a_default_breaks_nothing() -> None:
    class After(Before):
        added: str = ""

    assert breaks(After) == []


def test_a_new_field_without_a_default_is_found() -> None:
    class After(Before):
        added: str

    assert breaks(After) == ["Before.added is new and has no default"]


def test_a_removed_field_is_found() -> None:
    class After(Message):
        kept: str
        state: ParticipantState

    assert breaks(After) == ["Before.count is gone"]


def test_a_field_of_another_type_or_bound_is_found() -> None:
    class After(Before):
        kept: int  # type: ignore[assignment]
        count: str = ""  # type: ignore[assignment]

    assert breaks(After) == [
        "Before.kept has another type: {'type': 'integer'} instead of {'type': 'string'}",
        "Before.count has another type: {'type': 'string'} instead of {'type': 'integer'}",
    ]


def test_a_default_that_is_taken_away_is_found() -> None:
    class After(Before):
        count: int

    assert breaks(After) == ["Before.count has no default any more"]


def test_a_contract_that_is_gone_or_has_another_topic_or_reply_is_found() -> None:
    first = {"Ask": {"topic": "a.ask", "reply": "Answer", "fields": {}}, "Old": {"fields": {}}}
    then = {"Ask": {"topic": "b.ask", "reply": "Other", "fields": {}}}
    assert list(SCRIPT.find_breaks(first, then)) == [
        "Ask has another topic: b.ask instead of a.ask",
        "Ask has another reply: Other instead of Answer",
        "Old is gone",
    ]
