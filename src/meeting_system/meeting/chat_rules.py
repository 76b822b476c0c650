"""Who may write to whom, change what, and for how long. Pure."""

import unicodedata
from datetime import datetime

from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.signal_chat import MAX_CHAT_CHARS
from meeting_system.contracts.signal_floor import MODERATORS
from meeting_system.kernel.errors import FieldError, Forbidden, Invalid
from meeting_system.kernel.principal import MeetingRole
from meeting_system.kernel.text import clean_paragraphs
from meeting_system.meeting import rules
from meeting_system.meeting.chat_errors import ChatOff, EditTooLate

LIMITED = frozenset({MeetingRole.ATTENDEE, MeetingRole.OBSERVER})
MOST_REACTIONS = 1000


def clean_body(body: str, *, may_be_empty: bool = False) -> str:
    """Return the text of a message as it is kept; raise Invalid for one that can't be."""
    if len(body) > MAX_CHAT_CHARS:
        raise _invalid(f"at most {MAX_CHAT_CHARS} characters")
    if may_be_empty and not body.strip():
        return ""
    text = rules.cleaned(clean_paragraphs, body, "/body")
    # Normal forms of some letters are longer than what was typed.
    if len(text) > MAX_CHAT_CHARS:
        raise _invalid(f"at most {MAX_CHAT_CHARS} characters")
    return text


def check_send(role: MeetingRole, options: MeetingOptions, *, to: MeetingRole | None) -> None:
    """Raise unless `role` may write to everyone (`to` None), or privately to somebody of another role."""
    check_participant(role, "chat:send")
    if role not in LIMITED or options.attendees_may_chat == "everyone":
        return
    if options.attendees_may_chat == "off":
        raise ChatOff("the host turned the chat off for attendees")
    if to not in MODERATORS:
        raise ChatOff("in this meeting attendees write to hosts only")


def check_edit(*, is_author: bool, sent_at: datetime, now: datetime, within_s: int) -> None:
    """Raise unless a message may be edited: by its author, for some time."""
    if not is_author:
        raise Forbidden("only its author may edit a message")
    if (now - sent_at).total_seconds() > within_s:
        raise EditTooLate(f"a message can be edited for {within_s} s after it was sent")


def check_delete(role: MeetingRole, *, is_author: bool, is_private: bool) -> str:
    """Return as whom a message is deleted; raise Forbidden unless by its author, or not private by a host."""
    if is_author:
        return "author"
    if is_private:
        raise Forbidden("only its author may delete a private message")
    check_participant(role, "chat:delete")
    return "host"


def clean_emoji(emoji: str) -> str:
    """Return a reaction; raise Invalid for what is no emoji."""
    if not emoji or not any(_is_symbol(letter) for letter in emoji):
        raise Invalid("send one emoji", errors=[FieldError("/emoji", "not an emoji")])
    if not all(_is_symbol(letter) or _joins(letter) for letter in emoji):
        raise Invalid("send one emoji", errors=[FieldError("/emoji", "not an emoji")])
    return emoji


def _is_symbol(letter: str) -> bool:
    return unicodedata.category(letter) in {"So", "Sk", "Cn", "Me"} and ord(letter) > 0xA8


def _joins(letter: str) -> bool:
    """Tell whether a letter builds emoji with others: joiner, variation selector, tag, keycap's digit."""
    return letter in "\u200d\ufe0e\ufe0f#*0123456789" or 0xE0020 <= ord(letter) <= 0xE007F or letter in "↔↕↩↪"


def _invalid(detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError("/body", detail)])
