"""What can be set about webhooks."""

import ipaddress
import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class WebhookSettings(BaseModel):
    """Safe defaults; composed by app/settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allowed_networks: str = Field(
        default="",
        max_length=2000,
        description="own networks that webhooks may reach, also without TLS, such as `10.1.0.0/16`",
    )
    of_account: int = Field(default=10, ge=0, description="webhooks that an account may have")
    of_all: int = Field(default=1000, ge=1, description="webhooks that there may be")
    timeout_s: float = Field(default=10, gt=0, le=60, description="for a receiver to answer")
    at_once: int = Field(default=16, ge=1, le=256, description="deliveries of a process at the same time")
    kept_days: int = Field(default=30, ge=1, description="deliveries that are over are kept for so long")
    secret_overlap_s: int = Field(
        default=24 * 3600, ge=0, description="a secret that was replaced still signs for so long"
    )
    pings: int = Field(default=10, ge=1, description="test deliveries of a webhook in a minute")

    @field_validator("allowed_networks", mode="after")
    @classmethod
    def _check_networks(cls, value: str) -> str:
        read_networks(value)
        return value

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks that are allowed."""
        return read_networks(self.allowed_networks)


def read_networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a list; ValueError for what is none."""
    return tuple(ipaddress.ip_network(word) for word in re.split(r"[,\s]+", text) if word)
