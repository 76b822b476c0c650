"""A meeting with a host and a robot that sends sound, on one process or several that somebody observes."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from meeting_client import MeetingClient, join
from tests.app.test_serve import Running, running
from tests.media.conftest import open_client

from meeting_system.adapters.embedded import Servers

EMAIL = "alice.observed@example.org"
PASSWORD = "correct horse observed battery"
NAME = "Alice Liddell Observed"
CHAT = "a private word that nobody else should read"
TOKEN = "metrics-0f9c2e57b1d84a6e3c7f51aa90"


@dataclass
class System:
    """Processes that run, and clients of the one with the API and of the one with the socket."""

    processes: list[Running]
    api: httpx2.AsyncClient
    socket_url: str

    @property
    def log(self) -> list[str]:
        """Lines of the logs of all processes: what is JSON of what they wrote."""
        lines = [line for each in self.processes for line in each.output.read_text().splitlines()]
        return [line for line in lines if line.startswith("{")]


@asynccontextmanager
async def one_process(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[System]:
    """Run everything in one process on servers of its own."""
    async with AsyncExitStack() as stack:
        process = await stack.enter_async_context(running(folder, **settings))
        api = await _start(stack, process)
        yield System([process], api, f"ws://localhost:{process.port}/ws/signaling")


@asynccontextmanager
async def two_processes(folder: Path, settings: Mapping[str, str], servers: Servers) -> AsyncIterator[System]:
    """Run accounts and meetings in one process, signaling and media in another, on shared servers."""
    shared = {
        **settings,
        "MEETING_DATABASE_URL": servers.database_url,
        "MEETING_REDIS_URL": servers.redis_url,
        "MEETING_TOKENS__SECRET": "shared-by-both-0123456789-abcdefghij",
    }
    async with AsyncExitStack() as stack:
        processes: list[Running] = []
        for name in ("first", "second"):
            (folder / name).mkdir()
            processes.append(await stack.enter_async_context(running(folder / name, **shared)))
        first, second = processes
        api = await _start(stack, first, "user", "meeting")
        await _start(stack, second, "signaling", "media")
        yield System(processes, api, f"ws://localhost:{second.port}/ws/signaling")


async def _start(stack: AsyncExitStack, process: Running, *services: str) -> httpx2.AsyncClient:
    await process.start(*services)
    url = f"http://localhost:{process.port}"
    client = await stack.enter_async_context(httpx2.AsyncClient(base_url=url, timeout=30))
    await process.wait_until(client, 200)
    return client


async def register(system: System) -> str:
    """Make an account; return its access token."""
    answer = await system.api.post(
        "/api/v1/auth/register",
        json={"email": EMAIL, "password": PASSWORD, "display_name": NAME, "locale": "en"},
        headers={"X-Token-Transport": "body"},
    )
    assert answer.status_code in (201, 409), answer.text
    if answer.status_code == 409:
        answer = await system.api.post(
            "/api/v1/auth/login",
            json={"email": EMAIL, "password": PASSWORD},
            headers={"X-Token-Transport": "body"},
        )
    return str(answer.json()["access_token"])


@asynccontextmanager
async def in_a_meeting(system: System, token: str) -> AsyncIterator[MeetingClient]:
    """Join a new meeting, offer sound, and say something in its chat."""
    made = await system.api.post("/api/v1/meetings", json={}, headers={"Authorization": f"Bearer {token}"})
    assert made.status_code == 201, made.text
    meeting_id = made.json()["meeting_id"]

    async def get_ticket() -> str:
        joined = await join(system.api, meeting_id, device_id="robot", access_token=token)
        return joined.ticket

    client = MeetingClient(system.socket_url, meeting_id, "robot", get_ticket)
    async with client.running(), open_client() as media:
        wish = await media.wish(meeting_id, "robot")
        offer = {
            "generation": 1,
            "sdp": wish.offer,
            "publish": [track.model_dump() for track in wish.publish],
            "audio_slots": wish.audio_slots,
        }
        answer = await client.command("media.offer", offer)
        assert answer["sdp"].startswith("v=0")
        await client.send_chat(CHAT)
        await client.wait_until(lambda: len(client.view.messages) == 1)
        yield client
