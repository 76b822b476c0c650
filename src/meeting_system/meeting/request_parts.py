"""What several routes read of a request."""

from fastapi import Request

from meeting_system.meeting.context import Context


def base_url(context: Context, request: Request) -> str:
    """Return what join links begin with: as configured, else as the caller reached us."""
    return (context.settings.public_url or str(request.base_url)).rstrip("/")
