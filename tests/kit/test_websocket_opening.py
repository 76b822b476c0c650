"""The handshake of WebSockets: what is answered to whom, and what the application has then."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvloop
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from tests.signaling.house import listening
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from meeting_system.kit.websocket_opening import WIRE, Refused, accept_key, ask_for_wire

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
"""And its answer below are the example of RFC 6455, section 1.3."""
REQUEST = (
    b"GET /some%20place?a=1 HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: close, Upgrade\r\n"
    b"Sec-WebSocket-Protocol: other, echo\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + b"\r\n\r\n"
)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    protocol = "echo" if "echo" in scope["subprotocols"] else None
    await send({"type": "websocket.accept", "subprotocol": protocol, "headers": [(b"x-more", b"1")]})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


@asynccontextmanager
async def asked(app: ASGIApp, request: bytes) -> AsyncIterator[tuple[asyncio.StreamReader, bytes]]:
    """Send bytes to an application; give its answer's head, and what follows."""
    async with listening(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        try:
            yield reader, await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        finally:
            writer.close()


async def test_the_key_is_answered_as_the_standard_says_and_the_application_knows_the_request() -> None:
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)
        await echo(scope, receive, send)

    async with asked(app, REQUEST) as (_, head):
        assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head
        assert b"Sec-WebSocket-Protocol: echo\r\n" in head
        assert b"x-more: 1\r\n" in head
    assert (seen[0]["path"], seen[0]["query_string"], seen[0]["scheme"]) == ("/some place", b"a=1", "ws")
    assert (b"host", b"here") in seen[0]["headers"]


async def test_who_does_not_ask_for_the_wire_has_texts_by_asgi() -> None:
    async with listening(echo) as port, connect(f"ws://127.0.0.1:{port}") as client:
        for text in ("hello", "", "é" * 70_000):
            await client.send(text)
            assert await client.recv() == text


def test_the_loop_that_serves_in_production_opens_them_too() -> None:
    async def say() -> str | bytes:
        async with (
            listening(echo) as port,
            connect(f"ws://127.0.0.1:{port}") as client,
        ):
            await client.send("hello")
            return await client.recv()

    assert uvloop.run(say()) == "hello"


async def test_bytes_are_not_taken_where_texts_are_wanted() -> None:
    async with listening(echo) as port, connect(f"ws://127.0.0.1:{port}") as client:
        await client.send(b"\0")
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1003


async def test_an_application_that_does_not_accept_answers_403_and_one_that_fails_500() -> None:
    async def reject(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "websocket.close"})

    async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ValueError("a fault of ours")

    for app, status in ((reject, 403), (fail, 500)):
        async with listening(app) as port:
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://127.0.0.1:{port}")
            assert refused.value.response.status_code == status


async def test_an_application_may_say_why_it_does_not_accept() -> None:
    async def deny(scope: Scope, receive: Receive, send: Send) -> None:
        await WebSocket(scope, receive, send).send_denial_response(
            JSONResponse({"code": "unavailable"}, 503, {"retry-after": "1"})
        )

    async with listening(deny) as port:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{port}")
    response = refused.value.response
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.body == b'{"code":"unavailable"}'


async def test_an_application_that_fails_later_closes_with_1011() -> None:
    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise ValueError("a fault of ours")

    async with listening(app) as port, connect(f"ws://127.0.0.1:{port}") as client:
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1011


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        (b"GET", b"POST", b"405"),
        (b"Version: 13", b"Version: 8", b"426"),
        (KEY, b"c2hvcnQ=", b"400"),
        (KEY, b"!", b"400"),
        (b"\r\nHost", b"\r\nSec-WebSocket-Key: " + KEY + b"\r\nHost", b"400"),
    ],
    ids=["method", "version", "short key", "no base64", "two keys"],
)
async def test_a_request_that_is_no_handshake_is_told_why(old: bytes, new: bytes, answer: bytes) -> None:
    async with asked(echo, REQUEST.replace(old, new, 1)) as (reader, head):
        assert head.startswith(b"HTTP/1.1 " + answer)
        assert b"connection: close" in head
        await asyncio.wait_for(reader.read(), 5)
        assert reader.at_eof()


def test_the_version_that_is_spoken_is_told() -> None:
    with pytest.raises(Refused) as refused:
        accept_key([(b"sec-websocket-version", b"8"), (b"sec-websocket-key", b64encode(b"k" * 16))])
    assert refused.value.headers == [(b"sec-websocket-version", b"13")]


async def test_what_a_client_sends_too_early_waits_for_the_answer() -> None:
    may_answer = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await may_answer.wait()
        await echo(scope, receive, send)

    async with listening(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST)
        await asyncio.sleep(0.05)
        writer.write(Frame(Opcode.TEXT, b"early").serialize(mask=True))
        await asyncio.sleep(0.05)
        may_answer.set()
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        assert await asyncio.wait_for(reader.readexactly(7), 5) == b"\x81\x05early"
        writer.close()


async def test_who_is_gone_before_the_answer_leaves_no_wire() -> None:
    has_gone, ended = asyncio.Event(), asyncio.Event()
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        ask_for_wire(scope)
        await receive()
        await has_gone.wait()
        await send({"type": "websocket.accept"})
        ended.set()

    async with listening(app) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST)
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.transport.abort()
        await asyncio.sleep(0.05)
        has_gone.set()
        await asyncio.wait_for(ended.wait(), 5)
    assert WIRE not in scopes[0]["extensions"]
