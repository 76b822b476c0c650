"""What a running meeting costs the server: 3, 10 and 30 participants, all with camera and microphone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

import httpx2
from benchmarks.meeting.api import Api
from benchmarks.meeting.attendee import Attendee
from benchmarks.meeting.figures import counter
from benchmarks.meeting.media import MediaClients, open_media_clients
from benchmarks.meeting.processes import cpu_s, usage
from tests.e2e.server import Server

SIZES = (3, 10, 30)
SETTLE_S = 5.0
MEASURE_S = 10.0
DATAGRAMS = "meeting_media_datagrams_out_total"


@dataclass(frozen=True)
class Load:
    """A meeting of `participants` over `MEASURE_S`. CPU in percent of one core."""

    participants: int
    width: int
    server_cpu_percent: float
    all_cpu_percent: float
    packets_out_a_second: int
    packets_out_a_cpu_second: int
    received_a_second: int
    missing: int
    clients_cpu_percent: float


@asynccontextmanager
async def hold_meeting(api: Api, media: MediaClients, size: int, width: int) -> AsyncIterator[None]:
    """Fill a new meeting with attendees who all watch each other, up to nine; empty it at the end."""
    reference = (await api.create()).json()["meeting_no"]
    attendees = [Attendee(f"{size}-{index}", media) for index in range(size)]
    async with asyncio.TaskGroup() as tasks:
        for attendee in attendees:
            await attendee.enter(api, reference, tasks)
            await attendee.publish()
        for index, attendee in enumerate(attendees):
            await attendee.watch(attendees[index + 1 :] + attendees[:index], width)
        yield
        for attendee in attendees:
            await attendee.leave()


async def measure_meeting(api: Api, media: MediaClients, size: int) -> Load:
    """Hold a meeting and measure it once it has settled."""
    width = 640 if size <= 4 else 320
    async with hold_meeting(api, media, size, width):
        await asyncio.sleep(SETTLE_S)
        packets = counter(await api.metrics(), DATAGRAMS)
        received, missing = media.totals["packets_in"], media.totals["packets_missing"]
        before, clients = usage(api.server.pid), cpu_s(media.pid)
        await asyncio.sleep(MEASURE_S)
        used, clients = usage(api.server.pid) - before, cpu_s(media.pid) - clients
        packets = counter(await api.metrics(), DATAGRAMS) - packets
        return Load(
            participants=size,
            width=width,
            server_cpu_percent=round(used.server_s / MEASURE_S * 100, 1),
            all_cpu_percent=round(used.tree_s / MEASURE_S * 100, 1),
            packets_out_a_second=round(packets / MEASURE_S),
            packets_out_a_cpu_second=round(packets / used.server_s) if used.server_s else 0,
            received_a_second=round((media.totals["packets_in"] - received) / MEASURE_S),
            missing=media.totals["packets_missing"] - missing,
            clients_cpu_percent=round(clients / MEASURE_S * 100, 1),
        )


async def measure_load(server: Server) -> list[dict[str, float]]:
    """Measure all sizes, one meeting after the other."""
    async with httpx2.AsyncClient(base_url=server.url, timeout=30) as http, open_media_clients() as media:
        api = Api(server, http)
        await api.register("load@example.org")
        return [asdict(await measure_meeting(api, media, size)) for size in SIZES]
