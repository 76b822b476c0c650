"""What every answer of the API carries beside its body: ETag and 304, rate limits, nothing more for HEAD."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Scope, Send

from meeting_system.kit.exchange import ANY, Exchange, LimitState, entity_tag, read_tags

API = "/api/"
JSON = "application/json"
NOT_OF_304 = ("content-length", "content-type")


@dataclass
class Answer:
    """The way of one answer to the client. `scope` is what the application is asked with."""

    scope: Scope
    exchange: Exchange
    onward: Send
    head: bool
    tags: tuple[str, ...] | None
    _held: Message | None = None

    async def send(self, message: Message) -> None:
        """Send on; the beginning of what gets an ETag is held until its body is known."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in limit_headers(self.exchange.limits.values()):
                headers[name] = value
            if self._gets_tag(message, headers):
                self._held = message
            else:
                await self.onward(message)
            return
        if self._held is not None and message["type"] == "http.response.body":
            start, self._held = self._held, None
            message = await self._begin(start, message)
        await self.onward({**message, "body": b""} if self.head else message)

    def _gets_tag(self, start: Message, headers: MutableHeaders) -> bool:
        is_read = self.scope["method"] == "GET" or self.exchange.version is not None
        return (
            is_read
            and start["status"] in {200, 201}
            and self.scope["path"].startswith(API)
            and headers.get("content-type", "").startswith(JSON)
            and "etag" not in headers
            and "content-length" in headers  # else it is a stream
        )

    async def _begin(self, start: Message, body: Message) -> Message:
        headers = MutableHeaders(scope=start)
        tag = entity_tag(self.exchange.version, body.get("body", b""))
        headers["ETag"] = tag
        headers.setdefault("Cache-Control", "private, no-cache")
        if self.scope["method"] == "GET" and is_known(tag, self.tags):
            for name in NOT_OF_304:
                del headers[name]
            start = {**start, "status": 304}
            body = {**body, "body": b""}
        await self.onward(start)
        return body


def answering(scope: Scope, exchange: Exchange, onward: Send) -> Answer:
    """Return the way of an answer. HEAD is asked as GET, and gets the headers alone (RFC 9110, 9.3.2)."""
    head = scope["method"] == "HEAD" and scope["path"].startswith(API)
    tags = read_tags(Headers(scope=scope).get("if-none-match"))
    asked = dict(scope, method="GET") if head else scope
    return Answer(asked, exchange, onward, head, tags)


def is_known(tag: str, tags: Iterable[str] | None) -> bool:
    """Tell whether the client has this version already (weak comparison, RFC 9110, 13.1.2)."""
    return tags is not None and any(known == ANY or known.removeprefix("W/") == tag for known in tags)


def limit_headers(states: Iterable[LimitState]) -> list[tuple[str, str]]:
    """Return RateLimit and RateLimit-Policy for the limits that were asked: an item of each a policy
    (draft-ietf-httpapi-ratelimit-headers, since version 08)."""
    listed = list(states)
    if not listed:
        return []
    policies = ", ".join(f'"{each.name}";q={each.limit};w={math.ceil(each.window_s)}' for each in listed)
    left = ", ".join(f'"{each.name}";r={each.left};t={math.ceil(each.reset_s)}' for each in listed)
    return [("RateLimit-Policy", policies), ("RateLimit", left)]
