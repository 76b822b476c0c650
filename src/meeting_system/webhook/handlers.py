"""What other services ask of the webhook service over the bus."""

from typing import Any

from meeting_system.contracts.account import ForgetWebhooks
from meeting_system.contracts.call import Nothing, Request
from meeting_system.contracts.webhook import (
    CreateOutsideHook,
    DestroyOutsideHook,
    ListOutsideHooks,
    OutsideHook,
    OutsideHooks,
    TellWebhooks,
)
from meeting_system.kit.bus import Handler
from meeting_system.webhook import deliveries, hooks, outside
from meeting_system.webhook.context import Context


def create_handlers(context: Context) -> dict[type[Request[Any]], Handler]:
    """Return the handler of each request."""

    async def tell_webhooks(request: TellWebhooks) -> Nothing:
        await deliveries.tell(context, request)
        return Nothing()

    async def create_outside_hook(request: CreateOutsideHook) -> OutsideHook:
        return await outside.create(context, request)

    async def list_outside_hooks(request: ListOutsideHooks) -> OutsideHooks:
        return await outside.list_hooks(context, external_id=request.external_id)

    async def destroy_outside_hook(request: DestroyOutsideHook) -> Nothing:
        await outside.destroy(context, request.hook_id)
        return Nothing()

    async def forget_account(request: ForgetWebhooks) -> Nothing:
        await hooks.forget_account(context, request.user_id)
        return Nothing()

    return {
        TellWebhooks: tell_webhooks,
        CreateOutsideHook: create_outside_hook,
        ListOutsideHooks: list_outside_hooks,
        DestroyOutsideHook: destroy_outside_hook,
        ForgetWebhooks: forget_account,
    }
