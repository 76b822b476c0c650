"""WHIP and WHEP over HTTP: a real engine and aiortc; meeting and signaling are stand-ins that write down
what they are asked."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import AudioStreamTrack
from tests.conftest import MakeApp

from meeting_system.adapters.bus import LocalBus
from meeting_system.adapters.sfu import SfuEngine
from meeting_system.contracts.call import Nothing, Request
from meeting_system.contracts.media import CloseMeetingMedia, ClosePeer, SetMuted
from meeting_system.contracts.meeting import ReportPresence
from meeting_system.contracts.stream import (
    AdmitStream,
    EndStream,
    HideStream,
    LookAtStage,
    OnStage,
    ShowStream,
    Stage,
    StreamAdmission,
)
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import AppError, Conflict, RemoteError
from meeting_system.kernel.principal import MeetingRole
from meeting_system.kit.plug import Plug, Ports
from meeting_system.media.settings import MediaSettings
from meeting_system.media.wiring import create

WHIP, WHEP = "/api/v1/media/whip/m", "/api/v1/media/whep/m"
SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}
NEW_ICE = "a=ice-ufrag:abcdefgh\r\na=ice-pwd:" + "x" * 24 + "\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"


class Over(Conflict):
    code = "stream_over"


@dataclass
class Beside:
    """Meeting and signaling: `tokens` are those that let in, `over` refuses to show."""

    tokens: dict[str, str] = field(default_factory=lambda: {"good": "publish", "look": "watch"})
    requests: list[Request[Any]] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    stage: Stage = field(default_factory=lambda: Stage(people=[]))
    refusal: AppError | None = None
    over: bool = False
    expires_at: float = 4e9
    admitted: int = 0

    def plug(self) -> Plug:
        async def admit(request: AdmitStream) -> StreamAdmission:
            if self.refusal is not None:
                raise self.refusal
            if self.tokens.get(request.token) != request.direction:
                raise RemoteError("no", status=401, code="stream_token_invalid")
            self.admitted += 1
            publishes = request.direction == "publish"
            return StreamAdmission(
                meeting_id="m",
                run_id="r",
                stream_id=f"stream-{request.token}",
                participant_id="encoder" if publishes else f"player-{self.admitted}",
                display_name="Encoder",
                role=MeetingRole.ATTENDEE if publishes else MeetingRole.OBSERVER,
                source="camera",
                expires_at=self.expires_at,
            )

        async def note(request: Request[Any]) -> Nothing:
            async with self.news:
                self.requests.append(request)
                self.news.notify_all()
            if self.over and isinstance(request, ShowStream):
                raise Over("over")
            return Nothing()

        async def look(_request: LookAtStage) -> Stage:
            return self.stage

        handlers = {
            AdmitStream: admit,
            LookAtStage: look,
            ShowStream: note,
            HideStream: note,
            ReportPresence: note,
        }
        return Plug(name="beside", handlers=handlers)

    async def wait(self, kind: type[Any], **fields: object) -> Any:
        """Return the first request of a kind with these fields, asked or to come."""

        def find() -> Any:
            matching = (each for each in self.requests if isinstance(each, kind))
            return next((each for each in matching if fields.items() <= each.__dict__.items()), None)

        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(find)
            return find()


@pytest.fixture
def beside() -> Beside:
    return Beside()


@pytest.fixture
def settings() -> MediaSettings:
    return MediaSettings(streams=3)


@pytest_asyncio.fixture
async def http(
    make_app: MakeApp, ports: Ports, engine: SfuEngine, beside: Beside, settings: MediaSettings
) -> AsyncIterator[httpx2.AsyncClient]:
    async with make_app([create(ports, settings, engine), beside.plug()]) as client:
        yield client


@pytest_asyncio.fixture
async def encoder() -> AsyncIterator[RTCPeerConnection]:
    connection = open_connection()
    connection.addTransceiver(AudioStreamTrack(), direction="sendonly")
    connection.addTransceiver(VideoStreamTrack(), direction="sendonly")
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def player() -> AsyncIterator[RTCPeerConnection]:
    connection = open_connection()
    connection.addTransceiver("audio", direction="recvonly")
    connection.addTransceiver("video", direction="recvonly")
    yield connection
    await connection.close()


def open_connection() -> RTCPeerConnection:
    # Its default leaves the video on a transport of its own.
    return RTCPeerConnection(RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))


async def offer_of(connection: RTCPeerConnection) -> str:
    await connection.setLocalDescription(await connection.createOffer())
    return str(connection.localDescription.sdp)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def post(
    http: httpx2.AsyncClient, connection: RTCPeerConnection, path: str = WHIP, token: str = "good"
) -> httpx2.Response:
    return await http.post(path, content=await offer_of(connection), headers=SDP | bearer(token))


async def connect(
    http: httpx2.AsyncClient, connection: RTCPeerConnection, path: str = WHIP, token: str = "good"
) -> httpx2.Response:
    """Open a stream and take the answer."""
    answer = await post(http, connection, path, token)
    assert answer.status_code == 201, answer.text
    await connection.setRemoteDescription(RTCSessionDescription(sdp=answer.text, type="answer"))
    return answer


async def test_a_publisher_is_shown_once_its_media_is_up_and_hidden_after_delete(
    http: httpx2.AsyncClient, beside: Beside, encoder: RTCPeerConnection
) -> None:
    answer = await connect(http, encoder)
    assert answer.headers["content-type"] == "application/sdp"
    assert answer.headers["location"].startswith(WHIP + "/")
    assert answer.headers["etag"].startswith('"')
    assert "a=candidate:" in answer.text
    shown = await beside.wait(ShowStream)
    assert (shown.participant_id, shown.display_name, shown.visible) == ("encoder", "Encoder", True)
    assert shown.sources == ["camera", "microphone"]
    ended = await http.delete(answer.headers["location"], headers=bearer("good"))
    assert ended.status_code == 200
    await beside.wait(HideStream, sid=shown.sid, reason="left")
    assert (await http.delete(answer.headers["location"], headers=bearer("good"))).status_code == 404


async def test_a_player_is_no_participant_whom_anybody_sees_and_gets_the_stage(
    http: httpx2.AsyncClient, beside: Beside, encoder: RTCPeerConnection, player: RTCPeerConnection
) -> None:
    tracks: list[Any] = []
    player.on("track", tracks.append)
    await connect(http, encoder)
    beside.stage = Stage(people=[OnStage(participant_id="encoder", camera=True, screen=False)])
    await connect(http, player, WHEP, "look")
    shown = await beside.wait(ShowStream, visible=False)
    assert (shown.role, shown.sources) == (MeetingRole.OBSERVER, [])
    async with asyncio.timeout(20):
        for track in tracks:
            assert (await track.recv()).pts is not None


async def test_a_player_may_choose_whom_to_see(
    http: httpx2.AsyncClient, beside: Beside, encoder: RTCPeerConnection, player: RTCPeerConnection
) -> None:
    tracks: list[Any] = []
    player.on("track", tracks.append)
    await connect(http, encoder)
    beside.stage = Stage(
        people=[
            OnStage(participant_id="somebody", camera=True, screen=True),
            OnStage(participant_id="encoder", camera=True, screen=False),
        ]
    )
    await connect(http, player, WHEP + "?participant=encoder", "look")
    picture = next(track for track in tracks if track.kind == "video")
    async with asyncio.timeout(20):
        assert (await picture.recv()).width > 0


async def test_who_comes_again_with_the_same_token_takes_over(
    http: httpx2.AsyncClient, beside: Beside, encoder: RTCPeerConnection
) -> None:
    first = await connect(http, encoder)
    sid = (await beside.wait(ShowStream)).sid
    second = open_connection()
    second.addTransceiver(AudioStreamTrack(), direction="sendonly")
    await connect(http, second)
    assert (await beside.wait(ShowStream, sources=["microphone"])).sid > sid
    assert (await http.delete(first.headers["location"], headers=bearer("good"))).status_code == 404
    assert not [each for each in beside.requests if isinstance(each, HideStream)]
    await second.close()


async def test_a_revoked_stream_ends_within_a_second(
    http: httpx2.AsyncClient, beside: Beside, bus: LocalBus, encoder: RTCPeerConnection, engine: SfuEngine
) -> None:
    await connect(http, encoder)
    await beside.wait(ShowStream)
    async with asyncio.timeout(1):
        await bus.call(EndStream(meeting_id="m", stream_id="stream-good"))
        await beside.wait(HideStream)
    async with asyncio.timeout(5):
        while engine.statistics().peers:  # noqa: ASYNC110  # the engine's threads
            await asyncio.sleep(0.02)


async def test_a_stream_ends_when_its_token_expires(
    http: httpx2.AsyncClient, beside: Beside, clock: ManualClock, encoder: RTCPeerConnection
) -> None:
    beside.expires_at = clock.now().timestamp() + 60
    await connect(http, encoder)
    await beside.wait(ShowStream)
    clock.advance(61)
    await beside.wait(HideStream)


@pytest.mark.parametrize("kick", ["removed", "meeting_ended", "over"])
async def test_who_is_taken_out_of_the_meeting_is_gone(
    http: httpx2.AsyncClient,
    beside: Beside,
    bus: LocalBus,
    encoder: RTCPeerConnection,
    clock: ManualClock,
    kick: str,
) -> None:
    answer = await connect(http, encoder)
    await beside.wait(ShowStream)
    if kick == "removed":
        await bus.call(ClosePeer(meeting_id="m", participant_id="encoder"))
    elif kick == "meeting_ended":
        await bus.call(CloseMeetingMedia(meeting_id="m"))
    else:
        beside.over = True
        clock.advance(10)
    await beside.wait(HideStream)
    assert (await http.delete(answer.headers["location"], headers=bearer("good"))).status_code == 404


async def test_a_muted_source_is_shown_as_off(
    http: httpx2.AsyncClient, beside: Beside, bus: LocalBus, encoder: RTCPeerConnection
) -> None:
    await connect(http, encoder)
    await beside.wait(ShowStream)
    await bus.call(SetMuted(meeting_id="m", participant_id="encoder", source="microphone", muted=True))
    await beside.wait(ShowStream, sources=["camera"])


async def test_candidates_are_taken_and_ice_restarts_by_patch(
    http: httpx2.AsyncClient, encoder: RTCPeerConnection
) -> None:
    answer = await connect(http, encoder)
    url, tag = answer.headers["location"], answer.headers["etag"]
    headers = FRAGMENT | bearer("good")
    candidates = "m=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.9 9 typ host\r\n"
    taken = await http.patch(url, content=candidates, headers=headers | {"If-Match": tag})
    assert taken.status_code == 204
    assert (await http.patch(url, content=candidates, headers=headers)).status_code == 428
    wrong = await http.patch(url, content=candidates, headers=headers | {"If-Match": '"other"'})
    assert (wrong.status_code, wrong.json()["code"]) == (412, "precondition_failed")
    restarted = await http.patch(url, content=NEW_ICE, headers=headers | {"If-Match": "*"})
    assert restarted.status_code == 200, restarted.text
    assert restarted.headers["content-type"] == "application/trickle-ice-sdpfrag"
    assert "a=ice-ufrag:" in restarted.text
    assert "a=candidate:" in restarted.text
    assert restarted.headers["etag"] != tag
    stale = await http.patch(url, content=NEW_ICE, headers=headers | {"If-Match": tag})
    assert stale.status_code == 412
    nonsense = await http.patch(url, content="hello", headers=headers | {"If-Match": "*"})
    assert nonsense.status_code == 400
    assert (await http.patch(url, content=NEW_ICE, headers=SDP | bearer("good"))).status_code == 415


async def test_every_refusal_is_a_problem_that_another_origin_may_read(
    http: httpx2.AsyncClient, encoder: RTCPeerConnection, player: RTCPeerConnection
) -> None:
    offer, receiving = await offer_of(encoder), await offer_of(player)
    good = SDP | bearer("good")
    for content, headers, status, code in (
        (offer, bearer("good") | {"Content-Type": "text/plain"}, 415, "media_type_unsupported"),
        (offer, good | {"Accept": "application/json"}, 406, "answer_unacceptable"),
        (offer, SDP, 401, "stream_token_invalid"),
        (offer, SDP | {"Authorization": "Basic abc"}, 401, "stream_token_invalid"),
        (offer, SDP | bearer("bad"), 401, "stream_token_invalid"),
        ("hello", good, 400, "sdp_unreadable"),
        (b"\xff\xfe", good, 400, "sdp_unreadable"),
        (receiving, good, 406, "sdp_unacceptable"),
        (offer.replace("H264", "H263").replace("VP8", "VP7"), good, 406, "sdp_unacceptable"),
        ("v=0" + "x" * 70_000, good, 413, "body_too_large"),
    ):
        refused = await http.post(WHIP, content=content, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
        assert refused.headers["access-control-allow-origin"] == "*"
        assert refused.headers["content-type"] == "application/problem+json"
        assert ("www-authenticate" in refused.headers) == (status == 401)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "participant_banned"),
        (404, "meeting_not_found"),
        (409, "meeting_not_live"),
        (503, "unavailable"),
    ],
)
async def test_what_meeting_refuses_is_refused(
    http: httpx2.AsyncClient, beside: Beside, encoder: RTCPeerConnection, status: int, code: str
) -> None:
    beside.refusal = RemoteError("no", status=status, code=code, retry_after_s=10)
    refused = await post(http, encoder)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.headers["retry-after"] == "10"


async def test_a_stream_belongs_to_who_has_its_token(
    http: httpx2.AsyncClient, encoder: RTCPeerConnection
) -> None:
    answer = await connect(http, encoder)
    url = answer.headers["location"]
    assert (await http.delete(url)).status_code == 401
    assert (await http.delete(url, headers=bearer("look"))).status_code == 401
    assert (await http.delete(url.replace("whip", "whep"), headers=bearer("good"))).status_code == 404
    assert (await http.delete(WHIP + "/unknown", headers=bearer("good"))).status_code == 404
    assert (await http.get(url)).status_code == 405


async def test_a_server_takes_so_many_streams_and_an_address_so_many_attempts(
    http: httpx2.AsyncClient, player: RTCPeerConnection
) -> None:
    offer = await offer_of(player)
    headers = SDP | bearer("look")
    statuses = [(await http.post(WHEP, content=offer, headers=headers)).status_code for _ in range(4)]
    assert statuses == [201, 201, 201, 503]
    while (last := await http.post(WHEP, content=offer, headers=headers)).status_code == 503:
        assert int(last.headers["retry-after"]) > 0
    assert (last.status_code, last.json()["code"]) == (429, "too_many")


async def test_a_page_elsewhere_learns_what_it_may_do(http: httpx2.AsyncClient) -> None:
    described = await http.options(WHIP)
    assert (described.status_code, described.headers["accept-post"]) == (200, "application/sdp")
    assert described.headers["access-control-allow-origin"] == "*"
    assert "POST" in described.headers["access-control-allow-methods"]
    assert "Authorization" in described.headers["access-control-allow-headers"]
    resource = await http.options(WHIP + "/x")
    assert "PATCH" in resource.headers["access-control-allow-methods"]
    assert resource.headers["accept-patch"] == "application/trickle-ice-sdpfrag"


async def test_a_stream_whose_offer_the_engine_refuses_leaves_nothing_behind(
    http: httpx2.AsyncClient, beside: Beside, engine: SfuEngine, encoder: RTCPeerConnection
) -> None:
    offer = (await offer_of(encoder)).replace("H264", "H263").replace("VP8", "VP7")
    assert (await http.post(WHIP, content=offer, headers=SDP | bearer("good"))).status_code == 406
    await beside.wait(ReportPresence, state="left")
    async with asyncio.timeout(5):
        while engine.statistics().peers:  # noqa: ASYNC110  # the engine's threads
            await asyncio.sleep(0.02)


class TestWithTurn:
    """A server with a TURN server."""

    @pytest.fixture
    def settings(self) -> MediaSettings:
        turn = {"urls": "turn:turn.example.org:3478, turns:turn.example.org:443", "secret": "north"}
        return MediaSettings.model_validate({"turn": turn})

    async def test_the_answer_names_the_turn_servers_with_credentials(
        self, http: httpx2.AsyncClient, encoder: RTCPeerConnection
    ) -> None:
        answer = await post(http, encoder)
        links = answer.headers.get_list("link")
        assert len(links) == 2
        assert links[0].startswith('<turn:turn.example.org:3478>; rel="ice-server"; username="')
        assert ":encoder" in links[0]

    async def test_the_connection_test_gets_credentials_for_a_minute(
        self, http: httpx2.AsyncClient, clock: ManualClock
    ) -> None:
        (server,) = (await http.get("/api/v1/test-connection/ice-servers")).json()
        assert server["username"] == f"{int(clock.now().timestamp()) + 60}:test"


async def test_without_turn_there_is_no_link(http: httpx2.AsyncClient, encoder: RTCPeerConnection) -> None:
    assert "link" not in (await post(http, encoder)).headers
    assert (await http.get("/api/v1/test-connection/ice-servers")).json() == []
