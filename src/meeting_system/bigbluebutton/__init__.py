"""The API of BigBlueButton, so that Moodle, Nextcloud, Greenlight and others can run meetings here."""

from meeting_system.bigbluebutton.settings import BigBlueButtonSettings
from meeting_system.bigbluebutton.wiring import create

__all__ = ["BigBlueButtonSettings", "create"]
