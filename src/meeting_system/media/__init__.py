"""Media service: who is connected to the engine, what they get, and the connection test."""

from meeting_system.media.settings import MediaSettings
from meeting_system.media.wiring import create

__all__ = ["MediaSettings", "create"]
