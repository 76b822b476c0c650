"""Letters as mail: at a real SMTP server, and at the terminal."""

import io
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.mail_server import PASSWORD, USER, Received, mail_server

from meeting_system.adapters.mail_console import ConsoleMail, NoMail
from meeting_system.adapters.mail_message import MailRefused, message_id, parse_mailbox
from meeting_system.adapters.mail_smtp import MailUnavailable, SmtpMail, parse_smtp_url
from meeting_system.adapters.tls import ensure_certificate
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.mail import Invitation, Letter, Mailbox
from meeting_system.kernel.ports import Mail

SENDER = Mailbox("meetings@example.org", "会议 Meetings")
CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:周会\r\nEND:VCALENDAR\r\n".encode()
LETTER = Letter(
    letter_id="invitation-1",
    to=Mailbox("ada@example.org", 'Ada 阿达 <x>, "y"'),
    subject="邀请：周会 ✓ " + "long " * 40 + "end",
    text="请点击 https://meet.example.org/m/123456789?code=abc\n.\nEnd\n",
    html="<p>请点击 <a href='https://meet.example.org/'>这里</a></p>",
    invitation=Invitation("REQUEST", CALENDAR),
    headers={"Reply-To": "host@example.org"},
)
PLAIN = Letter("plain-1", Mailbox("ada@example.org"), "Hello", "Text\n")


@pytest.fixture
def received() -> Iterator[Received]:
    with mail_server() as server:
        yield server


def smtp(url: str, *, authority: Path | None = None, timeout_s: float = 5) -> SmtpMail:
    return SmtpMail(parse_smtp_url(url, authority=authority), SENDER, ManualClock(), timeout_s)


@pytest.fixture(params=["smtp", "console"])
def any_mail(request: pytest.FixtureRequest, received: Received) -> Mail:
    if request.param == "console":
        return ConsoleMail(io.StringIO(), ManualClock())
    return smtp(f"smtp://127.0.0.1:{received.port}")


async def test_both_take_a_letter_in_any_script_with_html_and_an_invitation(any_mail: Mail) -> None:
    await any_mail.send(LETTER)
    await any_mail.send(PLAIN)


@pytest.mark.parametrize(
    "letter",
    [
        Letter("1", Mailbox("ada@example.org"), "Hello\nBcc: eve@example.org", "x"),
        Letter("2", Mailbox("ada@example.org", "Ada\r\nBcc: eve@example.org"), "Hello", "x"),
        Letter("3", Mailbox("ada@example.org\nBcc: eve@example.org"), "Hello", "x"),
        Letter("4", Mailbox("ada@example.org"), "Hello", "x", headers={"X-A": "b\nBcc: eve@example.org"}),
        Letter("5", Mailbox("ada@example.org"), "Hello", "x", headers={"Bcc": "eve@example.org"}),
        Letter("6", Mailbox("ada@example.org"), "Hello", "x", headers={"X A: b\nBcc": "eve@example.org"}),
        Letter("7", Mailbox("ada@example.org, eve@example.org"), "Hello", "x"),
        Letter("8", Mailbox(""), "Hello", "x"),
        Letter("9", Mailbox("nobody"), "Hello", "x"),
    ],
)
async def test_nothing_in_a_letter_adds_headers_or_recipients(any_mail: Mail, letter: Letter) -> None:
    with pytest.raises(MailRefused):
        await any_mail.send(letter)


async def test_the_server_gets_text_html_and_calendar_as_alternatives(received: Received) -> None:
    await smtp(f"smtp://127.0.0.1:{received.port}").send(LETTER)
    (message,) = received.letters
    assert message["subject"] == LETTER.subject
    (to,) = message["to"].addresses
    assert (to.display_name, to.addr_spec) == (LETTER.to.name, "ada@example.org")
    assert message["from"].addresses[0].display_name == SENDER.name
    assert message["message-id"] == "<invitation-1@example.org>"
    assert message["date"].datetime == datetime(2026, 1, 1, tzinfo=UTC)
    assert message["reply-to"] == "host@example.org"
    parts = list(message.iter_parts())
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html", "text/calendar"]
    assert parts[0].get_content().replace("\r\n", "\n") == LETTER.text
    assert parts[1].get_content().rstrip() == LETTER.html
    calendar = parts[2]
    assert calendar.get_param("method") == "REQUEST"
    assert calendar.get_content_charset() == "utf-8"
    assert calendar.get_payload(decode=True) == CALENDAR


async def test_a_letter_of_text_alone_is_one_part_that_no_machine_answers(received: Received) -> None:
    await smtp(f"smtp://127.0.0.1:{received.port}").send(PLAIN)
    (message,) = received.letters
    assert message.get_content_type() == "text/plain"
    assert message["auto-submitted"] == "auto-generated"


async def test_an_address_in_another_script_is_sent_where_the_server_can(received: Received) -> None:
    await smtp(f"smtp://127.0.0.1:{received.port}").send(
        Letter("utf8", Mailbox("阿达@例子.example"), "Hello", "x")
    )
    raw = received.letters[0]["to"].addresses[0].addr_spec
    assert raw.encode(errors="surrogateescape").decode() == "阿达@例子.example"


@pytest.mark.parametrize("answer", ["450 mailbox busy", "451 later", "452 full"])
async def test_a_server_without_time_is_asked_again(received: Received, answer: str) -> None:
    received.recipient_answer = answer
    with pytest.raises(MailUnavailable):
        await smtp(f"smtp://127.0.0.1:{received.port}").send(LETTER)
    received.recipient_answer, received.letter_answer = "250 OK", answer
    with pytest.raises(MailUnavailable):
        await smtp(f"smtp://127.0.0.1:{received.port}").send(LETTER)
    assert received.letters == []


async def test_a_refusal_is_final_and_does_not_quote_the_address(received: Received) -> None:
    received.recipient_answer = "550 <ada@example.org>: unknown here"
    with pytest.raises(MailRefused) as refused:
        await smtp(f"smtp://127.0.0.1:{received.port}").send(LETTER)
    assert refused.value.code == "mail_refused"
    assert "550" in refused.value.detail
    assert "ada@" not in refused.value.detail


async def test_a_server_that_is_away_or_silent_is_unavailable() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        with pytest.raises(MailUnavailable):
            await smtp(f"smtp://127.0.0.1:{port}", timeout_s=0.2).send(LETTER)
    with pytest.raises(MailUnavailable):
        await smtp(f"smtp://127.0.0.1:{port}").send(LETTER)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[tuple[Path, Path], Path]:
    files = ensure_certificate(tmp_path, [], datetime.now(UTC))
    return (files.certificate, files.key), files.authority


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_the_way_is_encrypted_and_we_log_in(
    certificate: tuple[tuple[Path, Path], Path], scheme: str
) -> None:
    pair, authority = certificate
    login = f"{USER}:{quote(PASSWORD, safe='')}"
    with mail_server(certificate=pair, implicit=scheme == "smtps", with_login=True) as received:
        mail = smtp(f"{scheme}://{login}@localhost:{received.port}", authority=authority)
        await mail.check()
        await mail.send(LETTER)
        assert received.encrypted == [True]
        # Whoever shows a certificate that nobody vouches for gets neither letter nor password.
        with pytest.raises(MailUnavailable):
            await smtp(f"{scheme}://{login}@localhost:{received.port}").send(LETTER)
        with pytest.raises(MailUnavailable, match="refuses our user or password"):
            await smtp(f"{scheme}://{USER}:wrong@localhost:{received.port}", authority=authority).send(LETTER)
        assert len(received.letters) == 1


async def test_the_terminal_shows_the_link_as_it_is() -> None:
    paper = io.StringIO()
    await ConsoleMail(paper, ManualClock()).send(LETTER)
    assert "https://meet.example.org/m/123456789?code=abc" in paper.getvalue()
    assert "ada@example.org" in paper.getvalue()


async def test_production_without_a_server_refuses_letters() -> None:
    with pytest.raises(MailRefused, match="MEETING_MAIL__URL"):
        await NoMail().send(LETTER)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://host",
        "smtp://",
        "smtp://user@host",
        "smtp://:pw@host",
        "smtp://host/path",
        "smtp://host:x",
    ],
)
def test_what_is_no_address_of_a_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_smtp_url(url)


def test_senders_are_addresses_with_or_without_a_name() -> None:
    assert parse_mailbox("Meetings <m@example.org>") == Mailbox("m@example.org", "Meetings")
    assert parse_mailbox("m@example.org") == Mailbox("m@example.org")
    for wrong in ("", "nobody", "a@b\nBcc: c@d"):
        with pytest.raises(ValueError, match=r".+"):
            parse_mailbox(wrong)


def test_an_id_with_signs_of_its_own_makes_a_sound_message_id() -> None:
    first = message_id("meeting:1>\r\n", SENDER)
    assert first.isascii()
    assert first.isprintable()
    assert first == message_id("meeting:1>\r\n", SENDER) != message_id("meeting:2", SENDER)
