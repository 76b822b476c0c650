"""The outermost layer of HTTP, one ASGI middleware: trace id, body limit, headers, metrics, the last word."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from meeting_system.kernel.errors import AppError, Invalid
from meeting_system.kit.json import read_json
from meeting_system.kit.log import logger
from meeting_system.kit.metrics import HTTP_SECONDS
from meeting_system.kit.problem import internal_problem, to_problem
from meeting_system.kit.telemetry import Answered, Observer
from meeting_system.kit.trace import read_traceparent, traced

log = logger(__name__)

BODY_LIMIT = 1 << 20
CLIENT_GONE = 499
"""Counted for requests whose client did not wait for the answer."""

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
    observer: Observer | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        with traced(read_traceparent(Headers(scope=scope).get("traceparent"))) as trace_id:
            if scope["type"] == "http":
                await self._answer(scope, receive, send, trace_id)
            else:
                await self._talk(scope, receive, send)

    async def _talk(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception:
            log.exception("websocket_failed", path=scope["path"])
            raise

    async def _answer(self, scope: Scope, receive: Receive, send: Send, trace_id: str) -> None:
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

        try:
            body = await self._read_body(scope, receive)
            await self.app(scope, receive if body is None else _Replay(body, receive), send_with_headers)
        except AppError as error:
            await to_problem(error)(scope, receive, send_with_headers)
        except Exception:
            log.exception("request_failed", method=scope["method"], path=scope["path"])
            if status:  # too late to say so
                raise
            await internal_problem()(scope, receive, send_with_headers)
        finally:
            # Starlette leaves the endpoint in the scope; addresses that match none share a label.
            route = self.paths.get(scope.get("endpoint"), "none")
            taken_s = time.perf_counter() - started
            HTTP_SECONDS.labels(scope["method"], route, status or CLIENT_GONE).observe(taken_s)
            if self.observer is not None:
                now = time.time_ns()
                begun = now - int(taken_s * 1e9)
                self.observer(Answered(trace_id, scope["method"], route, status or CLIENT_GONE, begun, now))

    async def _read_body(self, scope: Scope, receive: Receive) -> bytes | None:
        """Read the body of a request that may have one, within the limit; read JSON strictly."""
        if scope["method"] in {"GET", "HEAD", "OPTIONS", "DELETE"}:
            return None
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self.body_limit:
            raise BodyTooLarge(f"the body is larger than {self.body_limit} bytes")
        body = await self._collect(receive)
        if body and "json" in headers.get("content-type", ""):
            read_json(body)
        return body

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
