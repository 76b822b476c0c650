"""What a service gives to the composition root: a value, so that a process is a list of plugs."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.routing import BaseRoute

from meeting_system.contracts.call import Event, Request
from meeting_system.kernel.clock import Clock
from meeting_system.kernel.ports import Check, Documents, Mail, Objects, Registry, Store
from meeting_system.kit.bus import Bus, Handler, Listener
from meeting_system.kit.limits import RateLimiter
from meeting_system.kit.sql import Database
from meeting_system.kit.tokens import Tokens


@asynccontextmanager
async def nothing_to_run() -> AsyncIterator[None]:
    """The lifespan of a service without tasks."""
    yield


@dataclass(frozen=True)
class Plug:
    """One service, ready to be mounted.

    `routes` are mounted as they are (FastAPI's APIRouter.routes or Starlette routes, full paths), `handlers`
    answer requests of the bus, `listeners` hear its events, `run` holds the service's tasks: entered after
    every adapter is up, left before they go. `drain` is awaited first at a stop, while everything works.
    """

    name: str
    routes: Sequence[BaseRoute] = ()
    handlers: Mapping[type[Request[Any]], Handler] = field(default_factory=dict)
    listeners: Mapping[type[Event], Sequence[Listener]] = field(default_factory=dict)
    run: Callable[[], AbstractAsyncContextManager[None]] = nothing_to_run
    drain: Callable[[], Awaitable[None]] | None = None
    checks: Mapping[str, Check] = field(default_factory=dict)


@dataclass(frozen=True)
class Ports:
    """What every service may use of the outside; `app` fills it in, a service's `create` takes it."""

    database: Database
    store: Store
    bus: Bus
    clock: Clock
    tokens: Tokens
    limiter: RateLimiter
    registry: Registry
    mail: Mail
    documents: Documents
    objects: Objects
    origin: str
    """Where people reach the pages, for links in letters: never what a request says of itself."""
