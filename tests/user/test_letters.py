"""Letters of all services: each is sent once, and waits while the mail server is away."""

import asyncio

import httpx2
import pytest
from sqlalchemy import select

from meeting_system.contracts.mail import SendLetter
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import AppError, Invalid, Unavailable
from meeting_system.kernel.mail import Invitation, Letter, Mailbox
from meeting_system.kit import outbox
from meeting_system.kit.cache import Cache
from meeting_system.kit.plug import Ports
from meeting_system.user import jobs
from meeting_system.user.context import Context
from meeting_system.user.models import letters
from meeting_system.user.postman import Postman
from meeting_system.user.schemas import CachedAccount
from meeting_system.user.settings import UserSettings

LETTER = Letter(
    "invitation-1",
    Mailbox("ada@example.org", "阿达"),
    "周会",
    "Text",
    "<p>Text</p>",
    Invitation("REQUEST", "SUMMARY:周会".encode()),
    {"Reply-To": "host@example.org"},
)


class Desk:
    """Takes letters, or says why not."""

    def __init__(self) -> None:
        self.sent: list[Letter] = []
        self.arrived = asyncio.Event()
        self.problem: AppError | None = None

    async def send(self, letter: Letter) -> None:
        if self.problem is not None:
            raise self.problem
        self.sent.append(letter)
        self.arrived.set()


@pytest.fixture
def mail() -> Desk:
    return Desk()


@pytest.fixture
def postman(ports: Ports) -> Postman:
    return Postman(ports)


async def test_a_letter_collected_with_a_change_arrives_as_it_was_written(
    client: httpx2.AsyncClient, ports: Ports, mail: Desk
) -> None:
    async with ports.database.transaction() as connection:
        await outbox.collect(connection, SendLetter.of(LETTER), key="letters")
    async with asyncio.timeout(10):
        await mail.arrived.wait()
    assert mail.sent == [LETTER]


async def test_the_same_letter_again_is_sent_once_even_after_it_went(postman: Postman, mail: Desk) -> None:
    await postman.accept(SendLetter.of(LETTER))
    await postman.accept(SendLetter.of(LETTER))
    await postman.send_all()
    await postman.accept(SendLetter.of(LETTER))
    await postman.send_all()
    assert len(mail.sent) == 1


async def test_two_processes_send_each_letter_once(ports: Ports, mail: Desk) -> None:
    first, second = Postman(ports), Postman(ports)
    for number in range(20):
        await first.accept(SendLetter.of(Letter(f"{number}", LETTER.to, "x", "x")))
    await first.send_all()
    await second.send_all()
    assert sorted(int(letter.letter_id) for letter in mail.sent) == list(range(20))


async def test_while_the_mail_server_is_away_letters_wait(
    postman: Postman, mail: Desk, clock: ManualClock
) -> None:
    mail.problem = Unavailable("away")
    await postman.accept(SendLetter.of(LETTER))
    await postman.send_all()
    mail.problem = None
    await postman.send_all()
    assert mail.sent == []
    clock.advance(5)
    await postman.send_all()
    assert mail.sent == [LETTER]


async def test_a_refused_letter_is_closed_and_the_others_go_on(
    postman: Postman, mail: Desk, ports: Ports
) -> None:
    mail.problem = Invalid("550 unknown")
    await postman.accept(SendLetter.of(LETTER))
    await postman.send_all()
    mail.problem = None
    await postman.accept(SendLetter.of(Letter("2", LETTER.to, "x", "x")))
    await postman.send_all()
    assert [letter.letter_id for letter in mail.sent] == ["2"]
    async with ports.database.reading() as connection:
        row = (await connection.execute(select(letters).where(letters.c.letter_id == "invitation-1"))).one()
    assert (row.content, row.problem) == (None, "550 unknown")


async def test_a_letter_that_can_not_be_sent_for_a_day_is_given_up(
    postman: Postman, mail: Desk, clock: ManualClock, ports: Ports
) -> None:
    mail.problem = Unavailable("away")
    await postman.accept(SendLetter.of(LETTER))
    for _ in range(24):
        await postman.send_all()
        clock.advance(3700)
    await postman.send_all()
    async with ports.database.reading() as connection:
        row = (await connection.execute(select(letters))).one()
    assert (row.content, row.problem) == (None, "away")
    assert row.done_at is not None


async def test_what_was_sent_is_remembered_a_week_without_its_words(
    postman: Postman, ports: Ports, clock: ManualClock
) -> None:
    await postman.accept(SendLetter.of(LETTER))
    await postman.send_all()
    context = Context(
        ports,
        UserSettings(),
        passwords=None,
        postman=postman,
        studio=None,
        providers={},  # type: ignore[arg-type]
        accounts=Cache(ports.store, "account", CachedAccount),
    )
    for days, left in ((6, 1), (2, 0)):
        clock.advance(days * 24 * 3600)
        await jobs.purge(context)
        async with ports.database.reading() as connection:
            rows = (await connection.execute(select(letters.c.content))).all()
        assert rows == [(None,)] * left
