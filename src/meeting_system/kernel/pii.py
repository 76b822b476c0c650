"""Personal data that must not reach a log: it prints as `‹redacted›` unless opened on purpose."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Private:
    """A value that prints redacted; `reveal` is the one way to it, easy to search for."""

    value: str = field(repr=False)

    def reveal(self) -> str:
        return self.value

    def __str__(self) -> str:
        return "‹redacted›"

    __repr__ = __str__
