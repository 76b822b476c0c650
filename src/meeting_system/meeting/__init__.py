"""Meetings: rooms, who may join, who is in, chat, and what hosts do."""

from meeting_system.meeting.settings import MeetingSettings
from meeting_system.meeting.wiring import create

__all__ = ["MeetingSettings", "create"]
