"""The user service as a plug."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

from meeting_system.kernel.login import LoginProvider
from meeting_system.kit.cache import Cache, Marks
from meeting_system.kit.every import every
from meeting_system.kit.passwords import Passwords
from meeting_system.kit.plug import Plug, Ports
from meeting_system.kit.tasks import alongside
from meeting_system.user import jobs
from meeting_system.user.context import Context
from meeting_system.user.handlers import create_handlers
from meeting_system.user.pictures import open_studio
from meeting_system.user.postman import Postman
from meeting_system.user.repository.accounts import KIND
from meeting_system.user.routes import create_routes
from meeting_system.user.schemas import CachedAccount
from meeting_system.user.settings import UserSettings


def create(
    ports: Ports, settings: UserSettings, providers: Mapping[str, LoginProvider] | None = None
) -> Plug:
    """Wire the user service to its ports."""
    passwords = Passwords(threads=settings.hashing_threads, waiting=settings.hashing_waiting)
    studio = open_studio()
    ports.database.mark = Marks(ports.store).mark
    cached = Cache(ports.store, KIND, CachedAccount)
    context = Context(ports, settings, passwords, Postman(ports), studio, providers or {}, cached)

    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        purging = every(settings.purge_every_s, partial(jobs.purge, context), name="user_purge")
        try:
            async with alongside(purging), context.postman.running():
                yield
        finally:
            passwords.close()
            studio.shutdown(wait=False, cancel_futures=True)

    return Plug(name="user", routes=create_routes(context), handlers=create_handlers(context), run=run)
