"""What clients send and get about accounts."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from meeting_system.contracts.permissions import GRANTABLE
from meeting_system.kernel.email import normal_email
from meeting_system.kernel.principal import AccountRole
from meeting_system.kernel.text import clean_line
from meeting_system.user.chain import FlawKind


def check_scopes(scopes: list[str]) -> list[str]:
    """Return scopes once each, in order; ValueError for what can't be one."""
    unknown = sorted(set(scopes) - GRANTABLE)
    if unknown:
        raise ValueError(f"no scopes: {', '.join(unknown)[:200]}")
    return sorted(set(scopes))


Locale = Literal["zh-CN", "en"]
Email = Annotated[str, Field(min_length=3, max_length=320), AfterValidator(normal_email)]
DisplayName = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(clean_line)]
Password = Annotated[str, Field(min_length=1, max_length=256, repr=False)]
ProvedPassword = Annotated[str | None, Field(max_length=256, repr=False)]
"""The present one, once more; None where an account has none."""
RefreshToken = Annotated[str, Field(min_length=16, max_length=128, pattern=r"^[A-Za-z0-9_-]+$")]


LinkToken = Annotated[str, Field(min_length=16, max_length=128, pattern=r"^[A-Za-z0-9_-]+$", repr=False)]
Name = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(clean_line)]
Scopes = Annotated[list[str], Field(min_length=1, max_length=64), AfterValidator(check_scopes)]
# JSON has neither roles nor times: strict reading would refuse their text.
Role = Annotated[AccountRole, Field(strict=False)]
Moment = Annotated[AwareDatetime, Field(strict=False)]


class Body(BaseModel):
    """Base of what is sent: nothing unknown, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Registration(Body):
    """POST /auth/register"""

    email: Email
    password: Password
    display_name: DisplayName
    locale: Locale = "en"


class Login(Body):
    """POST /auth/login"""

    email: Email
    password: Password


class Refresh(Body):
    """POST /auth/refresh, /auth/logout: for programs; browsers have it in a cookie."""

    refresh_token: RefreshToken | None = None


class ProfileChange(Body):
    """PATCH /users/me: absent is unchanged."""

    display_name: DisplayName | None = None
    locale: Locale | None = None

    @model_validator(mode="after")
    def _nothing_is_removed(self) -> "ProfileChange":
        nulls = [name for name in self.model_fields_set if getattr(self, name) is None]
        if nulls:
            raise ValueError(f"{', '.join(sorted(nulls))} can't be null")
        return self


class User(BaseModel):
    """An account as its owner sees it."""

    user_id: str
    email: str
    email_verified: bool
    display_name: str
    locale: Locale
    role: AccountRole
    avatar_url: str | None
    has_password: bool
    created_at: datetime


class CachedAccount(BaseModel):
    """What is cached of an account: how its owner sees it, and the version for the ETag."""

    user: User
    version: str


class PublicProfile(BaseModel):
    """An account as everybody who has one sees it."""

    user_id: str
    display_name: str
    avatar_url: str | None


class SignedIn(BaseModel):
    """Answer to register, login and refresh; `refresh_token` only for programs."""

    user: User
    access_token: str
    expires_in_s: int
    refresh_token: str | None = Field(default=None, exclude_if=lambda token: token is None)


class AdminUser(User):
    """An account as administrators see it."""

    disabled_at: datetime | None
    updated_at: datetime


class UserPage(BaseModel):
    """Newest first."""

    items: list[AdminUser]
    next_cursor: str | None


class NewUser(Body):
    """POST /admin/users: the person gets a letter with a link to set a password."""

    email: Email
    display_name: DisplayName
    locale: Locale = "en"
    role: Role = AccountRole.USER


class RoleChange(Body):
    """POST /admin/users/{id}/role"""

    role: Role


class ResetLink(BaseModel):
    """A link to set a new password, to be handed to the person; good once."""

    url: str
    expires_at: datetime


class ConfirmationWanted(BaseModel):
    """Answer to register where addresses are verified: log in once the link in the letter was opened."""

    email: str


class AuditFlaw(BaseModel):
    """A place where the trail doesn't hold; without an id: its end."""

    audit_id: int | None
    kind: FlawKind


class AuditCheck(BaseModel):
    """Whether the audit trail is as it was written. `head`: the last entry's hash, to be noted elsewhere."""

    sound: bool
    entries: int
    head: str
    flaws: list[AuditFlaw]


class ForgottenPassword(Body):
    """POST /auth/forgot-password"""

    email: Email


class NewPassword(Body):
    """POST /auth/reset-password"""

    token: LinkToken
    password: Password


class PasswordChange(Body):
    """POST /users/me/password; without `current` where the account has none yet."""

    current: ProvedPassword = None
    password: Password


class EmailChange(Body):
    """POST /users/me/email: a letter goes to the new address."""

    email: Email
    password: ProvedPassword = None


class ConfirmEmail(Body):
    """POST /auth/confirm-email"""

    token: LinkToken


class Deletion(Body):
    """POST /users/me/delete"""

    password: ProvedPassword = None


class LoginSession(BaseModel):
    """A log-in that goes on; `current` is the one that asks."""

    session_id: str
    created_at: datetime
    used_at: datetime
    address: str | None
    user_agent: str | None
    current: bool


class SessionList(BaseModel):
    """The last used first."""

    items: list[LoginSession]


class NewToken(Body):
    """POST /users/me/tokens; without `expires_at` it is good until it is deleted."""

    name: Name
    scopes: Scopes
    expires_at: Moment | None = None


class AccessToken(BaseModel):
    """A personal access token; `hint` is how it begins."""

    token_id: str
    name: str
    hint: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class CreatedToken(AccessToken):
    """With the token itself, this once."""

    token: str


class TokenList(BaseModel):
    """Newest first. `grantable`: the scopes that a new one may have."""

    items: list[AccessToken]
    grantable: list[str]


class NewClient(Body):
    """POST /admin/clients. Without `user_id` it acts as who makes it."""

    name: Name
    scopes: Scopes
    user_id: Annotated[str, Field(max_length=64)] | None = None


class Client(BaseModel):
    """A program that may get tokens by OAuth 2 client credentials."""

    client_id: str
    user_id: str
    display_name: str = Field(description="of the account that it acts for")
    name: str
    scopes: list[str]
    created_at: datetime
    used_at: datetime | None


class CreatedClient(Client):
    """With the secret, this once."""

    client_secret: str


class Grantable(BaseModel):
    """The scopes that a client may have which acts for an account of this role."""

    role: AccountRole
    scopes: list[str]


class ClientPage(BaseModel):
    """Newest first; `grantable` has every role."""

    items: list[Client]
    next_cursor: str | None
    grantable: list[Grantable]


class IssuedToken(BaseModel):
    """RFC 6749, section 5.1."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  # a kind, no secret
    expires_in: int
    scope: str


class Identity(BaseModel):
    """Who an account is at a provider."""

    provider: str
    created_at: datetime
    used_at: datetime


class IdentityList(BaseModel):
    """By provider."""

    items: list[Identity]


class Redirection(BaseModel):
    """Where the browser goes on."""

    url: str


class AuditEntry(BaseModel):
    """Something that matters for security and happened."""

    audit_id: int
    at: datetime
    action: str
    user_id: str | None
    address: str | None
    detail: dict[str, object]


class AuditPage(BaseModel):
    """Newest first."""

    items: list[AuditEntry]
    next_cursor: str | None
