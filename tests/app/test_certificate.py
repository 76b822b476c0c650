"""Certificates: by ACME from a real ACME server, one's own, our own; the next one without a lost socket."""

import asyncio
import json
import os
import shutil
import socket
import ssl
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from cryptography import x509
from pydantic import ValidationError
from starlette.responses import PlainTextResponse
from tests.outside import free_port
from tests.pebble import Pebble, pebble_server

from meeting_system.adapters.acme_folder import find_issued
from meeting_system.adapters.acme_order import AcmeRefused, AcmeUnavailable, ChallengeFailed
from meeting_system.adapters.tls import TlsFiles, ensure_certificate
from meeting_system.app import certificate, upkeep
from meeting_system.app.certificate import (
    CertificateUnusable,
    Port,
    acme_folder,
    find_certificate,
    keep_certificate,
    order,
)
from meeting_system.app.challenge import ChallengePortTaken, answering
from meeting_system.app.finding import Level
from meeting_system.app.server import Listener, renew
from meeting_system.app.settings import Settings
from meeting_system.kernel.clock import ManualClock, SystemClock

DOMAIN = "meet.example.org"

pytestmark = pytest.mark.timeout(600)  # Pebble is built at the first time


@pytest.fixture(scope="module")
def pebble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    with pebble_server(tmp_path_factory.mktemp("pebble")) as server:
        yield server


def settings_of(data: Path, pebble: Pebble, **acme: object) -> Settings:
    given = {
        "terms_accepted": True,
        "email": "admin@example.org",
        "directory_url": pebble.directory_url,
        "trust": pebble.trust,
        "port": pebble.challenge_port,
    }
    return Settings(data=data, public=DOMAIN, acme=given | acme, http={"bind": "127.0.0.1"})  # type: ignore[arg-type]


def port_of(settings: Settings) -> Port:
    return Port(settings.bind_addresses, settings.acme.port)


async def shake_hands(port: int, root: Path) -> x509.Certificate:
    """Connect as a browser would, and return the certificate that was shown."""
    context = ssl.create_default_context(cafile=str(root))
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=DOMAIN)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return x509.load_der_x509_certificate(shown)


@asynccontextmanager
async def listening(files: TlsFiles, settings: Settings) -> AsyncIterator[tuple[int, Listener]]:
    """Serve over TLS, with whatever certificate comes."""

    async def app(scope: object, receive: object, send: object) -> None:
        await PlainTextResponse("here")(scope, receive, send)  # type: ignore[arg-type]

    config = uvicorn.Config(
        app,
        ssl_certfile=files.certificate,
        ssl_keyfile=files.key,
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    listener = Listener(config)
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(listener.serve([opened]))
        renewing = asyncio.create_task(renew(listener, settings, SystemClock()))
        while not listener.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.005)
        yield opened.getsockname()[1], listener
        renewing.cancel()
        listener.should_exit = True
        await serving


async def test_a_certificate_is_obtained_and_lies_where_only_we_read_it(
    pebble: Pebble, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path, pebble)
    issued = await order(settings, DOMAIN, port_of(settings))
    assert stat.S_IMODE(issued.file.stat().st_mode) == 0o600
    assert stat.S_IMODE((acme_folder(settings) / "account.key").stat().st_mode) == 0o600
    assert issued.not_after - issued.not_before == timedelta(days=90, seconds=-1)
    assert issued.due_at - issued.not_before == (issued.not_after - issued.not_before) * 2 / 3
    files = find_certificate(settings, datetime.now(UTC))
    assert files == TlsFiles(issued.file, issued.file, None)
    async with listening(files, settings) as (port, _):
        shown = await shake_hands(port, pebble.root(tmp_path))
    assert shown.not_valid_after_utc == issued.not_after


async def test_the_account_is_kept_and_the_next_certificate_is_another(
    pebble: Pebble, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path, pebble)
    await order(settings, DOMAIN, port_of(settings))
    key, first = (
        (acme_folder(settings) / "account.key").read_bytes(),
        (acme_folder(settings) / "server.pem").read_bytes(),
    )
    await order(settings, DOMAIN, port_of(settings))
    assert (acme_folder(settings) / "account.key").read_bytes() == key
    assert (acme_folder(settings) / "server.pem").read_bytes() != first


@pytest.mark.timeout(600)
async def test_a_certificate_is_renewed_at_two_thirds_of_its_life_and_open_sockets_stay(
    tmp_path: Path,
) -> None:
    with pebble_server(tmp_path, life_s=6) as pebble:
        settings = settings_of(tmp_path, pebble)
        ours = find_certificate(settings, datetime.now(UTC))
        assert ours is not None
        assert ours.authority is not None
        async with listening(ours, settings) as (port, _):
            open_socket = await asyncio.open_connection(
                "127.0.0.1", port, ssl=ssl._create_unverified_context(), server_hostname=DOMAIN
            )
            root = pebble.root(tmp_path)
            first = await wait_until_shown(port, root, None)
            second = await wait_until_shown(port, root, first.serial_number)
            assert second.not_valid_before_utc >= first.not_valid_before_utc + timedelta(seconds=3)
            assert second.not_valid_before_utc <= first.not_valid_after_utc
            reader, writer = open_socket
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            writer.close()


async def wait_until_shown(port: int, root: Path, before: int | None) -> x509.Certificate:
    """Return a certificate of the authority that is another one than `before`."""
    async with asyncio.timeout(60):
        while True:
            try:
                shown = await shake_hands(port, root)
            except ssl.SSLError:
                shown = None
            if shown is not None and shown.serial_number != before:
                return shown
            await asyncio.sleep(0.05)


# What goes wrong


async def test_a_name_that_does_not_lead_here_is_told_with_what_to_do(pebble: Pebble, tmp_path: Path) -> None:
    settings = settings_of(tmp_path, pebble, port=free_port())
    with pytest.raises(ChallengeFailed, match="did not find this machine as http://meet") as caught:
        await order(settings, DOMAIN, port_of(settings))
    assert "MEETING_ACME__PORT" in caught.value.detail
    assert find_issued(acme_folder(settings), DOMAIN) is None


async def test_a_name_that_the_authority_refuses_is_told_in_its_words(pebble: Pebble, tmp_path: Path) -> None:
    settings = settings_of(tmp_path, pebble, email="not an address")
    with pytest.raises(AcmeRefused, match="urn:ietf:params:acme:error:"):
        await order(settings, DOMAIN, port_of(settings))


async def test_an_authority_that_is_away_is_told(pebble: Pebble, tmp_path: Path) -> None:
    settings = settings_of(tmp_path, pebble, directory_url="https://127.0.0.1:9/dir")
    with pytest.raises(AcmeUnavailable, match="does not answer as an ACME server"):
        await order(settings, DOMAIN, port_of(settings))
    stranger = settings_of(tmp_path, pebble, trust=None)
    with pytest.raises(AcmeUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
        await order(stranger, DOMAIN, port_of(stranger))


async def test_a_port_that_is_taken_is_told(pebble: Pebble, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = settings_of(tmp_path, pebble, port=taken.getsockname()[1])
        with pytest.raises(ChallengePortTaken, match="in use: stop what listens there"):
            await order(settings, DOMAIN, port_of(settings))


async def test_a_failed_order_is_noted_for_doctor_and_the_old_certificate_stays(
    pebble: Pebble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(tmp_path, pebble)
    issued = await order(settings, DOMAIN, port_of(settings))
    (found,) = [
        each
        for each in upkeep.check_upkeep(settings, datetime.now(UTC))
        if each.subject == upkeep.CERTIFICATE
    ]
    assert (found.level, found.seen.en) == (Level.GOOD, f"good until {issued.not_after:%Y-%m-%d}")
    clock = ManualClock(issued.due_at + timedelta(minutes=1))
    away = settings_of(tmp_path, pebble, directory_url="https://127.0.0.1:9/dir")
    keeping = asyncio.create_task(keep_certificate(away, clock, port_of(away), lambda files: None))
    async with asyncio.timeout(10):
        while not (acme_folder(settings) / "failure.json").exists():  # noqa: ASYNC110  # another task writes it
            await asyncio.sleep(0.01)
    keeping.cancel()
    assert find_certificate(settings, clock.now()) == TlsFiles(issued.file, issued.file, None)
    found = upkeep.check_certificate(settings, clock.now())
    assert found is not None
    assert found.level is Level.BAD
    assert "does not answer as an ACME server" in found.seen.en
    assert json.loads((acme_folder(settings) / "failure.json").read_text())["code"] == "acme_unavailable"


@pytest.mark.parametrize("damage", ["cut off", "another key", "another name", "missing"])
async def test_a_file_that_does_not_fit_is_no_certificate(
    pebble: Pebble, tmp_path: Path, damage: str
) -> None:
    settings = settings_of(tmp_path, pebble)
    files = ensure_certificate(tmp_path / "made", [DOMAIN], datetime.now(UTC))
    other = ensure_certificate(tmp_path / "other", ["other.example.org"], datetime.now(UTC))
    content = {
        "cut off": files.certificate.read_bytes()[:300],
        "another key": files.certificate.read_bytes() + other.key.read_bytes(),
        "another name": other.certificate.read_bytes() + other.key.read_bytes(),
        "missing": b"",
    }[damage]
    acme_folder(settings).mkdir(parents=True)
    (acme_folder(settings) / "server.pem").write_bytes(content)
    assert find_issued(acme_folder(settings), DOMAIN) is None
    shown = find_certificate(settings, datetime.now(UTC))
    assert shown is not None
    assert shown.authority is not None


# The port for the authority's question


async def ask(port: int, line: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{line}\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    return answer


async def test_only_what_was_published_is_answered_and_others_are_sent_to_https() -> None:
    port = free_port()
    async with answering(["127.0.0.1"], port, "https://meet.example.org:8800") as publish:
        publish("/.well-known/acme-challenge/abc", "abc.print")
        assert (await ask(port, "GET /.well-known/acme-challenge/abc HTTP/1.1")).endswith("\r\n\r\nabc.print")
        assert "404" in (await ask(port, "GET /.well-known/acme-challenge/other HTTP/1.1")).split("\r\n")[0]
        moved = await ask(port, "GET /m/123?a=b HTTP/1.1")
        assert "Location: https://meet.example.org:8800/m/123?a=b\r\n" in moved
        for line in ("", "x", "POST /m HTTP/1.1", "GET http://evil/ HTTP/1.1", "GET " + "x" * 20_000):
            assert "200" not in (await ask(port, line)).split("\r\n")[0]
    with pytest.raises(OSError, match="Connect"):
        await ask(port, "GET / HTTP/1.1")


# One's own


def own(tmp_path: Path, name: str = "made") -> Settings:
    files = ensure_certificate(tmp_path / name, [DOMAIN], datetime.now(UTC))
    tls = {"certificate": files.certificate, "key": files.key}
    return Settings(data=tmp_path / "data", public=DOMAIN, tls=tls)  # type: ignore[arg-type]


async def test_a_certificate_of_one_s_own_is_shown_and_taken_anew_when_its_files_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificate, "LOOK_S", 0.02)
    settings = own(tmp_path)
    assert find_certificate(settings, datetime.now(UTC)) == TlsFiles(
        tmp_path / "made" / "server.crt", tmp_path / "made" / "server.key", None
    )
    changed: asyncio.Queue[TlsFiles] = asyncio.Queue()
    keeping = asyncio.create_task(
        keep_certificate(settings, SystemClock(), Port(["127.0.0.1"], 80), changed.put_nowait)
    )
    await asyncio.sleep(0.05)
    newer = ensure_certificate(tmp_path / "newer", [DOMAIN], datetime.now(UTC))
    shutil.copy(newer.certificate, tmp_path / "made" / "server.crt")
    os.utime(tmp_path / "made" / "server.crt", ns=(1, 1))
    await asyncio.sleep(0.1)
    assert changed.empty()  # the key is still the old one
    shutil.copy(newer.key, tmp_path / "made" / "server.key")
    async with asyncio.timeout(5):
        assert (await changed.get()).certificate == tmp_path / "made" / "server.crt"
    keeping.cancel()


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    settings, other = own(tmp_path), own(tmp_path, "other")
    assert other.tls.key is not None
    mixed = settings.model_copy(update={"tls": settings.tls.model_copy(update={"key": other.tls.key})})
    with pytest.raises(CertificateUnusable, match="MEETING_TLS__KEY"):
        find_certificate(mixed, datetime.now(UTC))


@pytest.mark.parametrize(
    "given",
    [
        {"tls": {"certificate": "/x"}, "public": DOMAIN},
        {"tls": {"certificate": "/x", "key": "/y"}},
        {"acme": {"terms_accepted": True}},
        {"acme": {"terms_accepted": True}, "public": "192.0.2.1"},
        {"acme": {"terms_accepted": True}, "public": "localhost"},
    ],
    ids=["no key", "no name", "no domain", "an address", "a bare word"],
)
def test_a_certificate_without_what_it_needs_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="MEETING_"):
        Settings(**given)  # type: ignore[arg-type]
