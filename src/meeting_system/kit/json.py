"""JSON from outside, read strictly: no NaN, no lone surrogates, no deep nesting, no megabytes of brackets."""

from typing import Any

import orjson

from meeting_system.kernel.errors import Invalid

DEEPEST = 32


class JsonInvalid(Invalid):
    """Not JSON, or JSON that nobody sends in earnest."""

    status = 400
    code = "json_invalid"


def read_json(text: bytes | str) -> Any:
    """Return what `text` says; raise JsonInvalid when it is not JSON or nested deeper than 32."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise JsonInvalid(f"not valid JSON: {error.msg} at character {error.pos}") from error
    # Most texts have too few brackets to be deep: nothing more to look at.
    if raw.count(b"[") + raw.count(b"{") > DEEPEST and is_deeper(value, DEEPEST):
        raise JsonInvalid(f"nested deeper than {DEEPEST}")
    return value


def is_deeper(value: Any, levels: int) -> bool:
    """Tell whether lists and objects are nested in each other more than `levels` times."""
    present: list[Any] = [value]
    for _ in range(levels + 1):
        present = [
            child
            for item in present
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not present:
            return False
    return True
