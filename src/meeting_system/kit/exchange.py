"""What a request and its answer say beside their bodies: preconditions, versions, limits.

The edge opens an exchange for every request; code far inside notes what the edge then writes as headers.
Outside of a request (a job, the bus) there is none, and noting does nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import blake2b

from meeting_system.kernel.errors import Invalid

ANY = "*"


class PreconditionFailed(Invalid):
    """If-Match names another version than the present one: somebody changed it, so read it again."""

    status = 412
    code = "precondition_failed"


@dataclass(frozen=True)
class LimitState:
    """A rate limit after an attempt: `left` more in the next `reset_s`."""

    name: str
    limit: int
    window_s: float
    left: int
    reset_s: float


@dataclass
class Exchange:
    """One request and its answer. `if_match`: the tags that the client named, None when it named none."""

    if_match: tuple[str, ...] | None = None
    version: str | None = None
    limits: dict[str, LimitState] = field(default_factory=dict)


_present: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


@contextmanager
def exchanging(exchange: Exchange) -> Iterator[Exchange]:
    """Make `exchange` the present one for the length of the block."""
    token = _present.set(exchange)
    try:
        yield exchange
    finally:
        _present.reset(token)


def note_version(version: str) -> None:
    """Note the version of what is answered: it becomes the first part of the ETag."""
    exchange = _present.get()
    if exchange is not None:
        exchange.version = version


def is_conditional() -> bool:
    """Tell whether the caller named a version that has to be the present one."""
    exchange = _present.get()
    return exchange is not None and exchange.if_match is not None


def check_version(version: str) -> None:
    """Raise PreconditionFailed when the caller's If-Match names another version than `version`.

    Call it while what is about to be changed is held (SELECT … FOR UPDATE), else another change slips in.
    """
    exchange = _present.get()
    wanted = None if exchange is None else exchange.if_match
    if wanted is not None and ANY not in wanted and version not in (version_of(tag) for tag in wanted):
        raise PreconditionFailed("it was changed meanwhile: read it again, then repeat the change")


def note_limit(state: LimitState) -> None:
    """Note where the caller stands with a rate limit."""
    exchange = _present.get()
    if exchange is not None:
        exchange.limits[state.name] = state


def read_tags(header: str | None) -> tuple[str, ...] | None:
    """Return the entity tags of an If-Match or If-None-Match header, None when there is none."""
    if header is None:
        return None
    return tuple(tag.strip() for tag in header.split(",") if tag.strip())


def version_of(tag: str) -> str:
    """Return the version of an object that an entity tag of ours names: what is before the dot."""
    return tag.removeprefix("W/").strip('"').partition(".")[0]


def entity_tag(version: str | None, body: bytes) -> str:
    """Return the ETag of an answer: the version of the object, and a digest of how it is shown.

    An answer shows more than the object (how many are in a meeting): a cache has to see that change, a
    precondition must not.
    """
    digest = blake2b(body, digest_size=9).hexdigest()
    return f'"{version}.{digest}"' if version else f'"{digest}"'
