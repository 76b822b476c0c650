"""Letters that services have sent: collected in the outbox, so that a change and its letter go together."""

from typing import Annotated, ClassVar, Self

from pydantic import Field

from meeting_system.contracts.call import Nothing, Request
from meeting_system.kernel.mail import Invitation, Letter, Mailbox


class SendLetter(Request[Nothing]):
    """Send one letter to one person. User keeps it until the mail server took it, for a day at most; the same
    `letter_id` again is the same letter and sends nothing."""

    topic: ClassVar[str] = "user.send_letter"
    letter_id: Annotated[str, Field(min_length=1, max_length=200)]
    to: Mailbox
    subject: str
    text: str
    html: str | None = None
    invitation: Invitation | None = None
    headers: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def of(cls, letter: Letter) -> Self:
        """Return the request to send `letter`."""
        return cls(
            letter_id=letter.letter_id,
            to=letter.to,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            invitation=letter.invitation,
            headers=letter.headers,
        )

    def letter(self) -> Letter:
        """Return what is to be sent."""
        return Letter(
            letter_id=self.letter_id,
            to=self.to,
            subject=self.subject,
            text=self.text,
            html=self.html,
            invitation=self.invitation,
            headers=self.headers,
        )
