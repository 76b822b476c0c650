"""Meetings from Python: sign in, rooms, meetings, webhooks, over the HTTP API of a meeting-system server."""

from meeting_system_client.client import Client, open_client
from meeting_system_client.errors import ApiError, WebhookInvalid
from meeting_system_client.webhooks import Told, verify_webhook

__all__ = ["ApiError", "Client", "Told", "WebhookInvalid", "open_client", "verify_webhook"]
