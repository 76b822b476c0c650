"""What the audit trail tells of, and what other services have user write into it."""

from datetime import datetime
from typing import ClassVar, Literal

from meeting_system.contracts.call import Nothing, Request

AccountAction = Literal[
    "registered",
    "logged_in",
    "logged_out",
    "logged_out_everywhere",
    "refresh_reused",
    "password_forgotten",
    "password_reset",
    "password_changed",
    "email_change_asked",
    "email_confirmed",
    "identity_linked",
    "identity_unlinked",
    "token_created",
    "token_deleted",
    "client_created",
    "client_secret_rotated",
    "client_deleted",
    "user_created",
    "user_banned",
    "user_unbanned",
    "user_logged_out",
    "role_changed",
    "reset_link_issued",
    "account_deleted",
]
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
AuditAction = AccountAction | Moderation
"""The administration's page offers them all: scripts/generate_protocol.py writes them for it."""


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
