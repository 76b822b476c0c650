"""How a delivery is written and signed: as Standard Webhooks says, or as the BigBlueButton documents say."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
from standardwebhooks.webhooks import Webhook as Signer

from meeting_system.webhook.repository import Due

MODERATES = frozenset({"host", "co_host"})


@dataclass(frozen=True)
class Written:
    """A request that is ready to be sent."""

    url: str
    headers: dict[str, str]
    body: bytes


Form = Callable[[Due, datetime], Written]


def standard(due: Due, now: datetime) -> Written:
    """Standard Webhooks 1.0: the event as JSON; while a secret is replaced, signed with both."""
    payload = {"type": due.type, "timestamp": due.occurred_at, "data": due.data}
    body = orjson.dumps(payload)
    secrets = [due.secret]
    if due.former_secret and due.former_until is not None and now < due.former_until:
        secrets.append(due.former_secret)
    signatures = [Signer(secret).sign(due.event_id, now, body.decode()) for secret in secrets]
    headers = {
        "Content-Type": "application/json",
        "webhook-id": due.event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return Written(due.url, headers, body)


def bigbluebutton(secret: str, domain: str) -> Form:
    """The form of bbb-webhooks: a form with the event inside a list, its checksum in the address."""

    def write(due: Due, _now: datetime) -> Written:
        happened = int(datetime.fromisoformat(due.occurred_at).timestamp() * 1000)
        event = json.dumps([mapped(due.type, due.data, happened)], separators=(",", ":"), ensure_ascii=False)
        # In the order of their names, as a receiver may put them together again.
        body = urlencode({"domain": domain, "event": event, "timestamp": happened})
        checksum = hashlib.sha1(f"{due.url}{body}{secret}".encode(), usedforsecurity=False).hexdigest()
        joint = "&" if urlsplit(due.url).query else "?"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Written(f"{due.url}{joint}checksum={checksum}", headers, body.encode())

    return write


NAMES: Mapping[str, str] = {
    "meeting.created": "meeting-created",
    "meeting.ended": "meeting-ended",
    "participant.joined": "user-joined",
    "participant.left": "user-left",
    "chat.message": "chat-group-message-sent",
}
"""Our events in the words of that API; it has none for the others."""


def mapped(kind: str, data: Mapping[str, Any], happened: int) -> dict[str, Any]:
    """Return an event as bbb-webhooks shows it (`getRaw=false`)."""
    meeting = data.get("meeting", {})
    about: dict[str, Any] = {
        "internal-meeting-id": meeting.get("meeting_id"),
        "external-meeting-id": meeting.get("external_id") or meeting.get("meeting_id"),
    }
    if kind == "meeting.created":
        about |= {
            "name": meeting.get("title"),
            "is-breakout": False,
            "create-time": happened,
            "metadata": meeting.get("metadata", {}),
        }
    attributes: dict[str, Any] = {"meeting": about}
    if "participant" in data:
        attributes["user"] = _user(data["participant"])
    if "message" in data:
        message = data["message"]
        attributes["chat-message"] = {
            "id": message.get("message_id"),
            "message": message.get("body"),
            "sender": {"name": message.get("display_name")},
        }
        attributes["chat-id"] = "MAIN-PUBLIC-GROUP-CHAT"
    return {"data": {"type": "event", "id": NAMES[kind], "attributes": attributes, "event": {"ts": happened}}}


def _user(participant: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "internal-user-id": participant.get("participant_id"),
        "external-user-id": participant.get("external_id") or participant.get("participant_id"),
        "name": participant.get("display_name"),
        "role": "MODERATOR" if participant.get("role") in MODERATES else "VIEWER",
        "presenter": False,
        "userdata": {},
    }
