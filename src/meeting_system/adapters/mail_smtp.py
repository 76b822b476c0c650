"""Mail by an SMTP server: STARTTLS or TLS from the start, a connection a letter, every wait with an end."""

import ipaddress
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib

from meeting_system.adapters.mail_message import MailRefused, compose
from meeting_system.kernel.clock import Clock
from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.mail import Letter, Mailbox

TIMEOUT_S = 15.0
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


class MailUnavailable(Unavailable):
    """The mail server does not answer, does not take us in, or has no time."""

    code = "mail_unavailable"


@dataclass(frozen=True)
class SmtpServer:
    """Where and how to hand letters over. `authority`: file of the certificate authority to trust as well."""

    host: str
    port: int
    secure: bool
    username: str | None = None
    password: str | None = None
    authority: Path | None = None

    @property
    def is_here(self) -> bool:
        """Whether the way to it stays on this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse_smtp_url(url: str, *, authority: Path | None = None) -> SmtpServer:
    """Take `smtp://user:password@host:port` or `smtps://…` apart. ValueError for what is neither.

    Ports are 587 and 465 where none is given; user and password are percent-encoded.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"}:
        raise ValueError("not a URL like smtp://user:password@host:587 or smtps://user:password@host:465")
    secure = parts.scheme == "smtps"
    if bool(parts.username) != bool(parts.password):
        raise ValueError("a user needs a password, and a password a user")
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or (465 if secure else 587),
        secure=secure,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        authority=authority,
    )


@dataclass(frozen=True)
class SmtpMail:
    """The Mail port on an SMTP server."""

    server: SmtpServer
    sender: Mailbox
    clock: Clock
    timeout_s: float = TIMEOUT_S

    async def send(self, letter: Letter) -> None:
        """Hand the letter over. Raises MailUnavailable (try again) and MailRefused (never will)."""
        message = compose(letter, sender=self.sender, now=self.clock.now())
        try:
            async with open_smtp(self.server, timeout_s=self.timeout_s) as client:
                await client.send_message(message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _judge(error.recipients[0]) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _judge(error) from error
        except aiosmtplib.SMTPNotSupported as error:
            raise MailRefused(f"the mail server does not know how: {error}") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailUnavailable(f"the mail server does not answer: {type(error).__name__}") from error

    async def check(self) -> None:
        """Return when the server lets us in. Raises MailUnavailable with the reason."""
        try:
            async with open_smtp(self.server, timeout_s=self.timeout_s) as client:
                await client.noop()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailUnavailable(describe(error)) from error


@asynccontextmanager
async def open_smtp(server: SmtpServer, *, timeout_s: float) -> AsyncIterator[aiosmtplib.SMTP]:
    """A connection for the length of a block: encrypted where the server can, logged in where it is asked."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        timeout=timeout_s,
        use_tls=server.secure,
        start_tls=None,
        tls_context=_tls_context(server.authority),
    )
    await client.connect()
    try:
        await _log_in(client, server)
        yield client
    finally:
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit()
        client.close()


async def _log_in(client: aiosmtplib.SMTP, server: SmtpServer) -> None:
    if server.username is None or server.password is None:
        return
    if client.get_transport_info("sslcontext") is None and not server.is_here:
        raise MailUnavailable("the mail server offers no encryption: the password is not sent to it")
    try:
        await client.login(server.username, server.password)
    except aiosmtplib.SMTPAuthenticationError as error:
        # Wrong settings, not a wrong letter: letters wait until somebody corrects them.
        raise MailUnavailable("the mail server refuses our user or password") from error


def describe(error: Exception) -> str:
    """Return what went wrong, for who set the server up; never what we sent."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"answers {error.code} {error.message}"
    return f"{type(error).__name__}: {error}"


def _judge(error: aiosmtplib.SMTPResponseException) -> MailRefused | MailUnavailable:
    """4xx passes, 5xx stays (RFC 5321, 4.2.1). The server's text may quote the address: blotted out."""
    reason = f"{error.code} {_ADDRESS.sub('‹address›', str(error.message))}"
    if error.code >= 500 and not isinstance(error, aiosmtplib.SMTPConnectResponseError):
        return MailRefused(f"the mail server refuses the letter: {reason}")
    return MailUnavailable(f"the mail server asks to come back: {reason}")


def _tls_context(authority: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if authority is not None:
        context.load_verify_locations(authority)
    return context
