"""What an operator may set about media."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import NoDecode

from meeting_system.kit.turn import TurnSettings


class MediaSettings(BaseModel):
    """One number for UDP and TCP: open both in the firewall.

    `advertised` are the addresses that browsers are told to send to; empty: those of the machine's own
    interfaces, which is right except behind NAT. `workers` 0: one a core. `connection_tests` is how many
    browsers may run the connection test at the same time, `streams` how many encoders and players may be
    connected over WHIP and WHEP.
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

    @field_validator("advertised", mode="before")
    @classmethod
    def split(cls, value: Any) -> Any:
        """Take `a, b` for two addresses."""
        return tuple(filter(None, re.split(r"[,\s]+", value))) if isinstance(value, str) else value
