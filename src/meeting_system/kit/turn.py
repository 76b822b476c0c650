"""TURN credentials that hold for a while, made from a secret shared with the TURN server.

The scheme of draft-uberti-behave-turn-rest, as coturn has it (`use-auth-secret`): the user name begins with
the Unix time at which it ends, the password is an HMAC of it.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from meeting_system.kernel.clock import Clock

SCHEMES = ("turn:", "turns:", "stun:", "stuns:")


class TurnSettings(BaseModel):
    """A TURN server for those whom neither UDP nor TCP lets through; none by default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    urls: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="such as turn:turn.example.org:3478?transport=udp"
    )
    secret: SecretStr | None = Field(default=None, description="static-auth-secret of coturn")
    ttl_s: int = Field(default=24 * 3600, ge=60, le=7 * 24 * 3600, description="how long credentials hold")

    @field_validator("urls", mode="before")
    @classmethod
    def split(cls, value: Any) -> Any:
        """Take `a, b` for two URLs."""
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("secret", mode="before")
    @classmethod
    def empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @model_validator(mode="after")
    def check(self) -> "TurnSettings":
        if wrong := [url for url in self.urls if not url.startswith(SCHEMES)]:
            raise ValueError(f"{wrong[0]} is no URL like turn:host:3478?transport=udp or turns:host:443")
        if any(url.startswith("turn") for url in self.urls) and self.secret is None:
            raise ValueError("MEETING_MEDIA__TURN__SECRET is needed: coturn's static-auth-secret")
        return self


class IceServer(BaseModel):
    """A STUN or TURN server as browsers take it (RTCIceServer)."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


@dataclass(frozen=True)
class Turn:
    """Issues credentials."""

    settings: TurnSettings
    clock: Clock

    def issue(self, name: str, *, ttl_s: int | None = None) -> list[IceServer]:
        """Return the servers with credentials for `name`, an id; nothing where none is configured."""
        if not self.settings.urls:
            return []
        if self.settings.secret is None:
            return [IceServer(urls=list(self.settings.urls))]
        expires_at = int(self.clock.now().timestamp()) + (ttl_s or self.settings.ttl_s)
        username = f"{expires_at}:{name}"
        credential = turn_password(self.settings.secret.get_secret_value(), username)
        return [IceServer(urls=list(self.settings.urls), username=username, credential=credential)]


def turn_password(secret: str, username: str) -> str:
    """Return the password that the TURN server computes for a user name."""
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def as_links(servers: list[IceServer]) -> list[str]:
    """Return `Link` headers that tell a WHIP client of ICE servers (RFC 9725, section 4.6)."""
    links = []
    for server in servers:
        for url in server.urls:
            link = f'<{url}>; rel="ice-server"'
            if server.username is not None and url.startswith("turn"):
                link += f'; username="{server.username}"; credential="{server.credential}"'
                link += '; credential-type="password"'
            links.append(link)
    return links
