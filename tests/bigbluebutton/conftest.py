"""Software that speaks the BigBlueButton API, and the browsers that it sends here."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

import httpx2
import pytest
from pydantic import SecretStr
from tests.conftest import MakeApp

from meeting_system.adapters.bus import LocalBus
from meeting_system.adapters.outward import open_outward
from meeting_system.bigbluebutton import wiring as bigbluebutton
from meeting_system.bigbluebutton.settings import BigBlueButtonSettings
from meeting_system.contracts.call import Nothing, Request
from meeting_system.contracts.media import CloseMeetingMedia
from meeting_system.contracts.meeting import AppendDurable, RedeemTicket, ReportPresence
from meeting_system.contracts.stream import LookAtStages, OnStage, Stage, Stages
from meeting_system.kit.plug import Plug, Ports
from meeting_system.meeting import wiring as meeting
from meeting_system.meeting.settings import MeetingSettings
from meeting_system.webhook import wiring as webhook
from meeting_system.webhook.rules import may_reach
from meeting_system.webhook.settings import WebhookSettings

SECRET = "639259d4-9dd8-4b25-bf01-95f9567eaf4b"
"""Of the published documents' section on usage."""


@pytest.fixture
def cameras() -> list[str]:
    """Whose camera is on, as signaling says."""
    return []


@pytest.fixture
async def client(make_app: MakeApp, ports: Ports, cameras: list[str]) -> AsyncIterator[httpx2.AsyncClient]:
    """The three services that it takes; signaling and media are stand-ins that say done."""

    async def done(_request: Request[Any]) -> Nothing:
        return Nothing()

    async def look(request: LookAtStages) -> Stages:
        shown = [OnStage(participant_id=each, camera=True, screen=False) for each in cameras]
        return Stages(items=[Stage(people=shown)] * len(request.run_ids))

    handlers: dict[Any, Any] = dict.fromkeys((AppendDurable, CloseMeetingMedia), done)
    beside = Plug(name="beside", handlers=handlers | {LookAtStages: look})
    settings = WebhookSettings(allowed_networks="127.0.0.0/8")
    async with open_outward(may_reach(settings.networks)) as outward:
        plugs = [
            beside,
            webhook.create(ports, settings, outward, outside_secret=SECRET, domain="meet.example.org"),
            meeting.create(ports, MeetingSettings()),
            bigbluebutton.create(ports, BigBlueButtonSettings(secret=SecretStr(SECRET))),
        ]
        async with make_app(plugs) as client:
            yield client


def signed(call: str, query: str, algorithm: str = "sha1") -> str:
    """Return the address of a call."""
    checksum = hashlib.new(algorithm, f"{call}{query}{SECRET}".encode()).hexdigest()
    return f"/bigbluebutton/api/{call}?{query}{'&' if query else ''}checksum={checksum}"


class Software:
    """Software that runs meetings here."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def call(self, call: str, **parameters: Any) -> ElementTree.Element:
        answer = await self.client.get(signed(call, urlencode(parameters)))
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/xml")
        return ElementTree.fromstring(answer.content)

    async def success(self, call: str, **parameters: Any) -> ElementTree.Element:
        root = await self.call(call, **parameters)
        assert root.findtext("returncode") == "SUCCESS", ElementTree.tostring(root)
        return root

    async def failure(self, call: str, **parameters: Any) -> str:
        root = await self.call(call, **parameters)
        assert (root.tag, root.findtext("returncode")) == ("response", "FAILED")
        assert root.findtext("message")
        return root.findtext("messageKey") or ""

    async def create(self, **parameters: Any) -> ElementTree.Element:
        given = {"name": "Test", "meetingID": "test01", "moderatorPW": "mp", "attendeePW": "ap"}
        return await self.success("create", **given | parameters)


@pytest.fixture
def software(client: httpx2.AsyncClient) -> Software:
    return Software(client)


class Browser:
    """Follows a join link and enters, as the web client does."""

    def __init__(self, client: httpx2.AsyncClient, bus: LocalBus, device_id: str) -> None:
        self.client, self.bus, self.device_id = client, bus, device_id

    async def open(self, **parameters: Any) -> tuple[str, str]:
        """Follow the link; return the number of the meeting and the pass."""
        answer = await self.client.get(signed("join", urlencode(parameters)))
        assert answer.status_code == 302, answer.text
        address = urlsplit(answer.headers["location"])
        return address.path.removeprefix("/m/"), parse_qs(address.fragment)["pass"][0]

    async def join(self, number: str, code: str) -> httpx2.Response:
        body = {"device_id": self.device_id, "pass_code": code}
        return await self.client.post(f"/api/v1/meetings/{number}/join", json=body)

    async def enter(self, **parameters: Any) -> dict[str, Any]:
        joined: dict[str, Any] = (await self.join(*await self.open(**parameters))).json()
        await self.connect(joined)
        return joined

    async def connect(self, joined: dict[str, Any]) -> str:
        """Be connected, as signaling reports it; return the run."""
        ticket, meeting_id = joined["ticket"], joined["meeting_id"]
        admission = await self.bus.call(
            RedeemTicket(ticket=ticket, meeting_id=meeting_id, device_id=self.device_id)
        )
        await self.bus.call(
            ReportPresence(
                meeting_id=meeting_id,
                run_id=admission.run_id,
                participant_id=admission.participant_id,
                state="connected",
            )
        )
        return admission.run_id
