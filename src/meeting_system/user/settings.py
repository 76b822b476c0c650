"""What can be set about accounts."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class ProviderSettings(BaseModel):
    """An OpenID Connect provider to log in through."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(description="its address, such as https://id.example.org/realms/main")
    client_id: str = Field(description="our name there")
    client_secret: SecretStr | None = Field(default=None, description="our secret there; none: public client")
    title: str | None = Field(default=None, max_length=64, description="what the button says; none: its name")
    create_accounts: bool = Field(default=True, description="who logs in there first gets an account here")
    link_verified_email: bool = Field(
        default=False,
        description="its verified addresses open accounts that are here: only if it verifies them for sure",
    )
    locale: Literal["zh-CN", "en"] = Field(default="en", description="language of new accounts")

    @field_validator("issuer")
    @classmethod
    def check_issuer(cls, value: str) -> str:
        parts = urlsplit(value)
        here = parts.hostname in {"localhost", "127.0.0.1", "::1"}
        if parts.scheme != "https" and not (parts.scheme == "http" and here):
            raise ValueError("an address that begins with https://")
        return value.rstrip("/")


class UserSettings(BaseModel):
    """Safe defaults; composed by app/settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    registration_open: bool = Field(default=True, description="anybody may make an account")
    refresh_lifetime_s: int = Field(default=30 * 24 * 3600, ge=60, description="a refresh token unused dies")
    family_lifetime_s: int = Field(default=180 * 24 * 3600, ge=60, description="then log in again anyway")
    refresh_grace_s: float = Field(
        default=10, ge=0, le=60, description="two tabs may race with one refresh token for so long"
    )
    hashing_threads: int = Field(default=2, ge=1, le=64)
    hashing_waiting: int = Field(default=64, ge=1, description="log-ins that may wait for a thread")
    wrong_logins: int = Field(default=10, ge=1, description="wrong passwords per address and account")
    wrong_window_s: int = Field(default=600, ge=1)
    logins_of_address: int = Field(default=300, ge=1, description="right or wrong, for all accounts")
    refreshes_of_address: int = Field(default=1200, ge=1)
    registrations_of_address: int = Field(default=120, ge=1)
    address_window_s: int = Field(default=60, ge=1, description="window of the three limits above")
    verify_email: bool = Field(
        default=False, description="log in only after the link in the first letter was opened"
    )
    reset_link_lifetime_s: int = Field(default=1800, ge=60, description="link to a new password")
    invite_link_lifetime_s: int = Field(
        default=7 * 24 * 3600, ge=60, description="link to a first password, for who was given an account"
    )
    email_link_lifetime_s: int = Field(default=24 * 3600, ge=60, description="link to confirm an address")
    letters_of_address: int = Field(default=10, ge=1, description="letters asked for, a window")
    fresh_login_s: int = Field(
        default=600, ge=30, description="what is final needs the password, or without one so fresh a log-in"
    )
    tokens_per_account: int = Field(default=50, ge=1, description="personal access tokens")
    client_token_lifetime_s: int = Field(default=900, ge=60, le=3600, description="of OAuth clients")
    oidc: dict[Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")], ProviderSettings] = Field(
        default_factory=dict,
        description="OpenID Connect providers by name: MEETING_USER__OIDC__<NAME>__ISSUER, …__CLIENT_ID, "
        "…__CLIENT_SECRET, …__TITLE, …__CREATE_ACCOUNTS, …__LINK_VERIFIED_EMAIL",
    )
    purge_every_s: float = Field(default=3600, gt=0, description="expired tokens are deleted so often")
