"""HTTPS for others in the house: a certificate authority of this installation's own, made once.

Browsers give a microphone only to localhost and to HTTPS. Without a public domain there is nobody to sign a
certificate, so the installation signs its own: people trust `authority.crt` once on each device, and every
later certificate (renewed, or for another address) is trusted with it. The authority's key never leaves the
folder.
"""

import ipaddress
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from meeting_system.kernel.errors import AppError, Invalid

AUTHORITY_LIFETIME = timedelta(days=3650)
# Apple refuses leaves of more than 825 days; 397 is what public authorities keep to.
LEAF_LIFETIME = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)
# Clocks of phones differ: a certificate is valid a day before it was made.
BACKDATE = timedelta(days=1)
ALWAYS_NAMED = ("localhost", "127.0.0.1", "::1")


class AuthorityBroken(AppError):
    """The authority's files can't be read; they are never overwritten, since people trust them."""

    code = "tls_authority_broken"


class NameInvalid(Invalid):
    """Neither an IP address nor a host name."""

    code = "tls_name_invalid"


@dataclass(frozen=True)
class TlsFiles:
    """Where the certificate to serve, its key and the authority to trust lie (PEM).

    `authority` None: everybody knows it. Certificate and key may be one file.
    """

    certificate: Path
    key: Path
    authority: Path | None

    def server_context(self) -> ssl.SSLContext:
        """Return what a server needs: TLS 1.2 or newer with this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key)
        return context


@dataclass(frozen=True)
class _Pair:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def ensure_certificate(folder: Path, names: Sequence[str], now: datetime) -> TlsFiles:
    """Return a certificate valid for `names` (addresses or host names) and localhost, made where missing.

    The authority is made once; the leaf again when it expires within 30 days or doesn't cover the names.
    Raises NameInvalid, and AuthorityBroken when an authority exists but can't be used.
    """
    wanted = tuple(dict.fromkeys([*names, *ALWAYS_NAMED]))
    alternatives = [_alternative(name) for name in wanted]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shown = folder / "authority.crt"
    files = TlsFiles(folder / "server.crt", folder / "server.key", shown)
    authority = _load_authority(shown, folder / "authority.key", now)
    if authority is None:
        authority = _new_authority(now)
        _write(authority, shown, folder / "authority.key")
    if not _is_current(files, authority, alternatives, now):
        _write(_new_leaf(authority, wanted[0], alternatives, now), files.certificate, files.key)
    return files


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    labels = name.rstrip(".").split(".")
    if not all(label and len(label) <= 63 and label.replace("-", "").isalnum() for label in labels):
        raise NameInvalid(
            f"{name!r} is neither an IP address nor a host name: give 192.168.1.20 or meet.example.org"
        )
    return x509.DNSName(name.rstrip(".").encode("idna").decode())


def _load_authority(certificate: Path, key: Path, now: datetime) -> _Pair | None:
    if not certificate.exists() and not key.exists():
        return None
    pair = _read_pair(certificate, key)
    if pair is None:
        raise AuthorityBroken(
            f"{certificate} and {key} are no certificate and key that belong together: "
            "restore them from a backup, or delete both (then every device must trust the new authority once)"
        )
    if pair.certificate.not_valid_after_utc < now + LEAF_LIFETIME:
        return None
    return pair


def _read_pair(certificate: Path, key: Path) -> _Pair | None:
    try:
        loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        return None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or loaded.public_key() != private.public_key():
        return None
    return _Pair(loaded, private)


def _is_current(
    files: TlsFiles, authority: _Pair, alternatives: Sequence[x509.GeneralName], now: datetime
) -> bool:
    leaf = _read_pair(files.certificate, files.key)
    if leaf is None or leaf.certificate.not_valid_after_utc < now + RENEW_BEFORE:
        return False
    if leaf.certificate.issuer != authority.certificate.subject:
        return False
    covered = leaf.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return list(covered) == list(alternatives)


def _new_authority(now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    # A serial number in the name keeps two installations' authorities apart in a device's list.
    serial = x509.random_serial_number()
    name = _name(f"meeting-system local authority {serial % 0xFFFFFF:06x}")
    builder = (
        _builder(name, name, key, now, AUTHORITY_LIFETIME)
        .serial_number(serial)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
    )
    return _Pair(builder.sign(key, hashes.SHA256()), key)


def _new_leaf(
    authority: _Pair, common_name: str, alternatives: Sequence[x509.GeneralName], now: datetime
) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = (
        _builder(_name(common_name[:64]), authority.certificate.subject, key, now, LEAF_LIFETIME)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(signer, critical=False)
    )
    return _Pair(builder.sign(authority.key, hashes.SHA256()), key)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _write(pair: _Pair, certificate: Path, key: Path) -> None:
    pem = pair.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _replace(key, pem, mode=0o600)
    _replace(certificate, pair.certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)


def replace_private(path: Path, content: bytes) -> None:
    """Write a file that only we may read, whole or not at all."""
    _replace(path, content, mode=0o600)


def _replace(path: Path, content: bytes, *, mode: int) -> None:
    """Write beside and rename: a crash leaves the old file or the new; a key is never world-readable."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
