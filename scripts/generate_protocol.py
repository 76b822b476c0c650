"""Write what the web client knows of the contracts; `--check` only compares.

clients/web/src/core/protocol.ts comes from `meeting_system.contracts.signal`, the list of the audit trail's
actions from `meeting_system.contracts.audit`.
"""

import inspect
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic.json_schema import models_json_schema

from meeting_system.contracts import audit, signal
from meeting_system.contracts.call import Message
from written import write_or_check

TYPES = Path("clients/web/src/core/protocol.ts")
ACTIONS = Path("clients/web/src/features/admin/actions.ts")
REFERENCE = "#/$defs/"
PRIMITIVES = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}
CONSTANTS = (
    "PROTOCOL",
    "MAX_FRAME_BYTES",
    "HEARTBEAT_S",
    "DEAD_AFTER_S",
    "RESUMABLE_S",
    "MEDIA_KEPT_S",
    "MAX_CHAT_CHARS",
)

Schema = dict[str, Any]


def type_of(schema: Schema) -> str:
    """Return the TypeScript type of a JSON schema."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REFERENCE)
    if "const" in schema:
        return literal(schema["const"])
    if "enum" in schema:
        return " | ".join(map(literal, schema["enum"]))
    if "anyOf" in schema:
        return " | ".join(map(type_of, schema["anyOf"]))
    if schema["type"] == "array":
        item = type_of(schema["items"])
        return f"({item})[]" if "|" in item else f"{item}[]"
    if schema["type"] == "object":
        values = schema.get("additionalProperties")
        return f"Record<string, {type_of(values) if isinstance(values, dict) else 'unknown'}>"
    return PRIMITIVES[schema["type"]]


def literal(value: str | float) -> str:
    """Return a JSON literal as TypeScript."""
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"


def comment(text: str, indent: str = "") -> Iterator[str]:
    """Yield a doc comment, or nothing without a text."""
    lines = text.splitlines()
    if len(lines) == 1:
        yield f"{indent}/** {lines[0]} */"
    elif lines:
        yield f"{indent}/**"
        yield from (f"{indent} * {line}".rstrip() for line in lines)
        yield f"{indent} */"


def declaration(name: str, schema: Schema, *, whole: bool) -> Iterator[str]:
    """Yield an exported type. `whole`: the sender (our server) writes defaults too."""
    yield ""
    yield from comment(schema.get("description", ""))
    if not schema.get("properties"):
        right = type_of(schema) if "enum" in schema else "Record<string, never>"
        yield f"export type {name} = {right};"
        return
    yield f"export interface {name} {{"
    for field, value in schema["properties"].items():
        yield from comment(value.get("description", ""), "  ")
        optional = "?" if may_be_absent(field, schema, whole=whole) else ""
        yield f"  {field}{optional}: {type_of(value)};"
    yield "}"


def may_be_absent(field: str, schema: Schema, *, whole: bool) -> bool:
    """Tell whether a sender may leave a field out. The server leaves out nulls only."""
    if "const" in schema["properties"][field]:
        return False
    if field in schema.get("required", ()):
        return whole and {"type": "null"} in schema["properties"][field].get("anyOf", ())
    return not whole or schema["properties"][field].get("default", 0) is None


def union(name: str, models: Sequence[type[Message]]) -> Iterator[str]:
    """Yield a union of models."""
    yield ""
    yield f"export type {name} = {' | '.join(model.__name__ for model in models)};"


def members(annotated: object) -> list[type[Message]]:
    """Return the models of an annotated union."""
    return list(get_args(get_args(annotated)[0]))


def table(name: str, entries: dict[str, tuple[signal.DeliveryClass, type[Message]]]) -> Iterator[str]:
    """Yield the payload of each message by its type, and the class of each."""
    yield ""
    yield f"export interface {name.title()}Data {{"
    yield from (f'  "{kind}": {model.__name__};' for kind, (_, model) in entries.items())
    yield "}"
    yield ""
    yield f"export const {name.upper()}: Record<keyof {name.title()}Data, DeliveryClass> = {{"
    yield from (f'  "{kind}": "{delivery.value}",' for kind, (delivery, _) in entries.items())
    yield "};"


def close_codes() -> Iterator[str]:
    """Yield the close codes and what to do at each."""
    yield ""
    yield "export const CLOSE_CODES = {"
    yield from (f"  {code.name}: {code.value}," for code in signal.CloseCode)
    yield "} as const;"
    yield ""
    yield f"export type CloseAction = {' | '.join(map(literal, get_args(signal.CloseAction)))};"
    yield ""
    yield "export const CLOSE_ACTIONS: Partial<Record<number, CloseAction>> = {"
    yield from (f'  {code.value}: "{action}",' for code, action in signal.CLOSE_ACTIONS.items())
    yield "};"


def payloads(entries: dict[str, tuple[signal.DeliveryClass, type[Message]]]) -> list[type[Message]]:
    """Return the models of a table, each once."""
    return list(dict.fromkeys(model for _, model in entries.values()))


def definitions() -> tuple[dict[str, Schema], set[str]]:
    """Return every schema by name, and the names of those that clients write."""
    client = members(signal.ClientFrame) + payloads(signal.COMMANDS)
    client += [signal.PublishedTrack, signal.LayoutSlot]
    named = [model for _, model in inspect.getmembers(signal, inspect.isclass) if issubclass(model, Message)]
    sent = [*payloads(signal.COMMANDS), *payloads(signal.EVENTS)]
    every = [model for model in dict.fromkeys([*named, *sent]) if model is not Message]
    _, schema = models_json_schema([(model, "validation") for model in every])
    return schema["$defs"], {model.__name__ for model in client}


def render() -> str:
    """Return the whole file."""
    schemas, from_client = definitions()
    lines = [
        "/** Generated by scripts/generate_protocol.py from contracts/signal.py: change it there. */",
        "",
        *(f"export const {name} = {literal(getattr(signal, name))};" for name in CONSTANTS),
        "",
        f"export type DeliveryClass = {' | '.join(literal(kind.value) for kind in signal.DeliveryClass)};",
        *close_codes(),
    ]
    for name, schema in schemas.items():
        lines += declaration(name, schema, whole=name not in from_client)
    lines += union("ClientFrame", members(signal.ClientFrame))
    lines += union("ServerFrame", members(signal.ServerFrame))
    lines += table("commands", signal.COMMANDS)
    lines += table("events", signal.EVENTS)
    return "\n".join(lines) + "\n"


def render_actions() -> str:
    """Return the actions of the audit trail, in the order of their list."""
    names = [name for kind in get_args(audit.AuditAction) for name in get_args(kind)]
    lines = [
        "/** Generated by scripts/generate_protocol.py from contracts/audit.py: change it there. */",
        "",
        "export const ACTIONS = [",
        *(f"  {literal(name)}," for name in names),
        "];",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the files, or with --check return 1 when one is not up to date."""
    return write_or_check({TYPES: render(), ACTIONS: render_actions()}, __doc__)


if __name__ == "__main__":
    sys.exit(main())
