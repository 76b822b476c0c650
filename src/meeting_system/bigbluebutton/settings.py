"""What can be set about the BigBlueButton-compatible API."""

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

Algorithm = Literal["sha1", "sha256", "sha384", "sha512"]
ALGORITHMS: tuple[Algorithm, ...] = ("sha1", "sha256", "sha384", "sha512")


class BigBlueButtonSettings(BaseModel):
    """Safe defaults; composed by app/settings. Without a secret the API is off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret: SecretStr | None = Field(
        default=None, description="shared with the software that runs meetings here; none: this API is off"
    )
    checksums: str = Field(
        default=", ".join(ALGORITHMS), description="algorithms of checksums that are accepted"
    )
    pass_lifetime_s: int = Field(
        default=24 * 3600, ge=60, description="how long a link to join leads into its meeting"
    )

    @field_validator("secret", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("checksums", mode="after")
    @classmethod
    def _check_algorithms(cls, value: str) -> str:
        unknown = set(words(value)) - set(ALGORITHMS)
        if unknown or not words(value):
            raise ValueError(f"some of {', '.join(ALGORITHMS)}")
        return value

    @property
    def algorithms(self) -> frozenset[str]:
        """The algorithms that are accepted."""
        return frozenset(words(self.checksums))


def words(text: str) -> list[str]:
    """Take `a, b` for a list."""
    return [word for word in re.split(r"[,\s]+", text) if word]
