"""Requests to addresses that others chose: never to our own networks, whatever a name stands for.

A name is resolved once, every address of it is looked at, and the connection goes to the one that was looked
at: a name that changes in between (DNS rebinding) changes nothing. No redirect is followed, no proxy used.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import httpx2

from meeting_system.kernel.ports import Posted, Refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
MayReach = Callable[[Address], bool]
Resolve = Callable[[str, int], Awaitable[list[str]]]

CONNECT_S = 5.0
EXCERPT_BYTES = 1024
PORTS = {"http": 80, "https": 443}
AGENT = "meeting-system-webhooks/1"


@dataclass(frozen=True)
class OutwardHttp:
    """The port `Outward` over httpx."""

    client: httpx2.AsyncClient
    may_reach: MayReach
    resolve: Resolve

    async def post(self, url: str, headers: dict[str, str], body: bytes, *, timeout_s: float) -> Posted:
        """Send; a redirect is an answer like any other. Raises Refused."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(timeout_s):
                address, host, port = await self._choose(url)
                request = self._request(url, address, host, port, headers, body)
                return await self._send(request, started)
        except TimeoutError:
            raise Refused("timeout", f"no answer within {timeout_s:.0f} s") from None
        except (httpx2.HTTPError, OSError, ValueError) as error:
            raise Refused("unreachable", f"{type(error).__name__}: {error}"[:300]) from error

    async def _choose(self, url: str) -> tuple[str, str, int]:
        """Return the address to connect to, the name to ask for, the port."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or PORTS[parts.scheme]
        addresses = [host] if _is_address(host) else await self._look_up(host, port)
        for text in addresses:
            if not self.may_reach(ipaddress.ip_address(text.partition("%")[0])) or "%" in text:
                raise Refused(
                    "address_refused", f"{host} leads to {text}, which is no address in the internet"
                )
        return addresses[0], host, port

    async def _look_up(self, host: str, port: int) -> list[str]:
        try:
            addresses = await self.resolve(host, port)
        except OSError as error:
            raise Refused("name_unknown", f"{host} has no address: {error.strerror or error}") from error
        if not addresses:
            raise Refused("name_unknown", f"{host} has no address")
        return addresses

    def _request(
        self, url: str, address: str, host: str, port: int, headers: dict[str, str], body: bytes
    ) -> httpx2.Request:
        parts = urlsplit(url)
        shown = f"[{address}]" if ":" in address else address
        target = urlunsplit((parts.scheme, f"{shown}:{port}", parts.path or "/", parts.query, ""))
        named = f"[{host}]" if ":" in host else host
        name = named if port == PORTS[parts.scheme] else f"{named}:{port}"
        # The certificate has to be of the name, although the connection goes to its address.
        extensions = {} if _is_address(host) else {"sni_hostname": host}
        return self.client.build_request(
            "POST",
            target,
            content=body,
            headers={"User-Agent": AGENT, **headers, "Host": name},
            extensions=extensions | {"timeout": httpx2.Timeout(None, connect=CONNECT_S).as_dict()},
        )

    async def _send(self, request: httpx2.Request, started: float) -> Posted:
        response = await self.client.send(request, stream=True)
        try:
            excerpt = b""
            async for chunk in response.aiter_raw():
                excerpt += chunk
                if len(excerpt) >= EXCERPT_BYTES:
                    break
        finally:
            await response.aclose()
        retry_after = response.headers.get("retry-after", "")
        return Posted(
            status=response.status_code,
            excerpt=excerpt[:EXCERPT_BYTES].decode("utf-8", "replace").replace("\x00", "\ufffd"),
            duration_s=time.monotonic() - started,
            retry_after_s=float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None,
        )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def resolve_name(host: str, port: int) -> list[str]:
    """Return the addresses of a name, as this machine resolves it."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for _, _, _, _, address in found]


@asynccontextmanager
async def open_outward(may_reach: MayReach) -> AsyncIterator[OutwardHttp]:
    """Open the way out for the length of the block. `may_reach` says which addresses it may lead to."""
    limits = httpx2.Limits(max_connections=64, max_keepalive_connections=0)
    async with httpx2.AsyncClient(trust_env=False, follow_redirects=False, limits=limits) as client:
        yield OutwardHttp(client, may_reach, resolve_name)
