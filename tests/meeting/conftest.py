"""The meeting service over HTTP and the bus, on real servers; the services beside it are stand-ins that
write down what they are asked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx2
import pytest
from sqlalchemy import event
from tests.conftest import SECRET

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.audit import NoteModeration
from meeting_system.contracts.call import Nothing, Request
from meeting_system.contracts.chat import TellPersonally
from meeting_system.contracts.contact import Contact, Contacts, FindContacts
from meeting_system.contracts.floor import SetMutedAll
from meeting_system.contracts.mail import SendLetter
from meeting_system.contracts.media import CloseMeetingMedia, ClosePeer, SetMuted
from meeting_system.contracts.meeting import Admission, AppendDurable, EndSession, RedeemTicket
from meeting_system.contracts.stream import EndStream
from meeting_system.contracts.webhook import TellWebhooks
from meeting_system.kernel.ids import UserId, new_id
from meeting_system.kernel.mail import Letter
from meeting_system.kernel.principal import Account, AccountRole
from meeting_system.kit.every import every
from meeting_system.kit.outbox import OutboxRelay
from meeting_system.kit.passwords import Passwords
from meeting_system.kit.plug import Plug, Ports
from meeting_system.kit.tokens import SignedTokens
from meeting_system.kit.turn import Turn, TurnSettings
from meeting_system.meeting import wiring as meeting
from meeting_system.meeting.context import Context
from meeting_system.meeting.settings import MeetingSettings

NOBODY = "00000000-0000-7000-8000-000000000000"
"""The id of nothing."""


_TOLD = (
    AppendDurable,
    TellPersonally,
    EndSession,
    SetMuted,
    SetMutedAll,
    ClosePeer,
    CloseMeetingMedia,
    EndStream,
)


@dataclass
class Asked:
    """What the outbox delivered to signaling and media, in order of arrival."""

    requests: list[Request[Any]] = field(default_factory=list)
    told: list[TellWebhooks] = field(default_factory=list)
    """What webhooks are told."""
    contacts: list[Contact] = field(default_factory=list)
    """The accounts that the user service knows."""
    noted: list[NoteModeration] = field(default_factory=list)
    """What the audit trail is told."""

    def plug(self) -> Plug:
        async def note(request: Request[Any]) -> Nothing:
            self.requests.append(request)
            return Nothing()

        async def note_told(request: TellWebhooks) -> Nothing:
            self.told.append(request)
            return Nothing()

        async def note_moderation(request: NoteModeration) -> Nothing:
            self.noted.append(request)
            return Nothing()

        async def find_contacts(request: FindContacts) -> Contacts:
            wanted = {*request.user_ids, *request.emails}
            return Contacts(items=[each for each in self.contacts if wanted & {each.user_id, each.email}])

        handlers: dict[Any, Any] = dict.fromkeys((*_TOLD, SendLetter), note)
        handlers |= {TellWebhooks: note_told, FindContacts: find_contacts, NoteModeration: note_moderation}
        return Plug(name="beside", handlers=handlers)

    def events(self) -> list[AppendDurable]:
        return [request for request in self.requests if isinstance(request, AppendDurable)]

    def personal(self) -> list[TellPersonally]:
        return [request for request in self.requests if isinstance(request, TellPersonally)]

    def media(self) -> list[Request[Any]]:
        beside = AppendDurable | SendLetter | TellPersonally | EndSession
        return [each for each in self.requests if not isinstance(each, beside)]

    def take_letters(self) -> list[Letter]:
        """Return the letters that came since the last call."""
        letters = [each.letter() for each in self.requests if isinstance(each, SendLetter)]
        self.requests = [each for each in self.requests if not isinstance(each, SendLetter)]
        return letters


@dataclass
class Person:
    """Somebody with a browser: an account, or a guest."""

    client: httpx2.AsyncClient
    bus: LocalBus
    device_id: str
    headers: dict[str, str]
    name: str
    user_id: str | None = None

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.client.get(f"/api/v1{path}", headers=self.headers, **options)

    async def post(self, path: str, body: Any = None, *, key: str | None = None) -> httpx2.Response:
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        if body is None:
            return await self.client.post(f"/api/v1{path}", headers=headers)
        return await self.client.post(f"/api/v1{path}", json=body, headers=headers)

    async def delete(self, path: str) -> httpx2.Response:
        return await self.client.delete(f"/api/v1{path}", headers=self.headers)

    async def patch(self, path: str, body: Any, *, if_match: str | None = None) -> httpx2.Response:
        headers = self.headers | ({"If-Match": if_match} if if_match else {})
        return await self.client.patch(f"/api/v1{path}", json=body, headers=headers)

    async def create(self, **body: Any) -> dict[str, Any]:
        answer = await self.post("/meetings", body)
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    async def try_join(self, reference: str, **body: Any) -> httpx2.Response:
        if self.user_id is None:
            body = {"display_name": self.name} | body
        return await self.post(f"/meetings/{reference}/join", {"device_id": self.device_id} | body)

    async def join(self, reference: str, **body: Any) -> dict[str, Any]:
        answer = await self.try_join(reference, **body)
        assert answer.status_code == 200, answer.text
        joined: dict[str, Any] = answer.json()
        if self.user_id is None:
            self.headers = {"Authorization": f"Bearer {joined['guest_token']}"}
        return joined

    async def enter(self, reference: str, **body: Any) -> Admission:
        """Join and redeem the ticket, as signaling does."""
        joined = await self.join(reference, **body)
        return await self.bus.call(
            RedeemTicket(ticket=joined["ticket"], meeting_id=joined["meeting_id"], device_id=self.device_id)
        )


MakePerson = Callable[..., Person]


@pytest.fixture
def settings() -> MeetingSettings:
    """The defaults."""
    return MeetingSettings()


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def turn() -> TurnSettings:
    """No TURN server."""
    return TurnSettings()


@pytest.fixture
async def client(
    make_app: Any, ports: Ports, settings: MeetingSettings, turn: TurnSettings, asked: Asked
) -> AsyncIterator[httpx2.AsyncClient]:
    async with make_app([meeting.create(ports, settings, turn), asked.plug()]) as client:
        yield client


_numbers = count(1)


@pytest.fixture
def account(client: httpx2.AsyncClient, bus: LocalBus, ports: Ports, asked: Asked) -> MakePerson:
    """Make somebody with an account (the meeting service knows accounts by their tokens only)."""

    def make(
        name: str = "Ada",
        *,
        role: AccountRole = AccountRole.USER,
        locale: str = "en",
        avatar_url: str | None = None,
    ) -> Person:
        user_id = new_id(ports.clock.now().timestamp())
        email = f"{name.lower()}@example.org"
        asked.contacts.append(Contact(user_id=user_id, email=email, display_name=name, locale=locale))
        # Tests move the clock by days: these tokens outlive that.
        tokens = SignedTokens({"test": SECRET}, ports.clock, lifetime_s=365 * 24 * 3600)
        holder = Account(UserId(user_id), role, name, new_id(0), avatar_url=avatar_url)
        token = tokens.issue(holder)
        return Person(
            client, bus, f"device-{next(_numbers)}", {"Authorization": f"Bearer {token}"}, name, user_id
        )

    return make


@pytest.fixture
def guest(client: httpx2.AsyncClient, bus: LocalBus) -> MakePerson:
    """Make somebody without an account."""

    def make(name: str = "Gus") -> Person:
        return Person(client, bus, f"device-{next(_numbers)}", {}, name)

    return make


async def deliver(outbox: OutboxRelay) -> None:
    """Wait until everything in the outbox is delivered, by this relay or the one that runs beside."""
    async with asyncio.timeout(10):
        while True:
            await outbox.deliver_all()
            await outbox.measure()
            if outbox.waiting == 0:
                return
            await asyncio.sleep(0.005)


@pytest.fixture
def context(ports: Ports, settings: MeetingSettings) -> Context:
    """For jobs, called by hand in virtual time."""
    return Context(ports, settings, Passwords(), Turn(TurnSettings(), ports.clock))


@pytest.fixture
def statements(ports: Ports) -> list[str]:
    """Every SQL statement from now on, but for those of the outbox and of jobs, which run beside."""
    seen: list[str] = []

    @event.listens_for(ports.database.engine.sync_engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        task = asyncio.current_task()
        is_job = task is not None and getattr(task.get_coro(), "__name__", "") == every.__name__
        if not is_job and "kit." not in statement and "outbox" not in statement:
            seen.append(statement)

    return seen
