"""What other services have the audit trail of user tell."""

from datetime import datetime
from typing import ClassVar, Literal

from meeting_system.contracts.call import Nothing, Request

Moderation = Literal[
    "participant_removed",
    "participant_banned",
    "participant_unbanned",
    "participant_role_given",
    "meeting_muted_all",
    "meeting_frozen",
    "meeting_thawed",
    "meeting_locked",
    "meeting_unlocked",
    "meeting_ended",
]


class NoteModeration(Request[Nothing]):
    """Write down what somebody did in a meeting, once for each `note_id`. Asked by meeting's outbox.

    `user_id`: the account that it was done to, or that did it where it was done to nobody; null: a guest.
    `detail` holds ids and words of ours only: `meeting`, who did it (`by`, an account, and `by_participant`)
    and to whom (`participant`).
    """

    topic: ClassVar[str] = "user.note_moderation"
    note_id: str
    at: datetime
    action: Moderation
    user_id: str | None
    detail: dict[str, str]
