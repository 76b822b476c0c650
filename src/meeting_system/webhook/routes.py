"""HTTP: /api/v1/webhooks."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.routing import BaseRoute

from meeting_system.kit.auth import require_account
from meeting_system.kit.paging import Cursor, Limit
from meeting_system.webhook import deliveries, hooks
from meeting_system.webhook.context import Context
from meeting_system.webhook.schemas import (
    CreatedWebhook,
    Delivery,
    DeliveryPage,
    NewWebhook,
    Replayed,
    State,
    Webhook,
    WebhookChange,
    WebhookPage,
)

Only = Annotated[State | None, Query(description="only those that wait, have arrived, or failed for good")]


def create_routes(context: Context) -> Sequence[BaseRoute]:
    """Return every route of the webhook service."""
    return [*_webhook_routes(context), *_delivery_routes(context)]


def _webhook_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])

    @router.post("", status_code=201)
    async def create_webhook(sent: NewWebhook, request: Request) -> CreatedWebhook:
        """Make a webhook; only this answer shows its secret."""
        return await hooks.create_webhook(context, await require_account(request), sent)

    @router.get("")
    async def list_webhooks(request: Request, cursor: Cursor = None, limit: Limit = 20) -> WebhookPage:
        """List one's own webhooks, or for administrators all."""
        return await hooks.list_webhooks(context, await require_account(request), cursor=cursor, limit=limit)

    @router.get("/{webhook_id}")
    async def get_webhook(webhook_id: str, request: Request) -> Webhook:
        return await hooks.get_webhook(context, await require_account(request), webhook_id)

    @router.patch("/{webhook_id}")
    async def update_webhook(webhook_id: str, change: WebhookChange, request: Request) -> Webhook:
        """Change a webhook. One that was switched off gets what waited for it when it is switched on."""
        return await hooks.update_webhook(context, await require_account(request), webhook_id, change)

    @router.delete("/{webhook_id}", status_code=204)
    async def delete_webhook(webhook_id: str, request: Request) -> None:
        await hooks.delete_webhook(context, await require_account(request), webhook_id)

    @router.post("/{webhook_id}/rotate-secret")
    async def rotate_webhook_secret(webhook_id: str, request: Request) -> CreatedWebhook:
        """Give it a new secret; for a day deliveries carry the signatures of both."""
        return await hooks.rotate_secret(context, await require_account(request), webhook_id)

    return router.routes


def _delivery_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/webhooks/{webhook_id}", tags=["webhooks"])

    @router.post("/ping", status_code=202)
    async def ping_webhook(webhook_id: str, request: Request) -> Delivery:
        """Send a test event; how it went is in the deliveries."""
        return await deliveries.ping(context, await require_account(request), webhook_id)

    @router.get("/deliveries")
    async def list_deliveries(
        webhook_id: str, request: Request, state: Only = None, cursor: Cursor = None, limit: Limit = 20
    ) -> DeliveryPage:
        """List what was sent, newest first, with every attempt."""
        account = await require_account(request)
        return await deliveries.list_deliveries(
            context, account, webhook_id, state=state, cursor=cursor, limit=limit
        )

    @router.post("/replay", status_code=202)
    async def replay_failed_deliveries(webhook_id: str, request: Request) -> Replayed:
        """Send everything again that failed for good."""
        return await deliveries.replay(context, await require_account(request), webhook_id, None)

    @router.post("/deliveries/{delivery_id}/replay", status_code=202)
    async def replay_delivery(webhook_id: str, delivery_id: str, request: Request) -> Replayed:
        """Send one again, whatever became of it."""
        return await deliveries.replay(context, await require_account(request), webhook_id, delivery_id)

    return router.routes
