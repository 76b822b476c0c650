"""hooks/create, hooks/list, hooks/destroy: be told of what happens, as bbb-webhooks does."""

from meeting_system.bigbluebutton.answers import many, success
from meeting_system.bigbluebutton.context import Context
from meeting_system.bigbluebutton.errors import Failed
from meeting_system.bigbluebutton.parameters import Parameters
from meeting_system.contracts.webhook import (
    CreateOutsideHook,
    DestroyOutsideHook,
    ListOutsideHooks,
    OutsideHook,
)
from meeting_system.kernel.errors import AppError, NotFound, RemoteError

LONGEST_NUMBER = 18


async def create_hook(context: Context, parameters: Parameters) -> bytes:
    """Make a hook; the same again is the one there is. FAILED: createHookError."""
    url = parameters.get("callbackURL")
    if not url:
        raise Failed("missingParamCallbackURL", "You must specify a callbackURL in the parameters.")
    external_id = parameters.get("meetingID") or None
    known = await context.ports.bus.call(ListOutsideHooks(external_id=None))
    before = next((hook for hook in known.items if (hook.url, hook.external_id) == (url, external_id)), None)
    if before is not None:
        return success(
            {
                "hookID": before.hook_id,
                "messageKey": "duplicateWarning",
                "message": "There is already a hook for this callback URL.",
            }
        )
    try:
        asked = CreateOutsideHook(url=url, external_id=external_id, raw=parameters.flag("getRaw"))
        hook = await context.ports.bus.call(asked)
    except AppError as error:
        if error.retryable:
            raise
        raise Failed(
            "createHookError", f"An error happened while creating your hook: {error.detail}"
        ) from error
    return success({"hookID": hook.hook_id, "permanentHook": False, "rawData": False})


async def list_hooks(context: Context, parameters: Parameters) -> bytes:
    """List hooks: of one meeting and of all, or every one."""
    asked = ListOutsideHooks(external_id=parameters.get("meetingID") or None)
    known = await context.ports.bus.call(asked)
    return success({"hooks": many("hook", (_show(hook) for hook in known.items))})


async def destroy_hook(context: Context, parameters: Parameters) -> bytes:
    """Remove a hook. FAILED: missingParamHookID, destroyMissingHook."""
    number = parameters.get("hookID")
    if not number:
        raise Failed("missingParamHookID", "You must specify a hookID in the parameters.")
    gone = Failed("destroyMissingHook", "The hook informed was not found.")
    if not (number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER):
        raise gone
    try:
        await context.ports.bus.call(DestroyOutsideHook(hook_id=int(number)))
    except (NotFound, RemoteError) as error:
        if error.status != NotFound.status:
            raise
        raise gone from error
    return success({"removed": True})


def _show(hook: OutsideHook) -> dict[str, object]:
    of_meeting = {"meetingID": hook.external_id} if hook.external_id is not None else {}
    return {
        "hookID": hook.hook_id,
        "callbackURL": hook.url,
        **of_meeting,
        "permanentHook": False,
        "rawData": False,
    }
