"""Meetings over real WebSockets, with the real meeting service, PostgreSQL and Valkey."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from meeting_system.adapters.bus import LocalBus
from meeting_system.kit.plug import Ports

from .house import House, open_house


@pytest.fixture
async def house(ports: Ports, bus: LocalBus) -> AsyncIterator[House]:
    async with open_house(ports, bus) as house:
        yield house


async def test_three_participants_see_each_other_and_chat_in_one_order(house: House) -> None:
    meeting_id = await house.open_meeting()
    async with (
        house.client(meeting_id).running() as host,
        house.client(meeting_id, "Ann").running() as ann,
        house.client(meeting_id, "Bob").running() as bob,
    ):
        everyone = (host, ann, bob)
        for client in everyone:
            await client.wait_until(lambda client=client: len(client.view.participants) == 3)
        await asyncio.gather(*(client.send_chat(f"{n}") for n in range(5) for client in everyone))
        for client in everyone:
            await client.wait_until(lambda client=client: len(client.view.messages) == 15)
        assert host.view.messages == ann.view.messages == bob.view.messages
        assert [message["seq"] for message in host.view.messages] == list(range(1, 16))
        await ann.update_self(hand=True, camera=True)
        await bob.wait_until(lambda: bob.view.participants[ann.core.pid]["camera"])
        assert bob.view.participants[ann.core.pid]["hand_raised_at"] is not None
