"""What a mail server got: the letter, the calendar entry in it, and the links that a person presses."""

import asyncio
from email.message import EmailMessage

from tests.mail_server import Received


async def wait_letter(server: Received, number: int) -> EmailMessage:
    """Return the letter that came as the number-th, from 1."""
    for _ in range(200):
        if len(server.letters) >= number:
            return server.letters[number - 1]
        await asyncio.sleep(0.1)
    raise AssertionError(f"letter {number} did not arrive, {len(server.letters)} did")


def calendar_of(letter: EmailMessage, method: str) -> bytes:
    """Return the calendar part of a letter, as a calendar program finds it."""
    (part,) = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    assert part.get_param("method") == method
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def link_of(letter: EmailMessage, *parts: str) -> str:
    """Return the first link of a letter's text that has all these parts."""
    body = letter.get_body(("plain",))
    assert body is not None
    return next(word for word in body.get_content().split() if all(part in word for part in parts))
