"""What can be set about accounts."""

from pydantic import BaseModel, ConfigDict, Field


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
    purge_every_s: float = Field(default=3600, gt=0, description="expired tokens are deleted so often")
