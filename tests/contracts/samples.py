"""A message of any class, made from its JSON schema: so that a rule holds for contracts nobody thought of."""

import re
from typing import Any, TypeVar

from meeting_system.contracts.call import Message

MessageT = TypeVar("MessageT", bound=Message)
Schema = dict[str, Any]

HEXADECIMAL = re.compile(r"\^\[0-9a-f\]\{(\d+)\}\$")


def sample(message: type[MessageT]) -> MessageT:
    """Return a message with every field set."""
    schema = message.model_json_schema()
    return message.model_validate(_value(schema, schema.get("$defs", {})))


def _value(schema: Schema, named: dict[str, Schema]) -> Any:
    if "$ref" in schema:
        return _value(named[schema["$ref"].rpartition("/")[2]], named)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _value(schema["anyOf"][0], named)
    if "oneOf" in schema:
        return _value(schema["oneOf"][0], named)
    return _of_type(schema, named)


def _of_type(schema: Schema, named: dict[str, Schema]) -> Any:
    match schema.get("type"):
        case "object":
            return {name: _value(each, named) for name, each in schema.get("properties", {}).items()}
        case "array":
            return [_value(schema["items"], named) for _ in range(max(1, schema.get("minItems", 0)))]
        case "string":
            return _text(schema)
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return True
        case "null":
            return None
        case other:
            raise NotImplementedError(f"no sample of the type {other}: add one")


def _text(schema: Schema) -> str:
    if schema.get("format") == "date-time":
        return "2026-11-26T12:00:00Z"
    if schema.get("format") in ("byte", "base64", "base64url", "binary"):
        return "AAAA"
    if found := HEXADECIMAL.fullmatch(schema.get("pattern", "")):
        return "0" * int(found[1])
    return "x" * max(1, schema.get("minLength", 1))


def of_newer_version(value: Any) -> Any:
    """Return a message's JSON as a newer version might write it: every object says something more."""
    if isinstance(value, list):
        return [of_newer_version(each) for each in value]
    # An empty one is a map, whose names are content: a message without fields is the only other.
    if isinstance(value, dict) and value:
        return {name: of_newer_version(each) for name, each in value.items()} | {"added_later": "more"}
    return value
