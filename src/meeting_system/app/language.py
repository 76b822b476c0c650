"""What the command line says, in English or Chinese."""

import os
from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """A language of the command line."""

    EN = "en"
    ZH = "zh"


@dataclass(frozen=True)
class Text:
    """The same in both languages."""

    en: str
    zh: str

    def __getitem__(self, language: Language) -> str:
        return self.zh if language is Language.ZH else self.en

    def __str__(self) -> str:
        """Both, for a line that everybody shall understand."""
        return f"{self.en} | {self.zh}"


def find_language() -> Language:
    """Return the language of the environment: LC_ALL, LC_MESSAGES, LANG, as libc reads them."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return Language.ZH if value.lower().startswith("zh") else Language.EN
    return Language.EN
