"""A small client of meeting-system for tests, bots and load: join over HTTP, then speak `meet.v1`."""

from meeting_client.client import MeetingClient
from meeting_client.core import ClientCore, RoomView
from meeting_client.joining import Joined, join

__all__ = ["ClientCore", "Joined", "MeetingClient", "RoomView", "join"]
