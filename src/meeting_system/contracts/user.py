"""What other services may know of accounts."""

from typing import ClassVar

from meeting_system.contracts.call import Message, Nothing, Request


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


class BlockFamilies(Request[Nothing]):
    """Refuse the access tokens of these refresh-token families from now on.

    The outbox asks it of user itself, so that a log-out holds even if Valkey was away at that moment.
    """

    topic: ClassVar[str] = "user.block_families"
    family_ids: list[str]
