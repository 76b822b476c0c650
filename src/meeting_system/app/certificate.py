"""Which certificate people are shown: one of their own, one by ACME, one of our own authority; and the next.

A certificate by ACME is ordered beside everything else: until it is there our own authority's is shown.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from meeting_system.adapters.acme_folder import (
    Issued,
    Publish,
    find_issued,
    forget_failure,
    note_failure,
)
from meeting_system.adapters.tls import TlsFiles, ensure_certificate
from meeting_system.app.challenge import answering
from meeting_system.app.settings import Settings
from meeting_system.kernel.clock import Clock
from meeting_system.kernel.errors import AppError, Invalid
from meeting_system.kit.log import logger

log = logger(__name__)

LOOK_S = 30.0
"""How often files of one's own are looked at."""

CHECK_S = 12 * 3600.0
FIRST_PAUSE_S = 300.0
LONGEST_PAUSE_S = 6 * 3600.0
"""Between two orders that fail: authorities count failures, Let's Encrypt five an hour."""

Changed = Callable[[TlsFiles], None]


class CertificateUnusable(Invalid):
    """The configured files are no certificate and key that belong together."""

    code = "tls_certificate_unusable"


@dataclass(frozen=True)
class Port:
    """Where the authority's question arrives, and where everybody else on it is sent."""

    addresses: Sequence[str]
    port: int


def tls_folder(settings: Settings) -> Path:
    """Return the folder of the authority: one for every way to run, so that devices trust them all."""
    return settings.data.absolute() / "tls"


def acme_folder(settings: Settings) -> Path:
    return tls_folder(settings) / "acme"


def find_certificate(settings: Settings, now: datetime) -> TlsFiles | None:
    """Return what to show now; None where pages are for this machine only. Raises CertificateUnusable."""
    own = _own(settings)
    if own is not None or settings.public is None:
        return own
    issued = find_issued(acme_folder(settings), settings.public) if settings.acme.terms_accepted else None
    if issued is not None and issued.not_after > now:
        return _files(issued)
    return ensure_certificate(tls_folder(settings), [settings.public], now)


def _own(settings: Settings) -> TlsFiles | None:
    certificate, key = settings.tls.certificate, settings.tls.key
    if certificate is None or key is None:
        return None
    files = TlsFiles(certificate.absolute(), key.absolute(), None)
    try:
        files.server_context()
    except (OSError, ssl.SSLError) as error:
        raise CertificateUnusable(
            f"{certificate} and {key} are no certificate and key that belong together: {error}. "
            "Check MEETING_TLS__CERTIFICATE and MEETING_TLS__KEY"
        ) from None
    return files


def _files(issued: Issued) -> TlsFiles:
    return TlsFiles(issued.file, issued.file, None)


async def keep_certificate(settings: Settings, clock: Clock, port: Port, changed: Changed) -> None:
    """Have the next certificate in time, and tell of each; for ever."""
    if settings.tls.certificate is not None:
        await _watch_own(settings, changed)
    elif settings.public is not None and settings.acme.terms_accepted:
        await _keep_issued(settings, settings.public, clock, port, changed)
    elif settings.public is not None:
        await _renew_own_authority(settings, settings.public, clock, changed)


async def _watch_own(settings: Settings, changed: Changed) -> None:
    """Take new files when both are there and belong together."""
    shown = _state(settings)
    while True:
        await asyncio.sleep(LOOK_S)
        if (state := _state(settings)) == shown:
            continue
        try:
            files = _own(settings)
        except CertificateUnusable as error:
            log.warning("certificate_unusable", detail=error.detail)  # perhaps half of it is written
            continue
        shown = state
        if files is not None:
            changed(files)
            log.info("certificate_changed")


def _state(settings: Settings) -> list[tuple[int, int]]:
    found = []
    for file in (settings.tls.certificate, settings.tls.key):
        try:
            seen = file.stat() if file is not None else None
        except OSError:
            seen = None
        found.append((seen.st_mtime_ns, seen.st_size) if seen else (0, 0))
    return found


async def _renew_own_authority(settings: Settings, public: str, clock: Clock, changed: Changed) -> None:
    while True:
        await asyncio.sleep(CHECK_S)
        changed(await asyncio.to_thread(ensure_certificate, tls_folder(settings), [public], clock.now()))


async def _keep_issued(settings: Settings, domain: str, clock: Clock, port: Port, changed: Changed) -> None:
    failures = 0
    while True:
        issued = find_issued(acme_folder(settings), domain)
        if issued is not None and (left_s := (issued.due_at - clock.now()).total_seconds()) > 0:
            # Not in one sleep: a machine that was suspended sleeps on.
            await asyncio.sleep(min(left_s, 3600.0))
            continue
        try:
            issued = await order(settings, domain, port)
        except AppError as error:
            failures += 1
            pause_s = min(FIRST_PAUSE_S * 2 ** (failures - 1), LONGEST_PAUSE_S)
            note_failure(acme_folder(settings), error, clock.now())
            log.warning(
                "certificate_not_obtained", code=error.code, detail=error.detail, again_after_s=pause_s
            )
            await asyncio.sleep(pause_s)
            continue
        failures = 0
        forget_failure(acme_folder(settings))
        changed(_files(issued))
        log.info("certificate_obtained", domain=domain, until=issued.not_after.isoformat())


async def order(settings: Settings, domain: str, port: Port) -> Issued:
    """Order a certificate by ACME now."""
    # What it needs takes long to import, and most starts order nothing.
    from meeting_system.adapters.acme_order import Authority, obtain

    acme = settings.acme
    authority = Authority(acme.directory_url, acme.email, acme.trust)
    loop = asyncio.get_running_loop()
    async with answering(port.addresses, port.port, settings.origin) as publish:

        def publish_from_thread(path: str, text: str) -> None:
            loop.call_soon_threadsafe(publish, path, text)

        asking: Publish = publish_from_thread
        return await asyncio.to_thread(obtain, acme_folder(settings), domain, authority, asking)
