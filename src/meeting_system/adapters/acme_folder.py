"""A certificate that an authority gave, in its folder: read at every start, without what orders one."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from meeting_system.adapters.tls import replace_private
from meeting_system.kernel.errors import AppError

SHARE_OF_LIFE = 2 / 3
"""When a certificate is renewed."""

Publish = Callable[[str, str], None]
"""Given a path and a text: answer the path with the text, on port 80 of the domain, until the order ends."""


@dataclass(frozen=True)
class Issued:
    """A certificate that lies in a file, and its life."""

    file: Path
    not_before: datetime
    not_after: datetime

    @property
    def due_at(self) -> datetime:
        """When to have the next one."""
        return self.not_before + (self.not_after - self.not_before) * SHARE_OF_LIFE


def find_issued(folder: Path, domain: str) -> Issued | None:
    """Return the certificate that lies in `folder`; None where none for the domain can be read."""
    file = folder / "server.pem"
    try:
        content = file.read_bytes()
        certificate = x509.load_pem_x509_certificate(content)
        key = serialization.load_pem_private_key(content, password=None)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound):
        return None
    if certificate.public_key() != key.public_key():
        return None
    if ascii_name(domain) not in names.get_values_for_type(x509.DNSName):
        return None
    return Issued(file, certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def ascii_name(domain: str) -> str:
    """Return a domain as certificates have it."""
    return domain.rstrip(".").lower().encode("idna").decode()


# What doctor tells

FAILURE = "failure.json"


def note_failure(folder: Path, error: AppError, now: datetime) -> None:
    """Write down why there is no new certificate."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    said = {"at": now.isoformat(timespec="seconds"), "code": error.code, "detail": error.detail}
    replace_private(folder / FAILURE, json.dumps(said).encode())


def forget_failure(folder: Path) -> None:
    (folder / FAILURE).unlink(missing_ok=True)


def find_failure(folder: Path) -> tuple[str, str] | None:
    """Return when the last order failed, and why; None where it did not."""
    try:
        said: dict[str, Any] = json.loads((folder / FAILURE).read_text())
        return str(said["at"]), str(said["detail"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
