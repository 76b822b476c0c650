"""Row S5 of the programme: who waits in the lobby, was removed or is in another meeting gets nothing of a
meeting: not one packet of media, no event, and no way in by what let them in before."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from meeting_client import join
from meeting_client.client import Refused
from meeting_client.joining import JoinRefused
from tests.scenarios.robots import Robot
from tests.signaling.house import House, open_house
from tests.signaling.test_gateway import close_code
from websockets.asyncio.client import connect

from meeting_system.adapters.bus import LocalBus
from meeting_system.adapters.sfu import SfuEngine, open_engine
from meeting_system.kit.plug import Ports
from meeting_system.media.settings import MediaSettings
from meeting_system.media.wiring import create as create_media

OUT_WITHIN_S = 1.0
WATCHED_S = 0.6


@pytest.fixture
async def engine() -> AsyncIterator[SfuEngine]:
    async with open_engine(MediaSettings(port=0, workers=1)) as engine:
        yield engine


@pytest.fixture
async def house(ports: Ports, bus: LocalBus, engine: SfuEngine) -> AsyncIterator[House]:
    media = partial(create_media, settings=MediaSettings(), engine=engine)
    async with open_house(ports, bus, media=media) as house:
        yield house


@dataclass
class Tap:
    """Counts the packets of RTP that arrive at a robot's sockets, whatever its client makes of them."""

    packets: int = 0

    @classmethod
    def on(cls, robot: Robot) -> "Tap":
        tap = cls()
        transport = robot.connection.getTransceivers()[0].sender.transport.transport
        for protocol in transport._connection._protocols:
            protocol.datagram_received = tap._counting(protocol.datagram_received)
        return tap

    def _counting(self, receive: Any) -> Any:
        def take(data: bytes, address: Any) -> None:
            # RFC 5761, section 4: told from RTCP by the second byte; the header of SRTP is not sealed.
            if 128 <= data[0] <= 191 and not 192 <= data[1] <= 223:
                self.packets += 1
            receive(data, address)

        return take

    async def count_for(self, seconds: float) -> int:
        before = self.packets
        await asyncio.sleep(seconds)
        return self.packets - before

    async def wait_flowing(self) -> None:
        async with asyncio.timeout(15):
            while await self.count_for(0.05) == 0:
                pass


async def until_silent(*taps: Tap) -> float:
    """Wait until a fifth of a second brings none of them a packet; return how long packets still came."""
    clock = asyncio.get_running_loop()
    began = last = clock.time()
    seen = sum(tap.packets for tap in taps)
    while clock.time() - last < 0.2 and clock.time() - began < 2 * OUT_WITHIN_S:
        await asyncio.sleep(0.01)
        if (now := sum(tap.packets for tap in taps)) != seen:
            seen, last = now, clock.time()
    return last - began


async def test_who_is_not_in_the_meeting_gets_not_one_packet_and_no_event(
    house: House, engine: SfuEngine
) -> None:
    meeting_id, elsewhere = await house.open_meeting(), await house.open_meeting()
    ann, bob, eve, zoe = (Robot(name, 40 + 50 * at) for at, name in enumerate(("Ann", "Bob", "Eve", "Zoe")))
    async with (
        house.client(meeting_id).running() as host,
        ann.present(house.http, meeting_id),
        bob.present(house.http, meeting_id),
        eve.present(house.http, meeting_id),
        zoe.present(house.http, elsewhere),
    ):
        for robot in (bob, eve, zoe):
            await robot.watch(ann)  # for Zoe that is somebody of another meeting
        to_bob, to_eve, to_zoe = Tap.on(bob), Tap.on(eve), Tap.on(zoe)
        await to_bob.wait_flowing()
        await to_eve.wait_flowing()

        # Drawn while she may come, and not used yet.
        fresh = (await join(house.http, meeting_id, device_id="device-of-Eve", display_name="Eve")).ticket

        # In the lobby: no connection, whatever is tried, and nothing heard.
        headers = {"Authorization": f"Bearer {house.token}"}
        path = f"/api/v1/meetings/{meeting_id}/options"
        (await house.http.patch(path, json={"lobby": "guests"}, headers=headers)).raise_for_status()
        connections = engine.statistics().peers
        async with house.client(meeting_id, "Lou").running() as lou:
            with pytest.raises(Refused, match="in_lobby"):
                await lou.command("media.offer", zoe.wish)
            await host.send_chat("among us")
            await bob.client.wait_until(lambda: bob.client.view.messages != [])
            assert {event["t"] for event in lou.core.seen} <= {"lobby.position", "lobby.message"}
            assert engine.statistics().peers == connections == 4

        # Removed: out within a second, and then silence, while the others go on.
        await host.command("participant.remove", {"participant_id": eve.pid})
        assert await until_silent(to_eve) < OUT_WITHIN_S
        await asyncio.wait_for(eve.client.is_over.wait(), OUT_WITHIN_S)
        heard = len(eve.client.core.seen)
        await host.send_chat("without her")
        to_her, to_him = await asyncio.gather(to_eve.count_for(WATCHED_S), to_bob.count_for(WATCHED_S))
        assert (to_her, len(eve.client.core.seen)) == (0, heard)
        assert to_him > 0
        assert engine.statistics().peers == 3
        assert to_zoe.packets == 0

        await no_way_back(house, eve, meeting_id, fresh)


async def no_way_back(house: House, removed: Robot, meeting_id: str, ticket: str) -> None:
    """Neither by the session, nor by a ticket, nor by the link."""
    resume = removed.client.core.opening(None)
    identify = {"f": "identify", "ticket": ticket, "meeting_id": meeting_id, "device_id": "device-of-Eve"}
    for opening, code in ((resume, 4006), (identify, 4003)):
        async with connect(house.urls[0]) as socket:
            await socket.recv()
            await socket.send(json.dumps(opening))
            assert await close_code(socket) == code
    with pytest.raises(JoinRefused, match="participant_banned"):
        await join(house.http, meeting_id, device_id="device-of-Eve", display_name="Somebody else")
