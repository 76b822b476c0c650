"""What other services may know of accounts."""

from typing import ClassVar

from meeting_system.contracts.call import Message, Request


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


class UserRegistered(Message):
    """Payload of the outbox event `user.registered`: meeting makes the personal room from it."""

    user_id: str
    display_name: str
