"""Frames to and from text: strict on the way in, one encoding on the way out."""

from datetime import datetime
from typing import Any

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from meeting_system.contracts.call import Message
from meeting_system.contracts.signal import COMMANDS, Ack, ClientFrame, Command, DeliveryClass, Problem
from meeting_system.kernel.errors import AppError
from meeting_system.kit.websocket import encode_text
from meeting_system.signaling.errors import BadFrame, CommandInvalid, CommandUnknown
from meeting_system.signaling.records import NewEvent

MAX_DEPTH = 8
"""Nothing in the protocol is nested deeper than half of this."""

_client_frame: TypeAdapter[Any] = TypeAdapter(ClientFrame)


class Told(str):
    """A frame for many sockets: what goes over the network is made once."""

    __slots__ = ("wire",)

    wire: bytes

    def __new__(cls, text: str) -> "Told":
        told = super().__new__(cls, text)
        told.wire = encode_text(text)
        return told


def decode(text: str, *, max_bytes: int) -> Any:
    """Read a client's frame; raises BadFrame with a sentence that names the fault, never the content."""
    if len(text) > max_bytes or len(text.encode("utf-8", "surrogatepass")) > max_bytes:
        raise BadFrame("frame too large")
    try:
        value = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        raise BadFrame("not JSON") from None
    if _depth_exceeds(value, MAX_DEPTH):
        raise BadFrame("nested too deeply")
    try:
        return _client_frame.validate_python(value, strict=True, extra="forbid")
    except ValidationError as fault:
        raise BadFrame(_first_fault(fault)) from None


def decode_command(command: Command) -> tuple[DeliveryClass, Any]:
    """Read what is in a command; raises CommandUnknown or CommandInvalid."""
    if command.t not in COMMANDS:
        raise CommandUnknown("no such command; see COMMANDS in docs/protocol/signaling.md")
    delivery, model = COMMANDS[command.t]
    try:
        return delivery, model.model_validate(command.d, strict=True, extra="forbid")
    except ValidationError as fault:
        raise CommandInvalid.of(fault) from None


def encode(frame: Message) -> str:
    """Write a server frame; absent fields are left out."""
    return frame.model_dump_json(exclude_none=True)


def encode_ack(cid: int, result: Message | None = None) -> str:
    """Write a good ack. `res` keeps its nulls: they are part of the result."""
    if result is None:
        return f'{{"f":"ack","cid":{cid},"ok":true}}'
    return f'{{"f":"ack","cid":{cid},"ok":true,"res":{result.model_dump_json()}}}'


def encode_refusal(cid: int, error: AppError, trace_id: str | None = None) -> str:
    """Write the ack of a command that was refused: the command is done with, its effect is none."""
    problem = Problem(
        code=error.code,
        status=error.status,
        detail=error.detail,
        errors=[{"pointer": each.pointer, "detail": each.detail} for each in error.errors],
        retry_after_s=error.retry_after_s,
        trace_id=trace_id,
    )
    return encode(Ack(cid=cid, ok=False, problem=problem))


def iso(moment: datetime) -> str:
    """Write a time as the protocol does: UTC, milliseconds, Z."""
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def event(
    t: str,
    data: BaseModel | dict[str, object],
    *,
    now: datetime,
    by: str | None = None,
    event_id: str | None = None,
    ts: str | None = None,
    target: str = "",
) -> NewEvent:
    """Write an event once, for everybody: its frame from `"t"` on."""
    body = data.model_dump_json().encode() if isinstance(data, BaseModel) else orjson.dumps(data)
    head: dict[str, str] = {"t": t, "ts": ts or iso(now)}
    if event_id is not None:
        head["id"] = event_id
    if by is not None:
        head["by"] = by
    return NewEvent(t, orjson.dumps(head)[1:-1] + b',"d":' + body + b"}", target)


def _depth_exceeds(value: object, limit: int) -> bool:
    if isinstance(value, dict):
        return limit == 0 or any(_depth_exceeds(each, limit - 1) for each in value.values())
    if isinstance(value, list):
        return limit == 0 or any(_depth_exceeds(each, limit - 1) for each in value)
    return False


def _first_fault(fault: ValidationError) -> str:
    first = fault.errors(include_url=False, include_input=False, include_context=False)[0]
    # A name may be the client's own: nothing but plain text goes into a reason.
    where = ".".join(str(part)[:32] for part in first["loc"])
    return f"{where}: {first['msg']}".encode("ascii", "replace").decode()
