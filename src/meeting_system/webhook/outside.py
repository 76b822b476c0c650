"""Webhooks of the BigBlueButton-compatible API: known by a number, told in that API's words."""

from sqlalchemy import RowMapping

from meeting_system.contracts.webhook import CreateOutsideHook, OutsideHook, OutsideHooks
from meeting_system.webhook import repository, rules
from meeting_system.webhook.context import Context
from meeting_system.webhook.errors import TooManyWebhooks, WebhookNotFound
from meeting_system.webhook.forms import NAMES
from meeting_system.webhook.hooks import new_row


async def create(context: Context, asked: CreateOutsideHook) -> OutsideHook:
    """Return the webhook of this address and meeting, made if there is none."""
    rules.check_url(asked.url, context.settings.networks)
    async with context.ports.database.transaction() as connection:
        await repository.lock_creation(connection)
        found = await repository.find_outside(connection, url=asked.url, external_id=asked.external_id)
        if found is None:
            _, every = await repository.count_webhooks(connection, None)
            if every >= context.settings.of_all:
                raise TooManyWebhooks(f"there are {every} webhooks: delete one first")
            row = new_row(context, url=asked.url, events=list(NAMES))
            row |= {"form": "bigbluebutton", "external_id": asked.external_id}
            await repository.insert_webhook(connection, row)
            found = await repository.find_outside(connection, url=asked.url, external_id=asked.external_id)
    assert found is not None
    return _show(found)


async def list_hooks(context: Context, *, external_id: str | None) -> OutsideHooks:
    """Return those of one meeting and of all, or all."""
    async with context.ports.database.reading() as connection:
        rows = await repository.list_outside(connection, external_id=external_id)
    return OutsideHooks(items=[_show(row) for row in rows])


async def destroy(context: Context, hook_id: int) -> None:
    """Delete one. Error: webhook_not_found."""
    async with context.ports.database.transaction() as connection:
        if not await repository.delete_outside(connection, hook_id):
            raise WebhookNotFound("there is no hook with this id")


def _show(row: RowMapping) -> OutsideHook:
    return OutsideHook(hook_id=row["hook_id"], url=row["url"], external_id=row["external_id"], raw=False)
