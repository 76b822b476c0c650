"""A real SMTP server on this machine that keeps what it gets: aiosmtpd in a thread of its own."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from tests.outside import free_port

USER, PASSWORD = "meetings", "p@ss:word/%"


@dataclass
class Received:
    """What the server got, and what it answers to the next recipients and letters."""

    port: int = 0
    implicit: bool = False
    letters: list[EmailMessage] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    recipient_answer: str = "250 OK"
    letter_answer: str = "250 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.letter_answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            message = BytesParser(policy=policy.default).parsebytes(content)
            assert isinstance(message, EmailMessage)
            self.letters.append(message)
            self.encrypted.append(self.implicit or session.ssl is not None)
        return self.letter_answer


@contextmanager
def mail_server(
    *, certificate: tuple[Path, Path] | None = None, implicit: bool = False, with_login: bool = False
) -> Iterator[Received]:
    """Run the server. `certificate` (file, key) offers STARTTLS, or with `implicit` TLS from the start."""
    received = Received(implicit=implicit)
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    options: dict[str, Any] = {"enable_SMTPUTF8": True}
    if with_login:
        options |= {
            "authenticator": _authenticate,
            "auth_required": not implicit,
            "auth_require_tls": not implicit,
        }
    if context is not None:
        options["ssl_context" if implicit else "tls_context"] = context
    controller = Controller(received, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        received.port = controller.port
        yield received
    finally:
        controller.stop()


def _authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, sent: LoginPassword
) -> AuthResult:
    right = (sent.login, sent.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)
