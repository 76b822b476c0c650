"""`/test-connection`: the page with which somebody finds out why they have no picture."""

import pytest
from tests.e2e.person import Person, by_id

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

PROVE = """async (transport) => {
  const connection = new RTCPeerConnection();
  connection.addTransceiver("audio", { direction: "recvonly" });
  await connection.setLocalDescription();
  await new Promise((done) => {
    if (connection.iceGatheringState === "complete") done();
    connection.onicegatheringstatechange = () => connection.iceGatheringState === "complete" && done();
  });
  const answer = await fetch("/api/v1/test-connection/media", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ transport, sdp: connection.localDescription.sdp }),
  });
  if (!answer.ok) return `refused: ${answer.status} ${await answer.text()}`;
  await connection.setRemoteDescription({ type: "answer", sdp: (await answer.json()).sdp });
  const state = await new Promise((done) => {
    connection.onconnectionstatechange = () =>
      ["connected", "failed"].includes(connection.connectionState) && done(connection.connectionState);
    setTimeout(() => done("timeout"), 8000);
  });
  connection.close();
  return state;
}"""

ECHO = """() => new Promise((done) => {
  const socket = new WebSocket(`ws://${location.host}/ws/test-connection`);
  socket.onopen = () => socket.send("hello");
  socket.onmessage = (message) => { done(message.data); socket.close(); };
  socket.onerror = () => done("error");
})"""


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_browser_proves_each_transport_alone(people: list[Person], transport: str) -> None:
    alice = people[0]
    await alice.page.goto(f"{alice.url}/login")
    assert await alice.page.evaluate(PROVE, transport) == "connected"


async def test_a_browser_proves_the_websocket(people: list[Person]) -> None:
    alice = people[0]
    await alice.page.goto(f"{alice.url}/login")
    assert await alice.page.evaluate(ECHO) == "hello"


async def test_the_page_passes_every_step(people: list[Person]) -> None:
    alice = people[0]
    await alice.page.goto(f"{alice.url}/test-connection")
    await alice.page.click(by_id("start-test"))
    for step in ("https", "websocket", "devices", "udp", "tcp"):
        await alice.page.wait_for_selector(f'{by_id(f"step-{step}")}[data-outcome="passed"]', timeout=30_000)
    # This server has no TURN server: tests/e2e/test_turn.py has one.
    await alice.page.wait_for_selector(f'{by_id("step-relay")}[data-outcome="skipped"]')
