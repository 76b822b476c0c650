"""What the roles may do: one table for accounts, one for participants of a meeting.

A permission is `resource:action`. Looked up in frozensets, because that costs under a microsecond.
"""

from meeting_system.kernel.errors import Forbidden
from meeting_system.kernel.principal import AccountRole, MeetingRole

_GUEST = frozenset({"profile:read", "profile:update", "meeting:join"})
_USER = _GUEST | {"room:read", "room:update", "meeting:create", "meeting:read", "webhook:own"}
_MODERATOR = _USER | {"meeting:moderate"}
_ADMIN = _MODERATOR | {"audit:read", "webhook:manage"}

ACCOUNT_PERMISSIONS: dict[AccountRole, frozenset[str]] = {
    AccountRole.GUEST: _GUEST,
    AccountRole.USER: _USER,
    AccountRole.MODERATOR: _MODERATOR,
    AccountRole.ADMIN: _ADMIN,
    AccountRole.SUPER_ADMIN: _ADMIN,
}
"""`meeting:moderate`: acts as a host in every meeting, without being in it."""

_OBSERVER = frozenset({"chat:read"})
_ATTENDEE = _OBSERVER | {"chat:send"}
_CO_HOST = _ATTENDEE | {"participant:mute", "participant:remove", "meeting:lock", "meeting:stream"}
_HOST = _CO_HOST | {"meeting:end", "meeting:start", "meeting:update"}

MEETING_PERMISSIONS: dict[MeetingRole, frozenset[str]] = {
    MeetingRole.OBSERVER: _OBSERVER,
    MeetingRole.ATTENDEE: _ATTENDEE,
    MeetingRole.PRESENTER: _ATTENDEE,
    MeetingRole.CO_HOST: _CO_HOST,
    MeetingRole.HOST: _HOST,
}


def check_account(role: AccountRole, permission: str) -> None:
    """Raise Forbidden unless accounts of `role` have `permission`."""
    if permission not in ACCOUNT_PERMISSIONS[role]:
        raise Forbidden(f"your account ({role}) has no permission {permission}")


def check_participant(role: MeetingRole, permission: str) -> None:
    """Raise Forbidden unless participants of `role` have `permission`."""
    if permission not in MEETING_PERMISSIONS[role]:
        raise Forbidden(f"your role in this meeting ({role}) has no permission {permission}")
