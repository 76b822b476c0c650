"""`/api/v1/media/whip` (RFC 9725) and `/api/v1/media/whep` (its draft sibling): media over HTTP and WebRTC.

POST an offer with a stream's token, get the answer and the address of the connection; PATCH restarts ICE,
DELETE ends it. Everything is answered with CORS, since players run in pages of others: the token, which no
browser sends by itself, is what lets them in.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from meeting_system.contracts.stream import Direction
from meeting_system.kernel.address import address_block
from meeting_system.kernel.errors import AppError
from meeting_system.kit.edge import BodyTooLarge
from meeting_system.kit.http import client_address
from meeting_system.kit.limits import RateLimiter
from meeting_system.kit.problem import MediaTypeUnsupported, to_problem
from meeting_system.kit.turn import Turn, as_links
from meeting_system.media.errors import (
    AnswerUnacceptable,
    PreconditionRequired,
    SdpUnreadable,
    StreamTokenMissing,
)
from meeting_system.media.stream import Address, Wanted, hash_token
from meeting_system.media.streams import StreamDesk

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
MAX_SDP_BYTES = 64 * 1024
WINDOW_S = 60.0
OPENED_BY_ADDRESS = 60
OPENED_BY_TOKEN = 30
CHANGED_BY_ADDRESS = 600
SCHEME = "bearer "

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Retry-After, WWW-Authenticate, X-Trace-Id",
}
PREFLIGHT = CORS | {
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Max-Age": "86400",
}

Meeting = Annotated[str, Path(max_length=64, description="id or number of the meeting")]
Resource = Annotated[str, Path(max_length=64)]
Pinned = Annotated[
    str | None,
    Query(max_length=64, description="WHEP: the participant to see instead of the stage"),
]


def _sdp_body(kind: str, about: str) -> dict[str, Any]:
    return {
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": {"type": "string"}}},
            "description": about,
        }
    }


PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}
REFUSALS: dict[int | str, dict[str, Any]] = {
    400: PROBLEM | {"description": "the body is no SDP offer"},
    401: PROBLEM | {"description": "no token, or one that is unknown, revoked or expired"},
    403: PROBLEM | {"description": "the token is for the other direction, or a host removed this stream"},
    404: PROBLEM | {"description": "no such meeting for this token, or no such connection"},
    406: PROBLEM
    | {"description": "an offer that can't be answered: no BUNDLE, no common codec, wrong direction"},
    409: PROBLEM | {"description": "the meeting has not begun, is over or is full"},
    413: PROBLEM | {"description": f"more than {MAX_SDP_BYTES} bytes"},
    415: PROBLEM | {"description": f"not {SDP}"},
    429: PROBLEM | {"description": "too many attempts; Retry-After"},
    503: PROBLEM | {"description": "no more streams here now, or a dependency is away; Retry-After"},
}


def create_stream_routes(desk: StreamDesk, limiter: RateLimiter, turn: Turn) -> list[BaseRoute]:
    """Return the routes of both directions."""
    endpoints = Endpoints(desk, limiter, turn)
    return [*endpoints.routes("whip", "publish"), *endpoints.routes("whep", "watch")]


class Endpoints:
    """What both directions do alike."""

    def __init__(self, desk: StreamDesk, limiter: RateLimiter, turn: Turn) -> None:
        self._desk = desk
        self._limiter = limiter
        self._turn = turn

    def routes(self, name: str, direction: Direction) -> list[BaseRoute]:
        """Return the routes of one direction."""
        router = APIRouter(prefix=f"/api/v1/media/{name}", tags=["streams"], default_response_class=Response)

        @router.post(
            "/{meeting}",
            name=f"open_{name}",
            status_code=201,
            responses={201: {"description": "the answer", "content": {SDP: {}}}, **REFUSALS},
            openapi_extra=_sdp_body(SDP, "a complete offer; `Authorization: Bearer <token>`"),
        )
        async def open_stream(meeting: Meeting, request: Request, participant: Pinned = None) -> Response:
            """Open a stream: Location is its address, ETag names the ICE session, Link the TURN servers."""
            return await answered(lambda: self._open(name, direction, meeting, request, participant))

        @router.options(
            "/{meeting}", name=f"describe_{name}", responses={200: {"description": "Accept-Post"}}
        )
        async def describe(meeting: Meeting) -> Response:
            """Say what may be posted, to whom it may concern: the answer to a CORS preflight."""
            allow = "OPTIONS, POST"
            headers = {"Accept-Post": SDP, "Allow": allow, "Access-Control-Allow-Methods": allow}
            return Response(headers=PREFLIGHT | headers)

        @router.patch(
            "/{meeting}/{resource}",
            name=f"change_{name}",
            status_code=204,
            responses={
                200: {"description": "ICE restarted: our fragment", "content": {FRAGMENT: {}}},
                412: PROBLEM | {"description": "If-Match names an ICE session that is over"},
                428: PROBLEM | {"description": "If-Match is missing"},
                **{status: REFUSALS[status] for status in (400, 401, 404, 413, 415, 429)},
            },
            openapi_extra=_sdp_body(FRAGMENT, "candidates (needed by nobody here), or new credentials"),
        )
        async def change_stream(meeting: Meeting, resource: Resource, request: Request) -> Response:
            """Take candidates (204), or restart ICE where the credentials are new (200, with a new ETag)."""
            return await answered(lambda: self._change(direction, meeting, resource, request))

        @router.delete(
            "/{meeting}/{resource}",
            name=f"close_{name}",
            responses={status: REFUSALS[status] for status in (401, 404, 429)},
        )
        async def close_stream(meeting: Meeting, resource: Resource, request: Request) -> Response:
            """End the stream."""
            return await answered(lambda: self._close(direction, meeting, resource, request))

        @router.options("/{meeting}/{resource}", name=f"describe_{name}_stream")
        async def describe_stream(meeting: Meeting, resource: Resource) -> Response:
            """Say what may be done with a stream."""
            allow = "DELETE, OPTIONS, PATCH"
            headers = {"Accept-Patch": FRAGMENT, "Allow": allow, "Access-Control-Allow-Methods": allow}
            return Response(headers=PREFLIGHT | headers)

        return list(router.routes)

    async def _open(
        self, name: str, direction: Direction, meeting: str, request: Request, pinned: str | None
    ) -> Response:
        check_type(request, SDP)
        check_accept(request)
        token = bearer(request)
        await self._limit(request, "stream_open", OPENED_BY_ADDRESS)
        await self._limiter.hit("stream_token", hash_token(token), limit=OPENED_BY_TOKEN, window_s=WINDOW_S)
        wanted = Wanted(direction, meeting, token, await read_text(request), pinned)
        opened = await self._desk.open(wanted)
        headers = CORS | {
            "Location": f"/api/v1/media/{name}/{opened.meeting_id}/{opened.resource_id}",
            "ETag": opened.etag,
            "Cache-Control": "no-store",
            "Accept-Patch": FRAGMENT,
        }
        response = Response(opened.answer, 201, headers, media_type=SDP)
        for link in as_links(self._turn.issue(opened.participant_id)):
            response.headers.append("Link", link)
        return response

    async def _change(self, direction: Direction, meeting: str, resource: str, request: Request) -> Response:
        check_type(request, FRAGMENT)
        await self._limit(request, "stream_change", CHANGED_BY_ADDRESS)
        address = Address(direction, meeting, resource, bearer(request))
        changed = await self._desk.change(address, tags_of(request), await read_text(request))
        headers = CORS | {"ETag": changed.etag}
        if changed.fragment is None:
            return Response(status_code=204, headers=headers)
        return Response(changed.fragment, 200, headers, media_type=FRAGMENT)

    async def _close(self, direction: Direction, meeting: str, resource: str, request: Request) -> Response:
        await self._limit(request, "stream_change", CHANGED_BY_ADDRESS)
        await self._desk.close(Address(direction, meeting, resource, bearer(request)))
        return Response(status_code=200, headers=CORS)

    async def _limit(self, request: Request, name: str, limit: int) -> None:
        await self._limiter.hit(name, address_block(client_address(request)), limit=limit, window_s=WINDOW_S)


async def answered(act: Callable[[], Awaitable[Response]]) -> Response:
    """Translate errors here: a page of another origin may read why it was refused."""
    try:
        return await act()
    except AppError as error:
        response = to_problem(error)
        response.headers.update(CORS)
        return response


def bearer(request: Request) -> str:
    """Return the token of a request. Error: stream_token_invalid."""
    header = request.headers.get("authorization", "")
    token = header[len(SCHEME) :].strip()
    if header[: len(SCHEME)].lower() != SCHEME or not token:
        raise StreamTokenMissing("send the stream's token: `Authorization: Bearer …`")
    return token


def check_type(request: Request, wanted: str) -> None:
    """Raise MediaTypeUnsupported for another Content-Type."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != wanted:
        raise MediaTypeUnsupported(f"send {wanted}")


def check_accept(request: Request) -> None:
    """Raise AnswerUnacceptable for a client that takes no SDP; none said is everything."""
    kinds = [
        part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "*/*").split(",")
    ]
    if not {SDP, "application/*", "*/*", ""} & set(kinds):
        raise AnswerUnacceptable(f"the answer is {SDP}")


def tags_of(request: Request) -> list[str]:
    """Return what If-Match names (RFC 9725, section 4.3). Error: precondition_required."""
    header = request.headers.get("if-match")
    if header is None:
        raise PreconditionRequired("send If-Match with the ETag of the answer, or *")
    return [tag.strip() for tag in header.split(",")]


async def read_text(request: Request) -> str:
    """Read a small body as text. Errors: body_too_large, sdp_unreadable."""
    body = await request.body()
    if len(body) > MAX_SDP_BYTES:
        raise BodyTooLarge(f"the body is larger than {MAX_SDP_BYTES} bytes")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise SdpUnreadable("the body is not UTF-8") from error
