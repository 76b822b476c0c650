"""Participants in Python beside the load clients: for what one person sees."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from benchmarks.reliability.ground import Ground
from meeting_client import Joined, MeetingClient, join

PATIENCE_S = 60.0


class Person:
    """A guest, who sees who is there and how."""

    def __init__(self, api: str, socket: str, meeting_id: str, name: str) -> None:
        self._api = f"http://{api}"
        self._meeting_id = meeting_id
        self._name = name
        self._joined: Joined | None = None
        self.client = MeetingClient(
            f"ws://{socket}/ws/signaling", meeting_id, f"device-of-{name}", self.ticket
        )

    async def ticket(self) -> str:
        """Join, as the same participant as before."""
        async with httpx2.AsyncClient(base_url=self._api, timeout=30) as http:
            self._joined = await join(
                http,
                self._meeting_id,
                device_id=f"device-of-{self._name}",
                display_name=self._name,
                access_token=self._joined.guest_token if self._joined else None,
            )
        return self._joined.ticket

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Be there while the block runs."""
        async with self.client.running():
            yield

    def others(self) -> dict[str, Any]:
        """Everybody else's presence."""
        people = self.client.view.participants
        return {pid: each["presence"] for pid, each in people.items() if pid != self.client.core.pid}

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        await self.client.wait_until(condition, timeout_s=PATIENCE_S)

    async def seconds_until(self, condition: Callable[[], bool], since: float) -> float:
        """Return how long after `since` (monotonic) it is so."""
        await self.wait_until(condition)
        return time.monotonic() - since


async def enter(ground: Ground, meeting_id: str, name: str, socket: str) -> Person:
    """Make a guest who comes by another address than the load clients."""
    return Person(ground.site.api.address, socket, meeting_id, name)
