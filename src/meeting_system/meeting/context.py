"""What the features of the meeting service work with."""

from dataclasses import dataclass

from meeting_system.kit.passwords import Passwords
from meeting_system.kit.plug import Ports
from meeting_system.kit.turn import Turn
from meeting_system.meeting.settings import MeetingSettings


@dataclass(frozen=True)
class Context:
    """Ports, settings, the password threads, and who issues TURN credentials."""

    ports: Ports
    settings: MeetingSettings
    passwords: Passwords
    turn: Turn
