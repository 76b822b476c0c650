"""The last guard of what is written for people: passwords, tokens and addresses in a text are blotted out.

Code logs ids and wraps personal data in `Private`; this catches what libraries, the database's messages and
tracebacks carry along.
"""

import re
from typing import Any

from meeting_system.kernel.pii import Private

BLOT = str(Private(""))

MOST = 32_768
"""Characters of a text that are written: a line of a log has an end, and so has the search in it."""

_NAMES = r"password|passwd|secret|token|ticket|authorization|cookie|credential|api_key|code_verifier"
_SECRET = re.compile(_NAMES, re.IGNORECASE)

# Each keeps what tells a reader what was there: the group before, and the one behind. Each starts to match in
# few places and goes a bounded way, so that a hostile text takes no time to speak of.
_PATTERNS = (
    # What PostgreSQL tells of the row, and pydantic of the input.
    (re.compile(r"(\bDETAIL:)[^\n]*"), rf"\1 {BLOT}"),
    (re.compile(r"(\binput_value=).{0,2000}?(, input_type=|\n|$)"), rf"\1{BLOT}\2"),
    (re.compile(r"(\bBearer\s{1,9}|\bBasic\s{1,9})[\w.~+/=-]+", re.IGNORECASE), rf"\1{BLOT}"),
    (re.compile(r"\beyJ[\w-]{1,4000}\.[\w-]{1,4000}\.[\w-]*"), BLOT),
    # A password in an address: scheme://name:password@host.
    (re.compile(r"(://[^\s/:@]{0,200}:)[^\s@]{1,400}(?=@)"), rf"\1{BLOT}"),
    # name=value, name: value, "name": "value", also in a query.
    (
        re.compile(
            rf"""(\b\w{{0,40}}(?:{_NAMES})\w{{0,40}}["']?\s{{0,9}}[=:]\s{{0,9}})"""
            r"""(?:"[^"\n]{1,4000}"|'[^'\n]{1,4000}'|(?!‹)[^\s"'&,;)}\]]+)""",
            re.IGNORECASE,
        ),
        rf"\1{BLOT}",
    ),
    (re.compile(r"(?<![\w.+%-])[\w.+%-]{1,200}@[\w-]{1,200}(\.[\w-]{1,200})+"), BLOT),
)


def redact(text: str) -> str:
    """Return `text`, at most MOST characters, without what looks like a secret or a person's address."""
    if len(text) > MOST:
        text = f"{text[:MOST]}…"
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def redact_field(name: str, value: Any) -> Any:
    """Return what may be written of a field: of a secret nothing, of the rest what redact leaves."""
    if isinstance(value, str):
        return BLOT if _SECRET.search(name) else redact(value)
    if isinstance(value, dict):
        return {key: redact_field(str(key), each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [redact_field(name, each) for each in value]
    return value
