"""Scalable video: one stream of a browser, of which every tile gets the spatial layers that fit it."""

import pytest
from tests.e2e.person import Person
from tests.e2e.test_layers import FULL_WIDTH, wait_width
from tests.e2e.test_layers import dora as dora
from tests.e2e.test_streams import make_stream, wait_stream

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.asyncio(loop_scope="session")]

PUBLISH = """async ({ url, token, codec, mode }) => {
  const media = await navigator.mediaDevices.getUserMedia({ video: { width: 1280, height: 720 } });
  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  const transceiver = connection.addTransceiver(media.getVideoTracks()[0], {
    direction: "sendonly",
    sendEncodings: [{ scalabilityMode: mode, maxBitrate: 1_200_000, maxFramerate: 15 }],
  });
  const known = RTCRtpSender.getCapabilities("video").codecs;
  const helpers = ["video/rtx"];
  transceiver.setCodecPreferences(known.filter((each) => [codec, ...helpers].includes(each.mimeType)));
  await connection.setLocalDescription();
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/sdp", authorization: `Bearer ${token}` },
    body: connection.localDescription.sdp,
  });
  await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  window.__publisher = connection;
}"""
SENDS = """async () => {
  const reports = [...(await window.__publisher.getStats()).values()];
  const sent = reports.find((each) => each.type === "outbound-rtp" && each.framesEncoded > 0);
  return sent?.scalabilityMode ?? null;
}"""


@pytest.mark.parametrize(
    ("codec", "mode"), [("video/VP9", "L3T3_KEY"), ("video/VP9", "L3T3"), ("video/AV1", "L3T3")]
)
async def test_each_tile_gets_the_spatial_layers_that_fit_it(
    dora: Person, people: list[Person], email: str, codec: str, mode: str
) -> None:
    alice = people[0]
    await alice.register(email)
    await alice.start_meeting()
    stream = await make_stream(alice)
    await dora.page.goto(f"{dora.url}/login")
    offer = {"url": stream["url"], "token": stream["token"], "codec": codec, "mode": mode}
    await dora.page.evaluate(PUBLISH, offer)
    publisher = await wait_stream(alice)
    await alice.wait_plays(publisher, "camera")
    assert await dora.page.evaluate(SENDS) == mode, "the browser sends what the test is about"
    await wait_width(alice, publisher, tile=160, accepted=range(1, FULL_WIDTH // 4 + 1))
    await wait_width(alice, publisher, tile=FULL_WIDTH, accepted=range(FULL_WIDTH // 2, FULL_WIDTH + 1))
    await wait_width(alice, publisher, tile=160, accepted=range(1, FULL_WIDTH // 4 + 1))
