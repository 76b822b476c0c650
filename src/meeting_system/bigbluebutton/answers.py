"""Answers as XML: `<response>` with what a call says, in its order."""

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def success(fields: Mapping[str, Any]) -> bytes:
    """Return an answer that a call succeeded."""
    return write({"returncode": SUCCESS, **fields})


def failure(message_key: str, message: str) -> bytes:
    """Return an answer that a call failed."""
    return write({"returncode": FAILED, "messageKey": message_key, "message": message})


def write(fields: Mapping[str, Any]) -> bytes:
    """Return fields as XML: a mapping is an element with elements, a list repeats its name."""
    root = ElementTree.Element("response")
    _fill(root, fields)
    return bytes(
        ElementTree.tostring(root, encoding="utf-8", xml_declaration=False, short_empty_elements=False)
    )


def _fill(parent: ElementTree.Element, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [value]:
            child = ElementTree.SubElement(parent, name)
            if isinstance(each, Mapping):
                _fill(child, each)
            else:
                child.text = _text(each)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else clean(str(value))


def clean(text: str) -> str:
    """Leave out what XML 1.0 can't carry."""
    return "".join(letter for letter in text if letter in "\t\n\r" or _is_allowed(ord(letter)))


def _is_allowed(point: int) -> bool:
    return 0x20 <= point <= 0xD7FF or 0xE000 <= point <= 0xFFFD or point >= 0x10000


def element_name(name: str) -> str:
    """Return a name of an element for a name of metadata, which others chose."""
    kept = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "-" for letter in name
    )
    return kept if kept[:1].isalpha() else f"_{kept}"


def many(name: str, items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return elements of one name; none is an empty parent."""
    listed = list(items)
    return {name: listed} if listed else {}
