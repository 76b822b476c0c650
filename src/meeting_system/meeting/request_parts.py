"""What several routes do with a request."""

from fastapi import Request

from meeting_system.kit.auth import require_principal
from meeting_system.meeting import requests
from meeting_system.meeting.context import Context
from meeting_system.meeting.durable import Effect


def base_url(context: Context, request: Request) -> str:
    """Return what join links begin with: as configured, else as the caller reached us."""
    return (context.settings.public_url or str(request.base_url)).rstrip("/")


async def ask(context: Context, request: Request, meeting_id: str, effect: Effect, key: str | None) -> None:
    """Let `effect` happen in the live run of a meeting, for a caller who gets no more than that it did."""
    await requests.ask(context, await require_principal(request), meeting_id, effect, key=key)
