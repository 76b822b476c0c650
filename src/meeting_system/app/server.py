"""The listener: uvicorn on sockets of ours, stopped gracefully by a signal."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any, cast

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from meeting_system.adapters.tls import TlsFiles
from meeting_system.app.certificate import Port, keep_certificate
from meeting_system.app.lifespan import Process
from meeting_system.app.settings import Settings
from meeting_system.kernel.clock import Clock, SystemClock
from meeting_system.kit.edge import NotePeer
from meeting_system.kit.log import logger
from meeting_system.kit.tasks import alongside
from meeting_system.kit.websocket_opening import WireProtocol

log = logger(__name__)

GRACE_S = 5
"""For requests in hand when we stop."""


class Listener(uvicorn.Server):
    """uvicorn without signal handlers of its own: a signal drains first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def stop_after(self, process: Process, stop: asyncio.Event) -> None:
        """Wait for the signal, drain, then close."""
        await stop.wait()
        log.info("stopping")
        await process.drain()
        self.should_exit = True


async def serve(
    process: Process,
    settings: Settings,
    sockets: list[socket.socket],
    *,
    tls: TlsFiles | None = None,
    on_listening: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM or SIGINT; a second signal does not wait for anybody."""
    listener = Listener(configure(process, settings, tls))
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            listener.force_exit = listener.should_exit = True
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    tasks = [listener.stop_after(process, stop), tell_when_listening(listener, on_listening)]
    if tls is not None:
        tasks.append(renew(listener, settings, SystemClock()))
    async with alongside(*tasks):
        await listener.serve(sockets)


def configure(process: Process, settings: Settings, tls: TlsFiles | None) -> uvicorn.Config:
    """Return uvicorn's configuration."""
    trusted = list(settings.http.trusted_proxies)
    # Ours around uvicorn's, instead of uvicorn's own wrapping: both addresses are wanted.
    app: Any = NotePeer(cast("Any", ProxyHeadersMiddleware)(process.app, trusted)) if trusted else process.app
    return uvicorn.Config(
        app,
        loop="none",  # ours runs already
        http="httptools",
        ws=WireProtocol,
        ws_per_message_deflate=False,
        ws_max_size=settings.http.frame_limit,
        ws_ping_interval=None,  # the signaling protocol has heartbeats of its own
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )


async def tell_when_listening(listener: Listener, on_listening: Callable[[], None]) -> None:
    """Call `on_listening` once connections are accepted."""
    while not listener.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.005)
    on_listening()


async def renew(listener: Listener, settings: Settings, clock: Clock) -> None:
    """Show the next certificate when there is one: to new connections, those that are open stay."""

    def show(files: TlsFiles) -> None:
        if listener.config.ssl is not None:
            listener.config.ssl.load_cert_chain(files.certificate, files.key)

    await keep_certificate(settings, clock, Port(settings.bind_addresses, settings.acme.port), show)
