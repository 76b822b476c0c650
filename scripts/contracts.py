"""Record what processes say to each other, in docs/protocol/contracts.json; `--check` only compares.

During an upgrade processes of two versions speak to each other. So a recorded contract keeps its fields and
their types, and a new field has a default; anything else is refused here and takes two releases
(docs/decisions/0015). `--anew` records it all the same: for what no released version ever sent.
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from meeting_system import contracts
from meeting_system.contracts.call import Message, Request

TARGET = Path(__file__).resolve().parent.parent / "docs/protocol/contracts.json"
REFERENCE = "#/$defs/"
NOT_TYPE = {"title", "description", "default", "discriminator"}

Schema = dict[str, Any]
Contracts = dict[str, Schema]


def find_messages() -> list[type[Message]]:
    """Return every message class of the package `contracts`, by module and name."""
    found: dict[str, type[Message]] = {}
    for module in pkgutil.iter_modules(contracts.__path__):
        names = vars(importlib.import_module(f"{contracts.__name__}.{module.name}"))
        for each in names.values():
            if isinstance(each, type) and issubclass(each, Message) and "[" not in each.__name__:
                found[f"{each.__module__}.{each.__name__}"] = each
    return [found[name] for name in sorted(found)]


def describe(messages: list[type[Message]]) -> Contracts:
    """Return each message by its name: topic and reply where it has them, type and need of each field."""
    names, whole = models_json_schema([(message, "validation") for message in messages])
    schemas: dict[str, Schema] = whole.get("$defs", {})
    described = {}
    for message in messages:
        schema = schemas[names[message, "validation"]["$ref"].removeprefix(REFERENCE)]
        required = schema.get("required", ())
        described[message.__name__] = {
            **about_call(message),
            "fields": {
                name: {"required": name in required, "type": type_of(field, schemas)}
                for name, field in schema.get("properties", {}).items()
            },
        }
    if len(described) != len(messages):
        raise ValueError("two contracts have the same name")
    return described


def about_call(message: type[Message]) -> Schema:
    """Return topic and reply of what travels over the bus on its own."""
    topic = getattr(message, "topic", None)
    if topic is None:
        return {}
    reply = {"reply": message.reply_type().__name__} if issubclass(message, Request) else {}
    return {"topic": topic, **reply}


def type_of(field: object, schemas: dict[str, Schema]) -> Any:
    """Return what may stand in a field, without its prose. Enums are written out, messages named."""
    if isinstance(field, list):
        return [type_of(each, schemas) for each in field]
    if not isinstance(field, dict):
        return field
    if "$ref" in field:
        name = str(field["$ref"]).removeprefix(REFERENCE)
        return type_of(schemas[name], schemas) if "enum" in schemas[name] else {"message": name}
    return {key: type_of(value, schemas) for key, value in field.items() if key not in NOT_TYPE}


def find_breaks(recorded: Contracts, present: Contracts) -> Iterator[str]:
    """Yield what a process of the recorded version and one of the present would not understand."""
    for name, contract in recorded.items():
        if name not in present:
            yield f"{name} is gone"
            continue
        now = present[name]
        for what in ("topic", "reply"):
            if contract.get(what) != now.get(what):
                yield f"{name} has another {what}: {now.get(what)} instead of {contract.get(what)}"
        yield from find_broken_fields(name, contract["fields"], now["fields"])


def find_broken_fields(name: str, recorded: Schema, present: Schema) -> Iterator[str]:
    """Yield the fields of one contract that are gone, of another type, or newly asked for."""
    for field, before in recorded.items():
        if field not in present:
            yield f"{name}.{field} is gone"
            continue
        if present[field]["type"] != before["type"]:
            yield f"{name}.{field} has another type: {present[field]['type']} instead of {before['type']}"
        if present[field]["required"] and not before["required"]:
            yield f"{name}.{field} has no default any more"
    for field in present.keys() - recorded.keys():
        if present[field]["required"]:
            yield f"{name}.{field} is new and has no default"


def render(described: Contracts) -> str:
    """Return the file's text: a line a field, so that a change reads as one."""
    blocks = []
    for name, contract in described.items():
        lines = [f'  "{key}": {json.dumps(contract[key])}' for key in ("topic", "reply") if key in contract]
        fields = contract["fields"].items()
        each = [f'   "{field}": {json.dumps(about, sort_keys=True)}' for field, about in fields]
        lines.append('  "fields": {\n' + ",\n".join(each) + "\n  }" if each else '  "fields": {}')
        blocks.append(f' "{name}": {{\n' + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def main() -> int:
    """Record, or with --check compare. Return 0 when all is well."""
    present = describe(find_messages())
    recorded = json.loads(TARGET.read_text(encoding="utf-8")) if TARGET.exists() else {}
    broken = list(find_breaks(recorded, present))
    if broken and "--anew" not in sys.argv[1:]:
        sys.stdout.write(
            "\n".join([*broken, "An older process would not understand this: see decision 0015.\n"])
        )
        return 1
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(render(present), encoding="utf-8")
    elif present != recorded:
        sys.stdout.write("contracts are not recorded yet: run .venv/bin/python scripts/contracts.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
