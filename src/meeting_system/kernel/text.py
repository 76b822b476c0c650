"""Text from people: what is kept of it, and what no field may contain."""

import unicodedata

_NEVER = {"Cc", "Cs", "Cn"}
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidirectional overrides: in a name they make it read as another (Unicode TR 36)."""


def clean_line(text: str) -> str:
    """Return one line of text for storage: NFC, blanks collapsed. ValueError for control characters."""
    line = " ".join(_printable(unicodedata.normalize("NFC", text), also="\t\n\r").split())
    if not line.strip("\u200b\u200c\u200d\u2060\ufeff\u00ad"):
        raise ValueError("needs at least one visible character")
    return line


def clean_paragraphs(text: str) -> str:
    """Return text of several lines for storage: NFC, trimmed, `\\n` line ends."""
    paragraphs = _printable(unicodedata.normalize("NFC", text), also="\t\n\r")
    paragraphs = paragraphs.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not paragraphs.strip("\u200b\u200c\u200d\u2060\ufeff\u00ad\n "):
        raise ValueError("needs at least one visible character")
    return paragraphs


def check_token(text: str) -> str:
    """Return `text` if it is printable ASCII without blanks, as ids and keys made by programs are."""
    if not is_token(text):
        raise ValueError("only printable ASCII without blanks")
    return text


def is_token(text: str) -> bool:
    """Tell whether `text` is printable ASCII without blanks."""
    return all("!" <= letter <= "~" for letter in text)


def _printable(text: str, *, also: str) -> str:
    for letter in text:
        if letter in _REORDERING or (unicodedata.category(letter) in _NEVER and letter not in also):
            raise ValueError(f"the character U+{ord(letter):04X} is not allowed")
    return text
