"""Receiving webhooks: whether a request is from the server, and what it tells (Standard Webhooks)."""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meeting_system_client.errors import WebhookInvalid

TOLERANCE_S = 300
PREFIX = "whsec_"


@dataclass(frozen=True)
class Told:
    """An event. The same `event_id` may come more than once: do it once."""

    event_id: str
    type: str
    timestamp: str
    data: dict[str, Any]


def verify_webhook(
    secret: str, headers: Mapping[str, str], body: bytes, *, now_s: float | None = None
) -> Told:
    """Return what a request tells; raise WebhookInvalid unless it was signed with `secret` just now."""
    given = {name.lower(): value for name, value in headers.items()}
    event_id, at = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not (event_id and at.isascii() and at.isdigit()):
        raise WebhookInvalid("the headers webhook-id and webhook-timestamp are missing")
    if abs((time.time() if now_s is None else now_s) - int(at)) > TOLERANCE_S:
        raise WebhookInvalid("too old, or the clocks differ by more than five minutes")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise WebhookInvalid("the secret is not one of a webhook") from error
    wanted = hmac.new(key, f"{event_id}.{at}.".encode() + body, hashlib.sha256).digest()
    signatures = given.get("webhook-signature", "").split(" ")
    if not any(hmac.compare_digest(f"v1,{base64.b64encode(wanted).decode()}", each) for each in signatures):
        raise WebhookInvalid("the signature is another one")
    told = json.loads(body)
    return Told(event_id, told["type"], told["timestamp"], told["data"])
