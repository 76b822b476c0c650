"""HTTP: logging in through other providers. The browser goes there and comes back."""

from collections.abc import Sequence
from secrets import compare_digest
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute

from meeting_system.kernel.errors import AppError
from meeting_system.kit.auth import require_person
from meeting_system.kit.log import logger
from meeting_system.user import sso
from meeting_system.user.context import Context
from meeting_system.user.errors import LoginRefused
from meeting_system.user.routes.cookies import caller_of, hand_over, is_secure
from meeting_system.user.schemas import Redirection, SignedIn

log = logger(__name__)

Text = Annotated[str | None, Query(max_length=4096)]
_GOES_ON: dict[int | str, dict[str, Any]] = {302: {"description": "The browser goes on"}}


def sso_routes(context: Context) -> Sequence[BaseRoute]:
    """Return the routes to a provider and back."""
    router = APIRouter(prefix="/api/v1", tags=["auth"])

    @router.get("/auth/sso/{provider}", response_class=RedirectResponse, status_code=302, responses=_GOES_ON)
    async def begin_sso(
        provider: str, request: Request, return_to: Annotated[str, Query(max_length=1024)] = "/"
    ) -> Response:
        try:
            url, state = await sso.begin(context, provider, return_to=return_to, caller=caller_of(request))
        except AppError as error:
            return _explain(error)
        response = RedirectResponse(url, 302, headers={"Cache-Control": "no-store"})
        _keep_state(request, response, state)
        return response

    @router.get(
        "/auth/sso/{provider}/callback", response_class=RedirectResponse, status_code=302, responses=_GOES_ON
    )
    async def finish_sso(
        provider: str, request: Request, code: Text = None, state: Text = None, error: Text = None
    ) -> Response:
        try:
            _check_state(request, state, error)
            signed_in, page = await sso.finish(
                context, provider, code=code or "", state=state or "", caller=caller_of(request)
            )
        except AppError as problem:
            return _explain(problem)
        return _go_on(context, request, signed_in, page)

    @router.post("/users/me/identities/{provider}", tags=["users"])
    async def link_identity(provider: str, request: Request, response: Response) -> Redirection:
        account = await require_person(request)
        url, state = await sso.begin_linking(context, account, provider, caller_of(request))
        _keep_state(request, response, state)
        return Redirection(url=url)

    return router.routes


def _go_on(context: Context, request: Request, signed_in: SignedIn | None, page: str) -> Response:
    response = RedirectResponse(page, 302, headers={"Cache-Control": "no-store"})
    if signed_in is not None:
        hand_over(context, signed_in, request, response, in_body=False)
    response.delete_cookie(_cookie(request), path="/", secure=is_secure(request), httponly=True)
    return response


def _check_state(request: Request, state: str | None, error: str | None) -> None:
    """Refuse what this browser did not begin (RFC 6749, section 10.12), and what the provider refused."""
    kept = request.cookies.get(_cookie(request), "")
    if not state or not kept or not compare_digest(state.encode(), kept.encode()):
        raise LoginRefused("this log-in was not begun in this browser: try again")
    if error:
        raise LoginRefused("the provider ended the log-in: try again")


def _explain(error: AppError) -> Response:
    """Show the page to log in with what went wrong: nobody reads JSON there."""
    log.info("sso_failed", code=error.code, detail=error.detail)
    return RedirectResponse(f"/login?error={quote(error.code)}", 302, headers={"Cache-Control": "no-store"})


def _keep_state(request: Request, response: Response, state: str) -> None:
    # Lax: the provider sends the browser back by a link.
    response.set_cookie(
        _cookie(request),
        state,
        max_age=sso.STATE_S,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def _cookie(request: Request) -> str:
    return "__Host-sso" if is_secure(request) else "sso"
