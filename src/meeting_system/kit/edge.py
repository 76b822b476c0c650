"""The outermost layer of HTTP, one ASGI middleware: trace id, body limit, headers, metrics, the last word."""

import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from meeting_system.kernel.errors import AppError, Invalid
from meeting_system.kit.exchange import Exchange, exchanging, read_tags
from meeting_system.kit.headers import answering
from meeting_system.kit.json import read_json
from meeting_system.kit.log import logger
from meeting_system.kit.metrics import HTTP_SECONDS
from meeting_system.kit.problem import internal_problem, to_problem
from meeting_system.kit.trace import Span, new_trace, read_traceparent, span, traced

log = logger(__name__)

BODY_LIMIT = 1 << 20
CLIENT_GONE = 499
"""Counted for requests whose client did not wait for the answer."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Those that we count by name: a client may send any."""

PEER = "meeting_system.peer"
"""Key of a scope: the address that the connection comes from, whatever a proxy says of its client."""

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class BodyTooLarge(Invalid):
    """More than is ever needed here."""

    status = 413
    code = "body_too_large"


@dataclass(frozen=True)
class Edge:
    """Wraps the application. What it adds is in `__call__`, in order."""

    app: ASGIApp
    body_limit: int = BODY_LIMIT
    paths: Mapping[object, str] = field(default_factory=dict)
    """Path templates by endpoint: the labels of metrics."""
    sockets: Mapping[str, Callable[[WebSocket], Awaitable[None]]] = field(default_factory=dict)
    """WebSockets by path. They live long: what stands between here and a route would cost each its memory."""

    streaming: Sequence[re.Pattern[str]] = ()
    """Paths whose POST reads its body itself, piece by piece."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            with traced():
                await self._talk(scope, receive, send)
            return
        asked = Headers(scope=scope).get("traceparent") if came_by_proxy(scope) else None
        with traced(new_trace(read_traceparent(asked))) as trace_id, span("HTTP", "server") as part:
            await self._answer(scope, receive, send, trace_id, part)

    async def _talk(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self.sockets.get(scope["path"])
        try:
            if endpoint is not None:
                await endpoint(WebSocket(scope, receive, send))
            else:
                await self.app(scope, receive, send)
        except Exception:
            log.exception("websocket_failed", path=scope["path"])
            raise

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, trace_id: str, part: Span | None
    ) -> None:
        started, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Trace-Id"] = trace_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        with exchanging(Exchange(read_tags(Headers(scope=scope).get("if-match")))) as exchange:
            answer = answering(scope, exchange, send_with_headers)
            try:
                body = await self._read_body(scope, receive)
                await self.app(answer.scope, receive if body is None else _Replay(body, receive), answer.send)
            except AppError as error:
                await to_problem(error)(scope, receive, answer.send)
            except Exception:
                log.exception("request_failed", method=scope["method"], path=scope["path"])
                if status:  # too late to say so
                    raise
                await internal_problem()(scope, receive, send_with_headers)
            finally:
                self._note(answer.scope, status or CLIENT_GONE, time.perf_counter() - started, part)

    def _note(self, scope: Scope, status: int, taken_s: float, part: Span | None) -> None:
        """Count the request, and name its span."""
        # Starlette leaves the endpoint in the scope; addresses that match none share a label.
        route = self.paths.get(scope.get("endpoint"), "none")
        method = scope["method"] if scope["method"] in METHODS else "other"
        HTTP_SECONDS.labels(method, route, status).observe(taken_s)
        if part is not None:
            part.name = f"{method} {route}"
            part.attributes |= {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": status,
            }
            part.error = str(status) if status >= 500 else ""

    async def _read_body(self, scope: Scope, receive: Receive) -> bytes | None:
        """Read the body of a request that may have one, within the limit; read JSON strictly."""
        if scope["method"] in {"GET", "HEAD", "OPTIONS", "DELETE"} or self._streams(scope):
            return None
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self.body_limit:
            raise BodyTooLarge(f"the body is larger than {self.body_limit} bytes")
        body = await self._collect(receive)
        if body and "json" in headers.get("content-type", ""):
            read_json(body)
        return body

    def _streams(self, scope: Scope) -> bool:
        return scope["method"] == "POST" and any(path.match(scope["path"]) for path in self.streaming)

    async def _collect(self, receive: Receive) -> bytes:
        chunks: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self.body_limit:
                raise BodyTooLarge(f"the body is larger than {self.body_limit} bytes")
            chunks.append(chunk)
            more = message.get("more_body", False)
        return b"".join(chunks)


@dataclass(frozen=True)
class NotePeer:
    """Remembers who connected, before what a trusted proxy says of its client takes the place of it."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[PEER] = scope.get("client")
        await self.app(scope, receive, send)


def came_by_proxy(scope: Scope) -> bool:
    """Tell whether a proxy that we trust handed this on: its word took the place of the connection's."""
    return PEER in scope and scope[PEER] is not scope.get("client")


class _Replay:
    """Gives a body that was already read, then goes on receiving."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}
