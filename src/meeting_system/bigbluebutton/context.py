"""What the calls work with."""

from dataclasses import dataclass

from meeting_system.bigbluebutton.settings import BigBlueButtonSettings
from meeting_system.kit.plug import Ports


@dataclass(frozen=True)
class Context:
    """Ports, settings, and what links begin with (None: the address asked at)."""

    ports: Ports
    settings: BigBlueButtonSettings
    public_url: str | None
