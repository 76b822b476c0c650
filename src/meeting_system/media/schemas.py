"""Bodies of the connection test."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from meeting_system.media.probe import Transport


class ProbeOffer(BaseModel):
    """A complete offer of the browser, and the one transport to try."""

    model_config = ConfigDict(extra="forbid")

    transport: Transport
    sdp: Annotated[str, Field(min_length=1, max_length=20_000)]


class ProbeAnswer(BaseModel):
    """The engine's answer, with candidates of that transport only. DTLS connected: it works."""

    sdp: str
