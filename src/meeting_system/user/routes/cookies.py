"""The refresh token in a browser: a cookie that scripts can't read."""

from typing import Final

from fastapi import Request, Response

from meeting_system.kit.http import client_address
from meeting_system.user.context import Context
from meeting_system.user.rules import Caller
from meeting_system.user.schemas import Refresh, SignedIn

_SECURE_COOKIE: Final = "__Host-refresh"
_PLAIN_COOKIE: Final = "refresh"
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST_AGENT: Final = 256


def caller_of(request: Request) -> Caller:
    """Return where a request comes from."""
    agent = "".join(letter for letter in request.headers.get("user-agent", "") if letter.isprintable())
    return Caller(client_address(request), agent[:_LONGEST_AGENT] or None)


def hand_over(
    context: Context, signed_in: SignedIn, request: Request, response: Response, *, in_body: bool
) -> SignedIn:
    """Browsers keep the refresh token in a cookie that scripts can't read, programs get it in the body."""
    response.headers["Cache-Control"] = "no-store"
    if in_body or signed_in.refresh_token is None:
        return signed_in
    secure = is_secure(request)
    response.set_cookie(
        _SECURE_COOKIE if secure else _PLAIN_COOKIE,
        signed_in.refresh_token,
        max_age=context.settings.refresh_lifetime_s,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
    return signed_in.model_copy(update={"refresh_token": None})


def forget_cookie(request: Request, response: Response) -> None:
    for name, secure in ((_SECURE_COOKIE, True), (_PLAIN_COOKIE, False)):
        if name in request.cookies:
            response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="strict")


def shown_token(request: Request, sent: Refresh | None) -> str | None:
    if sent is not None and sent.refresh_token is not None:
        return sent.refresh_token
    name = _SECURE_COOKIE if is_secure(request) else _PLAIN_COOKIE
    token = request.cookies.get(name)
    # A cookie is the browser's word: what can't be a token of ours is none.
    return token if token and len(token) <= 128 and token.isascii() else None


def is_secure(request: Request) -> bool:
    """Browsers keep `Secure` cookies from HTTPS, and from localhost without."""
    return request.url.scheme == "https" or request.url.hostname in _LOCAL
