"""The one list of services: what a process may run, and how each is opened."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

from meeting_system.app.settings import Settings
from meeting_system.kernel.login import LoginProvider
from meeting_system.kit.plug import Plug, Ports

Opener = Callable[[Ports, Settings], AbstractAsyncContextManager[Plug]]

# Imported when opened: a process with one service does not load the others.


@asynccontextmanager
async def open_user(ports: Ports, settings: Settings) -> AsyncIterator[Plug]:
    """Accounts, sessions, tokens."""
    from meeting_system.user.wiring import create

    async with AsyncExitStack() as stack:
        providers: dict[str, LoginProvider] = {}
        if settings.user.oidc:
            from meeting_system.adapters.oidc import OidcClient, OidcProvider, open_http

            http = await stack.enter_async_context(open_http())
            for name, set_up in settings.user.oidc.items():
                secret = set_up.client_secret.get_secret_value() if set_up.client_secret else None
                client = OidcClient(set_up.issuer, set_up.client_id, secret)
                providers[name] = OidcProvider(client, http, ports.clock)
        yield create(ports, settings.user, providers)


@asynccontextmanager
async def open_meeting(ports: Ports, settings: Settings) -> AsyncIterator[Plug]:
    """Rooms, meetings, participants."""
    from meeting_system.meeting.wiring import create

    yield create(ports, settings.meeting, settings.media.turn)


@asynccontextmanager
async def open_signaling(ports: Ports, settings: Settings) -> AsyncIterator[Plug]:
    """The WebSocket and the rooms' logs."""
    from meeting_system.signaling.wiring import create

    yield create(ports, settings.signaling)


@asynccontextmanager
async def open_media(ports: Ports, settings: Settings) -> AsyncIterator[Plug]:
    """The media engine."""
    from meeting_system.adapters.sfu import open_engine
    from meeting_system.app.network import advertised_media
    from meeting_system.media.wiring import create

    media = await advertised_media(settings)
    async with open_engine(media) as engine:
        yield create(ports, media, engine)


@asynccontextmanager
async def open_webhook(ports: Ports, settings: Settings) -> AsyncIterator[Plug]:
    """What other programs are told."""
    from meeting_system.adapters.outward import open_outward
    from meeting_system.webhook.rules import may_reach
    from meeting_system.webhook.wiring import create

    secret = settings.bigbluebutton.secret
    async with open_outward(may_reach(settings.webhook.networks)) as outward:
        yield create(
            ports,
            settings.webhook,
            outward,
            outside_secret=secret.get_secret_value() if secret else "",
            domain=urlsplit(settings.origin).hostname or "localhost",
        )


@asynccontextmanager
async def open_bigbluebutton(ports: Ports, settings: Settings) -> AsyncIterator[Plug]:
    """The API of another system, for the software that speaks it."""
    from meeting_system.bigbluebutton.wiring import create

    yield create(ports, settings.bigbluebutton, public_url=settings.meeting.public_url)


SERVICES: dict[str, Opener] = {
    "media": open_media,
    "user": open_user,
    "webhook": open_webhook,
    "meeting": open_meeting,
    "bigbluebutton": open_bigbluebutton,
    "signaling": open_signaling,
}
"""In the order of their start: who answers comes before who asks."""
