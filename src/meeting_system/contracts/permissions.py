"""What the roles may do: one table for accounts, one for participants of a meeting.

A permission is `resource:action`. Looked up in frozensets, because that costs under a microsecond.
"""

from meeting_system.kernel.errors import Forbidden
from meeting_system.kernel.principal import Account, AccountRole, MeetingRole

_GUEST = frozenset(
    {
        "profile:read",
        "profile:update",
        "account:secure",
        "account:export",
        "account:delete",
        "meeting:join",
        "meeting:act",
    }
)
_USER = _GUEST | {
    "room:read",
    "room:update",
    "room:create",
    "meeting:create",
    "meeting:read",
    "token:manage",
    "webhook:own",
}
_MODERATOR = _USER | {"meeting:moderate"}
_ADMIN = _MODERATOR | {
    "audit:read",
    "webhook:manage",
    "user:read",
    "user:create",
    "user:ban",
    "user:log_out",
    "user:change_role",
    "user:reset_password",
    "user:delete",
    "client:manage",
    "live:read",
}

ACCOUNT_PERMISSIONS: dict[AccountRole, frozenset[str]] = {
    AccountRole.GUEST: _GUEST,
    AccountRole.USER: _USER,
    AccountRole.MODERATOR: _MODERATOR,
    AccountRole.ADMIN: _ADMIN,
    AccountRole.SUPER_ADMIN: _ADMIN,
}
"""`meeting:act`: acts in meetings as the role there says; only programs can be without it.
`meeting:moderate`: acts as a host in every meeting, without being in it."""

PERSONAL = frozenset({"account:secure", "account:delete", "token:manage", "client:manage"})
"""What only a person who logged in may do, never a program: it could give itself more, or stay for ever."""

GRANTABLE = frozenset().union(*ACCOUNT_PERMISSIONS.values()) - PERSONAL
"""What may be a scope of a token or a client."""


class ScopeMissing(Forbidden):
    """The account may, but the program was not given this permission."""

    code = "scope_missing"


_OBSERVER = frozenset({"chat:read", "poll:read"})
_ATTENDEE = _OBSERVER | {
    "chat:send",
    "file:upload",
    "poll:vote",
    "media:publish",
    "reaction:send",
    "breakout:choose",
    "breakout:ask_help",
}
_PRESENTER = _ATTENDEE | {"poll:create", "media:share"}
_CO_HOST = _PRESENTER | {
    "chat:delete",
    "chat:export",
    "participant:mute",
    "participant:remove",
    "participant:role",
    "participant:rename",
    "participant:ask_to_unmute",
    "participant:lower_hand",
    "participant:unban",
    "lobby:read",
    "lobby:admit",
    "lobby:deny",
    "lobby:say",
    "meeting:invite",
    "meeting:attendance",
    "meeting:lock",
    "meeting:stream",
    "meeting:mute_all",
    "meeting:lower_hands",
    "meeting:freeze",
    "meeting:spotlight",
    "meeting:set_options",
    "breakout:manage",
}
_HOST = _CO_HOST | {"meeting:end", "meeting:start", "meeting:update", "meeting:cancel"}

MEETING_PERMISSIONS: dict[MeetingRole, frozenset[str]] = {
    MeetingRole.OBSERVER: _OBSERVER,
    MeetingRole.ATTENDEE: _ATTENDEE,
    MeetingRole.PRESENTER: _PRESENTER,
    MeetingRole.CO_HOST: _CO_HOST,
    MeetingRole.HOST: _HOST,
}

"""`media:share`: whatever the options say; attendees share where `attendees_may_share` lets them."""


def check_account(account: Account, permission: str) -> None:
    """Raise Forbidden unless accounts of this role have `permission`, and a program was given it."""
    if permission not in ACCOUNT_PERMISSIONS[account.role]:
        raise Forbidden(f"your account ({account.role}) has no permission {permission}")
    if account.scopes is not None and permission not in account.scopes:
        raise ScopeMissing(f"this token was not given the scope {permission}")


def may(account: Account, permission: str) -> bool:
    """Tell what `check_account` would raise for."""
    return permission in ACCOUNT_PERMISSIONS[account.role] and (
        account.scopes is None or permission in account.scopes
    )


def check_participant(role: MeetingRole, permission: str) -> None:
    """Raise Forbidden unless participants of `role` have `permission`."""
    if permission not in MEETING_PERMISSIONS[role]:
        raise Forbidden(f"your role in this meeting ({role}) has no permission {permission}")
