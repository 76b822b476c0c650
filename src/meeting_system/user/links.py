"""Links in letters: 256 random bits in the fragment of a page's address, where no server logs them."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.mail import SendLetter
from meeting_system.kernel.ids import new_id
from meeting_system.kernel.mail import Mailbox
from meeting_system.kit import outbox
from meeting_system.user import letters, rules
from meeting_system.user.context import Context
from meeting_system.user.errors import LinkInvalid
from meeting_system.user.letters import Words
from meeting_system.user.repository import links
from meeting_system.user.repository.accounts import AccountRow
from meeting_system.user.repository.links import LinkRow


class Purpose(StrEnum):
    """What a link is good for, and the page that it leads to."""

    RESET_PASSWORD = "reset-password"  # noqa: S105  # a purpose, no secret
    CONFIRM_EMAIL = "confirm-email"


async def make_link(
    context: Context,
    connection: AsyncConnection,
    account: AccountRow,
    purpose: Purpose,
    *,
    email: str,
    lifetime_s: int,
) -> tuple[str, datetime]:
    """Return a new link, the only good one for its purpose, and when it ends."""
    token = secrets.token_urlsafe(32)
    now = context.ports.clock.now()
    expires_at = now + timedelta(seconds=lifetime_s)
    await links.insert_link(
        connection,
        link_hash=rules.token_hash(token),
        purpose=purpose,
        user_id=account.user_id,
        email=email,
        now=now,
        expires_at=expires_at,
    )
    return f"{context.ports.origin}/{purpose}#{token}", expires_at


async def use_link(context: Context, connection: AsyncConnection, token: str, purpose: Purpose) -> LinkRow:
    """Return what a link was for; it is good no more. Error: link_invalid."""
    row = await links.take_link(connection, rules.token_hash(token), purpose)
    if row is None or row.expires_at <= context.ports.clock.now():
        raise LinkInvalid("this link was used, replaced by a newer one, or is too old: ask for another")
    return row


async def send_letter(
    context: Context,
    connection: AsyncConnection,
    account: AccountRow,
    words: dict[str, Words],
    *,
    link: str | None = None,
    email: str | None = None,
    lifetime_s: int = 0,
) -> None:
    """Have a letter sent with the commit: to the account's address, or to `email`."""
    now = context.ports.clock.now()
    letter = letters.write(
        words,
        letter_id=new_id(now.timestamp()),
        to=Mailbox(email or account.email, account.display_name),
        locale=account.locale,
        link=link or f"{context.ports.origin}/",
        lifetime_s=lifetime_s,
    )
    await outbox.collect(connection, SendLetter.of(letter), key=f"letter:{letter.letter_id}")
