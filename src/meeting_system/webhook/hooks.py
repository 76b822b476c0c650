"""Webhooks: make, look at, change, delete, give a new secret."""

from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping

from meeting_system.contracts.permissions import check_account
from meeting_system.kernel.ids import is_id, new_id
from meeting_system.kernel.principal import Account
from meeting_system.kit.paging import CursorInvalid, decode_cursor, encode_cursor
from meeting_system.kit.row_version import check_row, note_row
from meeting_system.webhook import models as tables
from meeting_system.webhook import repository, rules
from meeting_system.webhook.access import owner_filter
from meeting_system.webhook.context import Context
from meeting_system.webhook.errors import TooManyWebhooks, WebhookNotFound
from meeting_system.webhook.schemas import CreatedWebhook, NewWebhook, Webhook, WebhookChange, WebhookPage


async def create_webhook(context: Context, account: Account, sent: NewWebhook) -> CreatedWebhook:
    """Make a webhook; only this answer shows its secret.

    Errors: forbidden, webhook_url_refused, too_many_webhooks.
    """
    check_account(account, "webhook:manage" if sent.covers == "everything" else "webhook:own")
    rules.check_url(sent.url, context.settings.networks)
    now = context.ports.clock.now()
    row = new_row(context, url=sent.url, events=list(sent.events)) | {
        "owner_id": account.user_id,
        "covers": sent.covers,
        "description": sent.description or "",
    }
    async with context.ports.database.transaction() as connection:
        await repository.lock_creation(connection)
        own, every = await repository.count_webhooks(connection, account.user_id)
        if own >= context.settings.of_account or every >= context.settings.of_all:
            raise TooManyWebhooks(f"there are {own} webhooks of yours: delete one first")
        await repository.insert_webhook(connection, row)
        await note_row(connection, tables.webhooks, row["webhook_id"])
    counted = row | {"pending": 0, "failed": 0, "former_until": None, "created_at": now, "updated_at": now}
    return CreatedWebhook(**show(counted).model_dump(), secret=row["secret"])


def new_row(context: Context, *, url: str, events: list[str]) -> dict[str, Any]:
    """Return what every new webhook has."""
    now = context.ports.clock.now()
    return {
        "webhook_id": new_id(now.timestamp()),
        "owner_id": None,
        "covers": "everything",
        "form": "standard",
        "external_id": None,
        "url": url,
        "description": "",
        "events": sorted(set(events)),
        "secret": rules.new_secret(),
        "active": True,
        "disabled_why": None,
        "created_at": now,
        "updated_at": now,
    }


async def list_webhooks(context: Context, account: Account, *, cursor: str | None, limit: int) -> WebhookPage:
    """Return the webhooks that the caller manages, newest first."""
    owner_id = owner_filter(account)
    before = None if cursor is None else _decode_id(cursor)
    async with context.ports.database.reading() as connection:
        rows = await repository.list_webhooks(connection, owner_id=owner_id, before=before, limit=limit + 1)
    items = [show(dict(row)) for row in rows[:limit]]
    next_cursor = encode_cursor(items[-1].webhook_id) if len(rows) > limit else None
    return WebhookPage(items=items, next_cursor=next_cursor)


async def get_webhook(context: Context, account: Account, webhook_id: str) -> Webhook:
    """Return one webhook. Error: webhook_not_found."""
    async with context.ports.database.reading() as connection:
        row = await _find(connection, account, webhook_id)
        await note_row(connection, tables.webhooks, webhook_id)
    return show(dict(row))


async def update_webhook(
    context: Context, account: Account, webhook_id: str, change: WebhookChange
) -> Webhook:
    """Change what was sent (JSON merge patch). Switched on again, it gets what waited for it."""
    changes = change.model_dump(include=change.model_fields_set)
    if "url" in changes:
        rules.check_url(changes["url"], context.settings.networks)
    if "events" in changes:
        changes["events"] = sorted(set(changes["events"]))
    if "description" in changes:
        changes["description"] = changes["description"] or ""
    if changes.get("active"):
        changes["disabled_why"] = None
    async with context.ports.database.transaction() as connection:
        await _find(connection, account, webhook_id)
        await check_row(connection, tables.webhooks, webhook_id)
        if changes:
            changes["updated_at"] = context.ports.clock.now()
            await repository.update_webhook(connection, webhook_id, changes)
        row = await _find(connection, account, webhook_id)
        await note_row(connection, tables.webhooks, webhook_id)
    context.wake.set()
    return show(dict(row))


async def delete_webhook(context: Context, account: Account, webhook_id: str) -> None:
    """Delete a webhook and its deliveries. Error: webhook_not_found."""
    async with context.ports.database.transaction() as connection:
        await _find(connection, account, webhook_id)
        await check_row(connection, tables.webhooks, webhook_id)
        await repository.delete_webhook(connection, webhook_id)


async def forget_account(context: Context, user_id: str) -> None:
    """Delete the webhooks of a deleted account; those of everybody's meetings stay, for the administrators.
    Again is no error."""
    if not is_id(user_id):
        return
    async with context.ports.database.transaction() as connection:
        await repository.disown(connection, user_id)


async def rotate_secret(context: Context, account: Account, webhook_id: str) -> CreatedWebhook:
    """Give a webhook a new secret; deliveries are signed with the former one too, until it has been replaced
    at the receiver."""
    now = context.ports.clock.now()
    secret = rules.new_secret()
    async with context.ports.database.transaction() as connection:
        row = await _find(connection, account, webhook_id)
        changes = {
            "secret": secret,
            "former_secret": row["secret"],
            "former_until": now + timedelta(seconds=context.settings.secret_overlap_s),
            "updated_at": now,
        }
        await repository.update_webhook(connection, webhook_id, changes)
        row = await _find(connection, account, webhook_id)
    return CreatedWebhook(**show(dict(row)).model_dump(), secret=secret)


async def _find(connection: Any, account: Account, webhook_id: str) -> RowMapping:
    owner_id = owner_filter(account)
    row = None
    if is_id(webhook_id):
        row = await repository.find_webhook(connection, webhook_id, owner_id=owner_id)
    if row is None:
        raise WebhookNotFound("you have no webhook with this id")
    return row


def show(row: dict[str, Any]) -> Webhook:
    """Return a webhook as its owner sees it, without its secret."""
    shown = {name: row[name] for name in Webhook.model_fields if name in row}
    return Webhook(**shown, former_secret_until=row["former_until"])


def _decode_id(cursor: str) -> str:
    position = decode_cursor(cursor)
    if not is_id(position):
        raise CursorInvalid("this cursor is not from this list: start with the first page")
    return position
