"""Signaling's settings, with defaults that are safe."""

from pydantic import BaseModel, Field


class SignalingSettings(BaseModel):
    """`public_origins`: other origins than the server's own host whose pages may connect (scheme://host[:port])."""

    public_origins: list[str] = Field(default_factory=list)
    max_unauthenticated_per_address: int = Field(default=20, ge=1)
    drain_s: float = Field(
        default=3.0, ge=0, le=300, description="for sockets to move to another process when this one stops"
    )
