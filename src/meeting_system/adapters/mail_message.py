"""A letter as Internet mail: MIME with text, HTML and calendar as alternatives (RFC 5322, 2046, 6047)."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr

from meeting_system.kernel.errors import Invalid
from meeting_system.kernel.mail import Invitation, Letter, Mailbox

_ATOM = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
# Any script (RFC 6531), and none of the signs that would make another address or a list of it.
_ADDRESS = re.compile(r"([^\s@\"(),:;<>\[\]\\]+)@([^\s@\"(),:;<>\[\]\\]+)")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,70}")
_OURS = frozenset({"from", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version", "sender"})


class MailRefused(Invalid):
    """This letter will never be sent: what it says is no mail, or the mail server does not take it."""

    code = "mail_refused"


def parse_mailbox(text: str) -> Mailbox:
    """Read `Meetings <meetings@example.org>` or an address alone. ValueError when it is neither."""
    name, address = parseaddr(text)
    if not text.isprintable() or not _ADDRESS.fullmatch(address):
        raise ValueError("not an address like meetings@example.org or Meetings <meetings@example.org>")
    return Mailbox(address, name)


def compose(letter: Letter, *, sender: Mailbox, now: datetime) -> EmailMessage:
    """Return the message. Raises MailRefused where a name, an address or a header would leave its line."""
    try:
        return _compose(letter, sender=sender, now=now)
    except (ValueError, IndexError, MessageError) as error:
        raise MailRefused(f"the letter {letter.letter_id} can't be written as mail: {error}") from error


def _compose(letter: Letter, *, sender: Mailbox, now: datetime) -> EmailMessage:
    plain = letter.to.address.isascii() and sender.address.isascii()
    message = EmailMessage(policy=SMTP if plain else SMTPUTF8)
    message["From"] = _address(sender)
    message["To"] = _address(letter.to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(letter.letter_id, sender)
    if letter.invitation is None:
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer of a machine to a machine
    _add_headers(message, letter.headers)
    message.set_content(letter.text)
    if letter.html is not None:
        message.add_alternative(letter.html, subtype="html")
    if letter.invitation is not None:
        _add_invitation(message, letter.invitation)
    return message


def message_id(letter_id: str, sender: Mailbox) -> str:
    """Return the same Message-ID for the same letter, whatever its id looks like."""
    left = letter_id if _ATOM.fullmatch(letter_id) else hashlib.sha256(letter_id.encode()).hexdigest()
    domain = sender.address.rpartition("@")[2].encode("idna").decode()
    return f"<{left}@{domain}>"


def _address(mailbox: Mailbox) -> Address:
    found = _ADDRESS.fullmatch(mailbox.address)
    if found is None:
        raise ValueError("not an e-mail address")
    return Address(display_name=mailbox.name, username=found[1], domain=found[2])


def _add_headers(message: EmailMessage, headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or name.lower() in _OURS or name.lower().startswith("content-"):
            raise ValueError(f"the header {name!r} is not for a letter to set")
        message[name] = value


def _add_invitation(message: EmailMessage, invitation: Invitation) -> None:
    # The last alternative: what understands calendars shows it, with its buttons.
    message.add_alternative(
        invitation.content.decode(),
        subtype="calendar",
        cte="base64",
        params={"method": invitation.method, "name": "invite.ics"},
    )
