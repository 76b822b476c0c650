"""What user asks of meeting and webhook when an account is closed, logged out, deleted, or taken along."""

from typing import ClassVar

from meeting_system.contracts.call import Message, Nothing, Request


class ExpelAccount(Request[Nothing]):
    """Remove an account from every meeting that it is in now. Asked by user's outbox when it is banned."""

    topic: ClassVar[str] = "meeting.expel_account"
    user_id: str


class DisconnectAccount(Request[Nothing]):
    """End the sessions of an account in every meeting that it is in now; who logs in again may come back.

    Asked by user's outbox once the access tokens of all its log-ins are refused.
    """

    topic: ClassVar[str] = "meeting.disconnect_account"
    user_id: str


class ForgetAccount(Request[Nothing]):
    """Delete the rooms and meetings of a deleted account, and take it out of those of others.

    `email`: invitations went to it.
    """

    topic: ClassVar[str] = "meeting.forget_account"
    user_id: str
    email: str


class ForgetWebhooks(Request[Nothing]):
    """Delete the webhooks that a deleted account had for its own meetings; those of everybody's meetings,
    which administrators make, stay, and are nobody's."""

    topic: ClassVar[str] = "webhook.forget_account"
    user_id: str


class AccountRecords(Message):
    """What meeting holds of an account: `content` is a JSON object, a list of records a kind."""

    content: str


class CollectAccount(Request[AccountRecords]):
    """Read what meeting holds of an account, for who takes it along."""

    topic: ClassVar[str] = "meeting.collect_account"
    user_id: str
