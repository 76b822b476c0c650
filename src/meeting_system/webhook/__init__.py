"""Webhooks: other programs are told of what happens, signed, again and again until they have it."""

from meeting_system.webhook.settings import WebhookSettings
from meeting_system.webhook.wiring import create

__all__ = ["WebhookSettings", "create"]
