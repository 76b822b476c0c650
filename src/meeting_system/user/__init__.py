"""Accounts: who somebody is, and the tokens that prove it."""

from meeting_system.user.settings import UserSettings
from meeting_system.user.wiring import create

__all__ = ["UserSettings", "create"]
