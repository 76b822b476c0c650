"""What several routes read of a request."""

from typing import Annotated

from fastapi import Header, Request
from pydantic import AfterValidator

from meeting_system.kernel.text import check_token
from meeting_system.meeting.context import Context

Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", max_length=64),
    AfterValidator(lambda key: key and check_token(key)),
]


def base_url(context: Context, request: Request) -> str:
    """Return what join links begin with: as configured, else as the caller reached us."""
    return (context.settings.public_url or str(request.base_url)).rstrip("/")
