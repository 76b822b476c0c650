"""The installation's own certificate authority: real handshakes against it."""

import asyncio
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from meeting_system.adapters.tls import AuthorityBroken, NameInvalid, TlsFiles, ensure_certificate

NOW = datetime.now(UTC)


async def shake_hands(files: TlsFiles, name: str) -> str:
    """Connect to a server with these files, verify it as `name`, return the TLS version."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=files.server_context())
    async with server:
        port = server.sockets[0].getsockname()[1]
        trust = ssl.create_default_context(cafile=str(files.authority))
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust, server_hostname=name)
        version: str = writer.get_extra_info("ssl_object").version()
        writer.close()
        await writer.wait_closed()
    return version


@pytest.mark.parametrize("name", ["192.168.7.20", "meet.home.arpa", "localhost", "127.0.0.1"])
async def test_a_client_that_trusts_the_authority_accepts_every_name(tmp_path: Path, name: str) -> None:
    files = ensure_certificate(tmp_path, ["192.168.7.20", "meet.home.arpa"], NOW)
    assert await shake_hands(files, name) == "TLSv1.3"


async def test_a_name_that_was_not_asked_for_is_refused(tmp_path: Path) -> None:
    files = ensure_certificate(tmp_path, ["192.168.7.20"], NOW)
    with pytest.raises(ssl.SSLCertVerificationError):
        await shake_hands(files, "192.168.7.21")


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    files = ensure_certificate(tmp_path, ["192.168.7.20"], NOW)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert ensure_certificate(tmp_path, ["192.168.7.20"], NOW + timedelta(days=300)) == files
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


async def test_another_address_gets_a_new_certificate_of_the_same_authority(tmp_path: Path) -> None:
    authority = ensure_certificate(tmp_path, ["192.168.7.20"], NOW).authority.read_bytes()
    files = ensure_certificate(tmp_path, ["10.1.2.3"], NOW)
    assert files.authority.read_bytes() == authority
    assert await shake_hands(files, "10.1.2.3")


def test_a_certificate_near_its_end_is_renewed(tmp_path: Path) -> None:
    files = ensure_certificate(tmp_path, ["192.168.7.20"], NOW)
    old = files.certificate.read_bytes()
    ensure_certificate(tmp_path, ["192.168.7.20"], NOW + timedelta(days=368))
    assert files.certificate.read_bytes() != old


def test_keys_are_readable_by_the_owner_alone(tmp_path: Path) -> None:
    files = ensure_certificate(tmp_path, ["192.168.7.20"], NOW)
    for key in (files.key, tmp_path / "authority.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_damaged_authority_is_reported_and_never_overwritten(tmp_path: Path) -> None:
    files = ensure_certificate(tmp_path, ["192.168.7.20"], NOW)
    files.authority.write_text("torn")
    with pytest.raises(AuthorityBroken, match="restore them from a backup"):
        ensure_certificate(tmp_path, ["192.168.7.20"], NOW)
    assert files.authority.read_text() == "torn"


@pytest.mark.parametrize("name", ["", "a b", "http://meet.example", "-/..", "a..b", "x" * 64])
def test_what_is_no_name_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(NameInvalid):
        ensure_certificate(tmp_path / "tls", [name], NOW)
    assert not (tmp_path / "tls").exists()
