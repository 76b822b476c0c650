"""The connection test: what a browser asks without an account."""

import pytest
from aiortc import RTCPeerConnection
from tests.conftest import MakeApp
from tests.media.conftest import open_client

from meeting_system.adapters.sfu import SfuEngine
from meeting_system.kernel.clock import ManualClock
from meeting_system.kit.plug import Ports
from meeting_system.media.probe import PROBE_LIFETIME_S, Probes, ProbesExhausted
from meeting_system.media.settings import MediaSettings
from meeting_system.media.wiring import create

PATH = "/api/v1/test-connection/media"


async def offer() -> str:
    """An offer that receives one sound."""
    connection = RTCPeerConnection()
    connection.addTransceiver("audio", direction="recvonly")
    await connection.setLocalDescription(await connection.createOffer())
    text: str = connection.localDescription.sdp
    await connection.close()
    return text


async def test_a_stranger_connects_over_udp(ports: Ports, engine: SfuEngine, make_app: MakeApp) -> None:
    async with make_app([create(ports, MediaSettings(), engine)]) as http, open_client() as client:
        wish = await client.wish("unused", "unused")
        answer = await http.post(PATH, json={"transport": "udp", "sdp": wish.offer})
        assert answer.status_code == 200
        assert " tcp " not in answer.json()["sdp"]
        await client.accept(answer.json()["sdp"])


async def test_an_answer_for_tcp_has_no_udp_candidate(
    ports: Ports, engine: SfuEngine, make_app: MakeApp
) -> None:
    async with make_app([create(ports, MediaSettings(), engine)]) as http:
        answer = await http.post(PATH, json={"transport": "tcp", "sdp": await offer()})
        assert answer.status_code == 200
        candidates = [line for line in answer.json()["sdp"].splitlines() if line.startswith("a=candidate")]
        assert candidates
        assert all(" tcp " in line for line in candidates)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"transport": "udp", "sdp": "hello"}, "media_sdp_invalid"),
        ({"transport": "smoke", "sdp": "v=0"}, "invalid"),
        ({"transport": "udp"}, "invalid"),
        ({"transport": "udp", "sdp": "v=0", "more": 1}, "invalid"),
        ({"transport": "udp", "sdp": "v" * 20_001}, "invalid"),
    ],
)
async def test_what_can_not_be_right_is_refused_with_a_code(
    ports: Ports, engine: SfuEngine, make_app: MakeApp, body: dict[str, object], code: str
) -> None:
    async with make_app([create(ports, MediaSettings(), engine)]) as http:
        answer = await http.post(PATH, json=body)
        assert answer.status_code == 422
        assert answer.json()["code"] == code


async def test_who_tries_too_often_is_told_when_to_come_back(
    ports: Ports, engine: SfuEngine, make_app: MakeApp
) -> None:
    async with make_app([create(ports, MediaSettings(), engine)]) as http:
        answers = [await http.post(PATH, json={"transport": "udp", "sdp": "hello"}) for _ in range(31)]
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["retry-after"]) > 0


async def test_a_test_is_closed_after_half_a_minute(engine: SfuEngine, clock: ManualClock) -> None:
    probes = Probes(engine, clock, at_once=1)
    await probes.open(offer=await offer(), transport="udp")
    with pytest.raises(ProbesExhausted):
        await probes.open(offer=await offer(), transport="udp")
    clock.advance(PROBE_LIFETIME_S)
    probes.sweep()
    await probes.open(offer=await offer(), transport="udp")
