"""F3: frames from a grammar, broken JSON, naughty strings, and frames in the wrong order."""

import asyncio
import random
import time
from contextlib import suppress

import websockets
from benchmarks.meeting.processes import cpu_s
from benchmarks.reliability.ground import Found, Ground, faults, has_none
from tests.signaling.hostile import BROKEN, hostile_frame
from websockets.asyncio.client import connect

from meeting_system.contracts.signal import MAX_FRAME_BYTES, CloseCode, Command
from meeting_system.kernel.errors import AppError
from meeting_system.signaling.errors import CloseSocket
from meeting_system.signaling.frames import decode, decode_command

DEFINED = {int(code) for code in CloseCode} | {1000, 1002, 1007, 1009}
AT_ONCE = 8
NAUGHTY = (
    "undefined",
    "null",
    "NaN",
    "-0",
    "1e1000",
    "0x7fffffff",
    "\u202e\u2066txet",
    "\ufeff\u200b\u00ad",
    "Z\u0351\u036b\u0343a\u0364\u0348l\u034fg\u0489o",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\U0001f3ff",
    "\u0000\u0001\u001b[31m\u007f",
    "<script>alert(1)</script>",
    "'; DROP TABLE meetings; --",
    "${jndi:ldap://localhost/a}",
    "{{7*7}}%s%n%x",
    "../../../etc/passwd\u0000.png",
    "\r\nX-Injected: 1\r\n\r\n",
    "CON\\NUL",
    "\ud83d",
    "[" * 500,
)


def frames(draw: random.Random, count: int) -> list[str]:
    """Draw hostile frames of all kinds."""
    found = []
    for _ in range(count):
        text = hostile_frame(draw)
        roll = draw.random()
        if roll < 0.2:
            text = text.replace('"x"', '"' + draw.choice(NAUGHTY).replace('"', "") + '"')
        elif roll < 0.3:
            text = draw.choice(BROKEN) + draw.choice(["", " ", "\n", "\x00", ","]) + draw.choice(BROKEN)
        found.append(text)
    return found


def count_unhandled(texts: list[str]) -> int:
    """Read frames as a socket does; count what is neither taken nor refused in words."""
    unhandled = 0
    for text in texts:
        try:
            frame = decode(text, max_bytes=MAX_FRAME_BYTES)
            if isinstance(frame, Command):
                decode_command(frame)
        except (CloseSocket, AppError) as error:
            unhandled += not str(error)
        except Exception:  # noqa: BLE001  # counted: there must be none
            unhandled += 1
    return unhandled


async def send_hostile(
    ground: Ground, *, read: int = 195_000, sent: int = 5_000, usual_s: float = 10, talk_s: float = 20
) -> Found:
    """F3: some are sent over sockets beside meetings that talk, the most are read without one."""
    draw = random.Random(3)
    unhandled = await asyncio.to_thread(count_unhandled, frames(draw, read))
    usual = await ground.clients.talk(5, 100, usual_s)
    used = used_cpu_s(ground)
    talking = asyncio.create_task(ground.clients.talk(5, 100, talk_s))
    codes = await attack(ground.site.signaling.address, frames(draw, sent), within_s=talk_s * 0.95)
    said = await talking
    cores = {
        name: round((now_s - used[name]) / said["seconds"], 2) for name, now_s in used_cpu_s(ground).items()
    }
    tracebacks = ground.site.signaling.log.read_text().count("Traceback")
    undefined = sum(count for code, count in codes.items() if code not in DEFINED)
    figures = {
        "messages": said["said"],
        "read": read,
        "sent": sum(codes.values()),
        "exceptions": unhandled + tracebacks,
        "undefined_closes": undefined,
        "closed_4001": codes.get(4001, 0),
        "others_p99_ms_before": round(usual["delay"]["p99_ms"], 1),
        "others_p99_ms": round(said["delay"]["p99_ms"], 1),
        **cores,
        **faults(said),
    }
    is_calm = said["delay"]["p99_ms"] <= 1.1 * usual["delay"]["p99_ms"]
    return Found(figures, has_none(figures) and not figures["exceptions"] and not undefined and is_calm)


def used_cpu_s(ground: Ground) -> dict[str, float]:
    """Return what each has used of the processor: who attacks, who is attacked, and the others."""
    return {
        "attacker_cpu": time.process_time(),
        "server_cpu": ground.site.signaling.cpu_s(),
        "others_cpu": cpu_s(ground.clients.pid),
    }


async def attack(address: str, texts: list[str], *, within_s: float) -> dict[int, int]:
    """Send each on a socket of its own, some at a time; return the close codes."""
    codes: dict[int, int] = {}
    waiting, until = iter(texts), time.monotonic() + within_s

    async def send_some() -> None:
        for text in waiting:
            if time.monotonic() > until:
                return
            code = await close_code(address, text)
            codes[code] = codes.get(code, 0) + 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(send_some())
    return codes


async def close_code(address: str, text: str) -> int:
    """Send one first frame, and say how the socket ends."""
    url = f"ws://{address}/ws/signaling"
    async with asyncio.timeout(20), connect(url, max_size=None, compression=None, ping_interval=None) as wire:
        with suppress(websockets.ConnectionClosed):
            await wire.recv()
            await wire.send(text.encode("utf-8", "ignore").decode())
            while True:
                await wire.recv()
        return wire.close_code or 0
