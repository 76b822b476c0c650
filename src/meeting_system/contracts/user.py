"""What other services may know of accounts."""

from typing import Annotated, ClassVar

from pydantic import Field

from meeting_system.contracts.call import Message, Nothing, Request
from meeting_system.kernel.principal import AccountRole


class Profile(Message):
    """The public face of an account."""

    user_id: str
    display_name: str
    avatar_url: str | None
    locale: str


class Profiles(Message):
    """Found profiles; unknown ids are absent."""

    items: list[Profile]


class FindProfiles(Request[Profiles]):
    """Look several accounts up at once."""

    topic: ClassVar[str] = "user.find_profiles"
    user_ids: list[str]


class TokenHolder(Message):
    """Whom a program with a personal access token acts for, and what it may do."""

    token_id: str
    user_id: str
    role: AccountRole
    display_name: str
    scopes: list[str]
    avatar_url: str | None = None


class FindTokenHolder(Request[TokenHolder]):
    """Look up a personal access token by its SHA-256 in hexadecimal. Errors: token_invalid, token_expired."""

    topic: ClassVar[str] = "user.find_token_holder"
    token_hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class MailResetLink(Request[Nothing]):
    """Send a link to a new password, if there is an account with this address.

    The outbox asks it of user itself: so the answer to whoever asked takes the same time without an account.
    """

    topic: ClassVar[str] = "user.mail_reset_link"
    email: str
    address: str


class DeletePictures(Request[Nothing]):
    """Delete the pictures that an account does not show, all those of a deleted one.

    Asked by user's outbox of itself: the objects may be away.
    """

    topic: ClassVar[str] = "user.delete_pictures"
    user_id: str


class BlockFamilies(Request[Nothing]):
    """Refuse the access tokens of these refresh-token families from now on.

    The outbox asks it of user itself, so that a log-out holds even if Valkey was away at that moment.
    """

    topic: ClassVar[str] = "user.block_families"
    family_ids: list[str]
