"""Who is logged out everywhere is out of every meeting within a second, wherever the socket is."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from meeting_client import MeetingClient, join
from meeting_client.joining import JoinRefused
from websockets.asyncio.client import connect

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.account import DisconnectAccount, ExpelAccount
from meeting_system.contracts.media import ClosePeer
from meeting_system.kernel.ids import UserId, new_id
from meeting_system.kernel.principal import Account, AccountRole
from meeting_system.kit.plug import Ports

from .house import House, open_house
from .test_gateway import close_code
from .test_lobby import ask, names


@pytest.fixture
async def house(ports: Ports, bus: LocalBus) -> AsyncIterator[House]:
    async with open_house(ports, bus, processes=2) as house:
        yield house


def of_eve(house: House, meeting_id: str) -> tuple[str, MeetingClient, Callable[[], Awaitable[str]]]:
    """Return the account of Eve, her client at the second process, and a way to join for her."""
    eve = Account(UserId(new_id(0)), AccountRole.USER, "Eve", "family")
    token = house.ports.tokens.issue(eve)

    async def get_ticket() -> str:
        return (await join(house.http, meeting_id, device_id="eve", access_token=token)).ticket

    return eve.user_id, MeetingClient(house.urls[1], meeting_id, "eve", get_ticket), get_ticket


def closed_media(house: House) -> set[str]:
    return {each.participant_id for each in house.engine.asked if isinstance(each, ClosePeer)}


async def until_out(client: MeetingClient) -> list[int]:
    """Wait for the end of the client, and return how its sockets were closed."""
    async with asyncio.timeout(1):
        await client.is_over.wait()
    return client.closed


async def opened_again(house: House, client: MeetingClient) -> int | None:
    """Resume the session of a client, and return how that is refused."""
    async with connect(house.urls[0]) as socket:
        await socket.recv()
        await socket.send(json.dumps(client.core.opening(None)))
        return await close_code(socket)


async def test_a_log_out_everywhere_closes_the_sockets_of_each_process_and_none_comes_back(
    house: House,
) -> None:
    meetings = [await house.open_meeting() for _ in range(2)]
    here, there = (house.client(meeting_id, at=at) for at, meeting_id in enumerate(meetings))
    ann = house.client(meetings[0], "Ann", at=1)
    async with here.running(), there.running(), ann.running():
        await ann.wait_until(lambda: len(ann.view.participants) == 2)
        await house.bus.call(DisconnectAccount(user_id=house.user_id))
        assert await until_out(here) == await until_out(there) == [4015]
        await ann.wait_until(lambda: len(ann.view.participants) == 1)
        left = [event["d"]["reason"] for event in ann.core.seen if event["t"] == "participant.left"]
        assert left == ["left"]
        assert await opened_again(house, here) == 4015
        async with asyncio.timeout(5):
            while closed_media(house) != {here.core.pid, there.core.pid}:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        async with house.client(meetings[0]).running() as back:
            await back.wait_until(lambda: len(back.view.participants) == 2)
            assert back.core.pid == here.core.pid


async def test_who_waits_in_the_lobby_is_gone_from_it(house: House) -> None:
    meeting_id = await house.open_meeting()
    await ask(house, "PATCH", f"{meeting_id}/options", {"lobby": "everyone"})
    user_id, waiting, _ = of_eve(house, meeting_id)
    async with house.client(meeting_id).running() as host, waiting.running():
        await host.wait_until(lambda: names(host) == ["Eve"])
        await house.bus.call(DisconnectAccount(user_id=user_id))
        assert await until_out(waiting) == [4015]
        await host.wait_until(lambda: names(host) == [])
        assert await opened_again(house, waiting) == 4015


async def test_a_session_without_a_socket_is_ended_too(house: House) -> None:
    meeting_id = await house.open_meeting()
    ann = house.client(meeting_id, "Ann")
    async with house.client(meeting_id, at=1).running() as host, ann.running():
        await ann.wait_until(lambda: len(ann.view.participants) == 2)
        # It says no goodbye, and is not back yet.
        await host.drop_socket()
        await house.bus.call(DisconnectAccount(user_id=house.user_id))
        assert await until_out(host) in ([1006, 4015], [4015])
        await ann.wait_until(lambda: len(ann.view.participants) == 1)


async def test_a_banned_account_is_closed_as_removed_and_does_not_come_back(house: House) -> None:
    meeting_id = await house.open_meeting()
    user_id, eve, try_join = of_eve(house, meeting_id)
    async with house.client(meeting_id).running() as host, eve.running():
        await host.wait_until(lambda: len(host.view.participants) == 2)
        await house.bus.call(ExpelAccount(user_id=user_id))
        assert await until_out(eve) == [4006]
        await host.wait_until(lambda: len(host.view.participants) == 1)
        with pytest.raises(JoinRefused, match="participant_banned"):
            await try_join()
