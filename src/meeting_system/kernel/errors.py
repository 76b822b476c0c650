"""The error tree. Raised where known, translated once per edge (HTTP, WebSocket, bus).

AppError
├── Invalid 422          what was sent can't be right
├── Unauthenticated 401  who are you?
├── Forbidden 403        not you
├── NotFound 404
├── Conflict 409         not now
├── TooMany 429          too often; `retry_after_s`
└── Unavailable 503      a dependency is away; retryable

`code` is stable and for programs (clients translate by it), `detail` is for people: what was wrong, with
what, and what to do. A service subclasses with its own codes: `class MeetingNotFound(NotFound): code = ...`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class FieldError:
    """One wrong field: `pointer` is a JSON pointer into what was sent."""

    pointer: str
    detail: str


class AppError(Exception):
    """Root of everything that is expected to go wrong."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(
        self, detail: str = "", *, errors: Sequence[FieldError] = (), retry_after_s: float | None = None
    ) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after_s = retry_after_s


class Invalid(AppError):
    """What was sent can't be right."""

    status = 422
    code = "invalid"


class Unauthenticated(AppError):
    """The caller did not prove who they are."""

    status = 401
    code = "unauthenticated"


class Forbidden(AppError):
    """The caller is known and may not."""

    status = 403
    code = "forbidden"


class NotFound(AppError):
    """There is no such thing, or not for this caller."""

    status = 404
    code = "not_found"


class Conflict(AppError):
    """Right in itself, but not in the present state."""

    status = 409
    code = "conflict"


class TooMany(AppError):
    """Too often; `retry_after_s` says when to come back."""

    status = 429
    code = "too_many"


class Unavailable(AppError):
    """A dependency is away; the same request may succeed later."""

    status = 503
    code = "unavailable"
    retryable = True


class RemoteError(AppError):
    """An AppError that was raised in another process: it keeps status and code of the original."""

    def __init__(
        self,
        detail: str,
        *,
        status: int,
        code: str,
        errors: Sequence[FieldError] = (),
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail, errors=errors, retry_after_s=retry_after_s)
        self.status = status  # type: ignore[misc]  # a remote error is one class for every code
        self.code = code  # type: ignore[misc]
        self.retryable = status == Unavailable.status  # type: ignore[misc]
