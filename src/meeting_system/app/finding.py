"""What doctor found: how bad, about what, and what to do about it, in both languages."""

from dataclasses import dataclass
from enum import StrEnum

from meeting_system.app.language import Language, Text


class Level(StrEnum):
    """How bad it is."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was seen, and what to do about it."""

    level: Level
    subject: Text
    seen: Text

    def as_json(self, language: Language) -> dict[str, str]:
        """Return it for programs: `subject` is always English, `seen` in the language of the person."""
        return {"level": self.level.value, "subject": self.subject.en, "seen": self.seen[language]}


def good(subject: Text, en: str, zh: str) -> Finding:
    return Finding(Level.GOOD, subject, Text(en, zh))


def warning(subject: Text, en: str, zh: str) -> Finding:
    return Finding(Level.WARNING, subject, Text(en, zh))


def bad(subject: Text, en: str, zh: str) -> Finding:
    return Finding(Level.BAD, subject, Text(en, zh))
