"""What a message is found by: the lexemes of a text, and what a query asks of them. Pure.

PostgreSQL's own parser takes a Chinese sentence for one word, and trigrams find nothing by two characters,
which most Chinese words have. So scripts that are written without blanks go in as pairs of neighbours, and a
last character alone; a query asks for its pairs, or for what begins with its one character. Other scripts go
in word by word and are found by how a word begins. The index narrows; `literals` makes it exact.
"""

import re
import unicodedata
from collections.abc import Iterator

MOST_LEXEMES = 2000
LONGEST_LEXEME = 64
MOST_TERMS = 16

_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Myanmar
    "\u1780-\u17ff"  # Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # Chinese characters
    "\uac00-\ud7af"  # Hangul, whose words carry particles
)
_RUN = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")


def lexemes_of(text: str) -> list[str]:
    """Return what a text is found by, each once."""
    found: dict[str, None] = {}
    for run in _runs(text):
        found.update(dict.fromkeys(_pairs(run) if _IS_UNSPACED.match(run) else (run[:LONGEST_LEXEME],)))
        if len(found) >= MOST_LEXEMES:
            break
    return list(found)[:MOST_LEXEMES]


def query_of(text: str) -> str | None:
    """Return a tsquery that is true for every text with all of the words; None: nothing to ask for."""
    terms: list[str] = []
    for run in _runs(text):
        if not _IS_UNSPACED.match(run):
            terms.append(f"'{run[:LONGEST_LEXEME]}':*")
        elif len(run) == 1:
            terms.append(f"'{run}':*")
        else:
            terms += [f"'{pair}'" for pair in _pairs(run)[:-1]]
    return " & ".join(dict.fromkeys(terms[:MOST_TERMS])) or None


def literals(text: str) -> list[str]:
    """Return the runs of characters that a text must contain as they are: pairs may lie apart in it."""
    return [run for run in _runs(text) if _IS_UNSPACED.match(run) and len(run) > 2]


def _runs(text: str) -> Iterator[str]:
    for match in _RUN.finditer(_plain(text)):
        yield match.group()


def _plain(text: str) -> str:
    """Fold case, width and accents: people don't type them when they search."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    # Composed again: Hangul and kana come apart too.
    return unicodedata.normalize("NFC", "".join(each for each in parts if not _is_accent(each)))


def _is_accent(letter: str) -> bool:
    # Those of Latin, Greek and Cyrillic; the voicing marks of kana and the vowels of Thai make other words.
    return "\u0300" <= letter <= "\u036f"


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] + [run[-1]]
