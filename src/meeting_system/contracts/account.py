"""What user asks of meeting when an account is closed, deleted, or taken along."""

from typing import Any, ClassVar

from meeting_system.contracts.call import Message, Nothing, Request


class ExpelAccount(Request[Nothing]):
    """Remove an account from every meeting that it is in now. Asked by user's outbox when it is banned."""

    topic: ClassVar[str] = "meeting.expel_account"
    user_id: str


class ForgetAccount(Request[Nothing]):
    """Delete the rooms and meetings of a deleted account, and take it out of those of others.

    `email`: invitations went to it.
    """

    topic: ClassVar[str] = "meeting.forget_account"
    user_id: str
    email: str


class AccountRecords(Message):
    """What meeting holds of an account, by kind: rooms, meetings, participations, messages."""

    records: dict[str, list[dict[str, Any]]]


class CollectAccount(Request[AccountRecords]):
    """Read what meeting holds of an account, for who takes it along."""

    topic: ClassVar[str] = "meeting.collect_account"
    user_id: str
