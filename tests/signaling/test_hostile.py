"""Whatever is sent: a defined close or a clean refusal, no traceback, and nobody else notices."""

import asyncio
import json
import random

import pytest
import websockets
from meeting_client import ClientCore
from websockets.asyncio.client import connect

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.signal import MAX_FRAME_BYTES, CloseCode, Command
from meeting_system.kernel.errors import AppError
from meeting_system.kit.plug import Ports
from meeting_system.signaling.errors import CloseSocket
from meeting_system.signaling.frames import decode, decode_command

from .hostile import hostile_frame
from .house import open_house

DEFINED = {int(code) for code in CloseCode} | {1000, 1007, 1009}


def test_twenty_thousand_hostile_frames_are_refused_in_words_or_are_none() -> None:
    draw = random.Random(1)
    reasons = [reason for _ in range(20_000) if (reason := refusal(hostile_frame(draw))) is not None]
    assert len(reasons) > 15_000
    assert all(reasons)
    assert all(reason.isascii() for reason in reasons)


def refusal(text: str) -> str | None:
    """Return why a frame is refused; null: it is well-formed."""
    try:
        frame = decode(text, max_bytes=MAX_FRAME_BYTES)
        if isinstance(frame, Command):
            decode_command(frame)
    except (CloseSocket, AppError) as error:
        return str(error)
    return None


async def test_hostile_frames_close_their_own_socket_only(
    ports: Ports, bus: LocalBus, capsys: pytest.CaptureFixture[str]
) -> None:
    draw = random.Random(2)
    async with open_house(ports, bus) as house:
        meeting_id = await house.open_meeting()
        mallory = ClientCore(meeting_id, "mallory")
        async with house.client(meeting_id).running() as host:
            for at in range(300):
                if mallory.sid is None:
                    joined = await house.join(meeting_id, "Mallory", device_id="mallory")
                await attack(house.urls[0], mallory, joined.ticket, hostile_frame(draw), at % 3 == 0)
                if at % 100 == 0:
                    await host.send_chat(f"unharmed {at}")
            assert host.closed == []
            await host.wait_until(lambda: sum("unharmed" in m["body"] for m in host.view.messages) == 3)
    assert "Traceback" not in capsys.readouterr().out


async def attack(url: str, core: ClientCore, ticket: str, text: str, before: bool) -> None:
    """Send one hostile frame, before or within a session, and see what becomes of the socket."""
    async with asyncio.timeout(10), connect(url, max_size=None) as socket:
        await socket.recv()
        try:
            if not before:
                core.opened()
                await socket.send(json.dumps(core.opening(ticket)))
                if core.receive(json.loads(await socket.recv())) == "attached":
                    await socket.send(json.dumps(core.position()))
            # A WebSocket's text is UTF-8: half of a surrogate pair can't travel on its own.
            await socket.send(text.encode("utf-8", "ignore").decode())
            await socket.send('{"f":"ping","n":77,"t":0}')
            while json.loads(await socket.recv()).get("n") != 77:
                pass
        except websockets.ConnectionClosed:
            pass
        if socket.close_code is not None:
            assert socket.close_code in DEFINED, (socket.close_code, text)
            if socket.close_code in (4002, 4003, 4004):
                core.lost_session()
