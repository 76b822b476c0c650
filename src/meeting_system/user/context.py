"""What the features of the user service work with."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

from meeting_system.kernel.login import LoginProvider
from meeting_system.kit.cache import Cache
from meeting_system.kit.passwords import Passwords
from meeting_system.kit.plug import Ports
from meeting_system.user.postman import Postman
from meeting_system.user.schemas import CachedAccount
from meeting_system.user.settings import UserSettings


@dataclass(frozen=True)
class Context:
    """Ports, settings, the threads that hash and draw, and who sends letters."""

    ports: Ports
    settings: UserSettings
    passwords: Passwords
    postman: Postman
    studio: Executor
    """Draws pictures."""
    providers: Mapping[str, LoginProvider]
    accounts: Cache[CachedAccount]
    """By their ids."""
