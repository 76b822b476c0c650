"""A letter, as services hand it to the Mail port."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Mailbox:
    """Whom a letter goes to: the address, and the name shown with it."""

    address: str
    name: str = ""


@dataclass(frozen=True)
class Invitation:
    """The calendar part of a letter (RFC 6047): an iCalendar object and the iTIP method it carries."""

    method: Literal["REQUEST", "CANCEL", "REPLY"]
    content: bytes


@dataclass(frozen=True)
class Letter:
    """One letter to one person, in their language: `text` always, `html` beside it where it says more.

    `letter_id` makes the Message-ID: the same letter sent twice is recognised as one.
    """

    letter_id: str
    to: Mailbox
    subject: str
    text: str
    html: str | None = None
    invitation: Invitation | None = None
    headers: dict[str, str] = field(default_factory=dict)
