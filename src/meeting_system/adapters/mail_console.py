"""Mail where no server is configured: shown at the terminal in development, refused in production."""

from dataclasses import dataclass
from email.message import EmailMessage
from typing import TextIO

from meeting_system.adapters.mail_message import MailRefused, compose
from meeting_system.kernel.clock import Clock
from meeting_system.kernel.mail import Letter, Mailbox

_LINE = "─" * 72
_SENDER = Mailbox("meeting-system@localhost")


@dataclass(frozen=True)
class ConsoleMail:
    """Writes letters out, so that a person can follow their links. Past the logs, which blot links out."""

    stream: TextIO
    clock: Clock

    async def send(self, letter: Letter) -> None:
        """Write the letter. Raises MailRefused for what an SMTP server would never get either."""
        message = compose(letter, sender=_SENDER, now=self.clock.now())
        self.stream.write(show(message, letter))
        self.stream.flush()


def show(message: EmailMessage, letter: Letter) -> str:
    """Return the letter as a person reads it."""
    attached = [] if letter.invitation is None else ["", f"[text/calendar, {letter.invitation.method}]"]
    lines = [
        _LINE,
        f"To | 收件人: {message['To']}",
        f"Subject | 主题: {message['Subject']}",
        "",
        letter.text.rstrip(),
        *attached,
        _LINE,
    ]
    return "\n".join(lines) + "\n"


class NoMail:
    """Production without a mail server: a link to a new password belongs in no log."""

    async def send(self, letter: Letter) -> None:
        raise MailRefused(
            f"no mail server is configured, {letter.letter_id} is not sent: set MEETING_MAIL__URL"
        )
