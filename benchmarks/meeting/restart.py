"""How long the second `make run` takes until `/ready` answers."""

import asyncio
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import httpx2
from tests.e2e.server import Server

ROOT = Path(__file__).resolve().parents[2]
STARTS = 3
TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0


async def wait_ready(url: str) -> None:
    """Return as soon as `/ready` answers 200."""
    async with asyncio.timeout(TIMEOUT_S), httpx2.AsyncClient() as http:
        while True:
            with suppress(httpx2.HTTPError):
                if (await http.get(f"{url}/ready")).status_code == httpx2.codes.OK:
                    return
            await asyncio.sleep(0.02)


async def start_once(server: Server) -> float:
    """Start by `make run` on data that exists, and return the seconds until it is ready."""
    environment = os.environ | {
        "MEETING_DATA": str(server.folder / "data"),
        "MEETING_MEDIA__PORT": str(server.media_port),
    }
    with server.log.open("ab") as log:
        started = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *("make", "-s", "-C", ROOT, "run", f"PORT={server.port}"),
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        await wait_ready(server.url)
        return time.perf_counter() - started
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await process.wait()


async def measure_restart(server: Server) -> dict[str, float]:
    """Start several times; report the slowest."""
    await server.stop()
    times = [await start_once(server) for _ in range(STARTS)]
    return {"starts": STARTS, "ready_s": round(max(times), 2)}
