"""Deliveries: made of events, looked at, sent again."""

from datetime import datetime
from typing import Any

import orjson

from meeting_system.contracts.webhook import PING, TellWebhooks
from meeting_system.kernel.ids import is_id, new_id
from meeting_system.kernel.principal import Account
from meeting_system.kit.paging import CursorInvalid, decode_cursor, encode_cursor
from meeting_system.webhook import hooks, repository
from meeting_system.webhook.context import Context
from meeting_system.webhook.errors import DeliveryNotFound
from meeting_system.webhook.schemas import Delivery, DeliveryPage, Replayed, State


async def tell(context: Context, told: TellWebhooks) -> int:
    """Make a delivery of an event for every webhook that wants it, once; return how many."""
    meeting = told.data.get("meeting")
    external_id = meeting.get("external_id") if isinstance(meeting, dict) else None
    async with context.ports.database.transaction() as connection:
        made = await repository.insert_deliveries(
            connection,
            event_id=told.event_id,
            type=told.type,
            occurred_at=told.occurred_at,
            owner_id=told.owner_id,
            external_id=external_id,
            data=orjson.dumps(told.data).decode(),
            now=context.ports.clock.now(),
        )
    if made:
        context.wake.set()
    return made


async def ping(context: Context, account: Account, webhook_id: str) -> Delivery:
    """Send a test event to a webhook; how it went is in its deliveries.

    Errors: webhook_not_found, too_many.
    """
    await hooks.get_webhook(context, account, webhook_id)
    await context.ports.limiter.hit("webhook_ping", webhook_id, limit=context.settings.pings, window_s=60)
    now = context.ports.clock.now()
    row: dict[str, Any] = {
        "delivery_id": new_id(now.timestamp()),
        "webhook_id": webhook_id,
        "event_id": new_id(now.timestamp()),
        "type": PING,
        "occurred_at": moment(now),
        "data": {"webhook_id": webhook_id},
        "state": "pending",
        "attempts": 0,
        "log": [],
        "next_at": now,
        "created_at": now,
    }
    async with context.ports.database.transaction() as connection:
        await repository.insert_delivery(connection, row)
    context.wake.set()
    return _show(row | {"finished_at": None})


async def list_deliveries(
    context: Context,
    account: Account,
    webhook_id: str,
    *,
    state: State | None,
    cursor: str | None,
    limit: int,
) -> DeliveryPage:
    """Return the deliveries of a webhook, newest first. Error: webhook_not_found."""
    before = None if cursor is None else _decode(cursor)
    await hooks.get_webhook(context, account, webhook_id)
    async with context.ports.database.reading() as connection:
        rows = await repository.list_deliveries(
            connection, webhook_id, state=state, before=before, limit=limit + 1
        )
    items = [_show(dict(row)) for row in rows[:limit]]
    next_cursor = None
    if len(rows) > limit:
        last = items[-1]
        next_cursor = encode_cursor(f"{last.created_at.isoformat()} {last.delivery_id}")
    return DeliveryPage(items=items, next_cursor=next_cursor)


async def replay(context: Context, account: Account, webhook_id: str, delivery_id: str | None) -> Replayed:
    """Send a delivery again, or all that failed for good. Errors: webhook_not_found, delivery_not_found."""
    await hooks.get_webhook(context, account, webhook_id)
    if delivery_id is not None and not is_id(delivery_id):
        raise DeliveryNotFound("this webhook has no delivery with this id")
    async with context.ports.database.transaction() as connection:
        count = await repository.replay(connection, webhook_id, delivery_id, now=context.ports.clock.now())
    if delivery_id is not None and not count:
        raise DeliveryNotFound("this webhook has no delivery with this id")
    context.wake.set()
    return Replayed(count=count)


def moment(time: datetime) -> str:
    """Return a time as events carry it: RFC 3339 in UTC, with milliseconds."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _show(row: dict[str, Any]) -> Delivery:
    shown = {name: row[name] for name in Delivery.model_fields}
    return Delivery(**shown | {"next_at": row["next_at"] if row["state"] == "pending" else None})


def _decode(cursor: str) -> tuple[datetime, str]:
    position = decode_cursor(cursor)
    moment_text, _, delivery_id = position.partition(" ")
    try:
        created_at = datetime.fromisoformat(moment_text)
    except ValueError:
        created_at = None
    if created_at is None or created_at.tzinfo is None or not is_id(delivery_id):
        raise CursorInvalid("this cursor is not from this list: start with the first page")
    return created_at, delivery_id
