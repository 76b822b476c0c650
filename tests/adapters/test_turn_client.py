"""TURN with the configuration that we ship: our people get a relay, to the media node and to nobody else."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aioice import turn
from aioice.stun import TransactionFailed
from tests.turn_server import TurnServer, open_turn_server

from meeting_system.adapters.turn_client import TurnRefused, check_allocation, decode_stun, parse_turn_url
from meeting_system.app import doctor
from meeting_system.app.finding import Level
from meeting_system.app.settings import Settings
from meeting_system.kernel.clock import ManualClock
from meeting_system.kit.turn import Turn

FORBIDDEN = (
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",  # where clouds keep their secrets
    "172.16.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "8.8.8.8",
    "192.0.1.7",
    "203.0.114.1",
    "223.255.255.255",
)


@pytest.fixture
async def coturn(tmp_path: Path) -> AsyncIterator[TurnServer]:
    async with open_turn_server(tmp_path) as server:
        yield server


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_issued_credentials_get_a_relay(coturn: TurnServer, transport: str) -> None:
    given = coturn.issue()
    await check_allocation(coturn.url(transport), given.username or "", given.credential or "")


async def test_wrong_and_old_credentials_get_none(coturn: TurnServer) -> None:
    given = coturn.issue()
    with pytest.raises(TurnRefused, match="secret"):
        await check_allocation(coturn.url(), given.username or "", "wrong")
    old = Turn(coturn.settings, ManualClock()).issue("somebody", ttl_s=1)[0]
    with pytest.raises(TurnRefused, match="secret"):
        await check_allocation(coturn.url(), old.username or "", old.credential or "")


async def test_the_relay_leads_to_the_media_node_and_nowhere_else(coturn: TurnServer) -> None:
    given = coturn.issue()
    closed = asyncio.Event()

    class Receiver(asyncio.DatagramProtocol):
        def connection_lost(self, _error: Exception | None) -> None:
            closed.set()

    transport, _ = await turn.create_turn_endpoint(
        Receiver,
        (coturn.address, coturn.port),
        username=given.username,
        password=given.credential,
    )
    relay = transport._TurnTransport__inner_protocol
    await relay.channel_bind(0x4000, (coturn.address, 9))
    for number, address in enumerate(FORBIDDEN, 0x4001):
        with pytest.raises(TransactionFailed) as refused:
            await relay.channel_bind(number, (address, 53))
        assert refused.value.response.attributes["ERROR-CODE"][0] == 403, address
    transport.close()
    await closed.wait()


async def test_doctor_tells_whether_the_turn_server_relays(coturn: TurnServer) -> None:
    good = Settings(media={"turn": coturn.settings.model_dump()})  # type: ignore[arg-type]
    assert [finding.level for finding in await doctor.check_turn(good)] == [Level.GOOD]
    wrong = coturn.settings.model_dump() | {"secret": "another-one-than-coturn-has"}
    (finding,) = await doctor.check_turn(Settings(media={"turn": wrong}))  # type: ignore[arg-type]
    assert finding.level is Level.BAD
    assert "MEETING_MEDIA__TURN__SECRET" in finding.seen.zh


async def test_doctor_says_nothing_of_turn_where_none_is_configured() -> None:
    assert await doctor.check_turn(Settings()) == []


async def test_nobody_answering_is_told() -> None:
    with pytest.raises(TurnRefused):
        await check_allocation("turn:127.0.0.1:9?transport=tcp", "1:a", "b")


def test_turn_urls_have_a_port_and_a_transport() -> None:
    found = parse_turn_url("turn:turn.example.org")
    assert (found.host, found.port, found.transport, found.secure) == ("turn.example.org", 3478, "udp", False)
    found = parse_turn_url("turns:[2001:db8::1]:443?transport=tcp")
    assert (found.host, found.port, found.transport, found.secure) == ("2001:db8::1", 443, "tcp", True)
    with pytest.raises(TurnRefused):
        parse_turn_url("https://turn.example.org")


@pytest.mark.parametrize(
    "data", [b"", b"\x01\x03" + b"\0" * 18, b"\x01\x03\x00\x08\x21\x12\xa4\x42" + b"\0" * 12]
)
def test_what_is_no_stun_is_none(data: bytes) -> None:
    assert decode_stun(data) is None
