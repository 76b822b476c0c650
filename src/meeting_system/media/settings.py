"""What an operator may set about media."""

import re
from ipaddress import ip_address
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import NoDecode

from meeting_system.kit.turn import TurnSettings


class MediaSettings(BaseModel):
    """One number for UDP and TCP: open both in the firewall.

    `advertised` are the addresses that browsers are told to send to; empty: those of the machine's own
    interfaces, which is right except behind NAT. `workers` 0: one a core. `connection_tests` is how many
    browsers may run the connection test at the same time, `streams` how many encoders and players may be
    connected over WHIP and WHEP. The last four count where several media processes serve one system.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bind: str = "0.0.0.0"  # noqa: S104  # media has to be reached from everywhere; every packet is authenticated
    port: Annotated[int, Field(ge=0, le=65535)] = 10000
    advertised: Annotated[tuple[str, ...], NoDecode] = ()
    workers: Annotated[int, Field(ge=0, le=256)] = 0
    tcp: bool = True
    connection_tests: Annotated[int, Field(ge=0, le=10_000)] = 64
    streams: Annotated[int, Field(ge=0, le=10_000, description="encoders and players at a time")] = 200
    turn: TurnSettings = TurnSettings()
    relay_address: str | None = Field(
        default=None, description="where other media nodes reach this one; none: the first advertised address"
    )
    capacity: Annotated[
        int, Field(ge=1, description="connections of a media node, after which others are filled")
    ] = 2000
    spread_after: Annotated[
        int, Field(ge=1, description="connections of one meeting on a media node, after which others help")
    ] = 500
    drain_s: Annotated[
        float, Field(ge=0, le=300, description="in which connections move to other media nodes at a stop")
    ] = 6.0

    @field_validator("relay_address")
    @classmethod
    def check_address(cls, value: str | None) -> str | None:
        """Take an IP address: names are not looked up for every relay."""
        return None if not value else str(ip_address(value))

    @field_validator("advertised", mode="before")
    @classmethod
    def split(cls, value: Any) -> Any:
        """Take `a, b` for two addresses."""
        return tuple(filter(None, re.split(r"[,\s]+", value))) if isinstance(value, str) else value
