"""What the features of the user service work with."""

from dataclasses import dataclass

from meeting_system.kit.passwords import Passwords
from meeting_system.kit.plug import Ports
from meeting_system.user.postman import Postman
from meeting_system.user.settings import UserSettings


@dataclass(frozen=True)
class Context:
    """Ports, settings and the password threads, and who sends letters."""

    ports: Ports
    settings: UserSettings
    passwords: Passwords
    postman: Postman
