"""What clients send and get about accounts."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from meeting_system.kernel.principal import AccountRole
from meeting_system.kernel.text import clean_line
from meeting_system.user.rules import normal_email

Locale = Literal["zh-CN", "en"]
Email = Annotated[str, Field(min_length=3, max_length=320), AfterValidator(normal_email)]
DisplayName = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(clean_line)]
Password = Annotated[str, Field(min_length=1, max_length=256, repr=False)]
RefreshToken = Annotated[str, Field(min_length=16, max_length=128, pattern=r"^[A-Za-z0-9_-]+$")]


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
    display_name: str
    locale: Locale
    role: AccountRole
    created_at: datetime


class SignedIn(BaseModel):
    """Answer to register, login and refresh; `refresh_token` only for programs."""

    user: User
    access_token: str
    expires_in_s: int
    refresh_token: str | None = None


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
