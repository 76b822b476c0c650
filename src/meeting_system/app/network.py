"""Addresses of this machine: what media is told to be reached at, and the sockets to listen on."""

import asyncio
import errno
import ipaddress
import socket

from meeting_system.app.settings import Settings
from meeting_system.media.settings import MediaSettings


class AddressInUse(RuntimeError):
    """Something else listens there."""


class NameUnknown(RuntimeError):
    """The public name leads to no address."""


async def advertised_media(settings: Settings) -> MediaSettings:
    """Return the media settings with the public address advertised, unless others were set."""
    if settings.public is None or settings.media.advertised:
        return settings.media
    return settings.media.model_copy(update={"advertised": tuple(await resolve(settings.public))})


async def resolve(name: str) -> list[str]:
    """Return the addresses of a name, or the address itself."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(5):
            found = await loop.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    except (OSError, TimeoutError) as error:
        raise NameUnknown(
            f"the name {name} leads to no address from here: check it, or set MEETING_MEDIA__ADVERTISED"
        ) from error
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    # Link-local addresses need a zone, which a candidate can't carry.
    return [each for each in addresses if not ipaddress.ip_address(each.split("%")[0]).is_link_local]


def listen(addresses: tuple[str, ...], port: int) -> list[socket.socket]:
    """Open a listening socket an address; IPv6 is left out where the machine has none."""
    sockets: list[socket.socket] = []
    for address in addresses:
        try:
            opened = _listen(address, port if not sockets else sockets[0].getsockname()[1])
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                close(sockets)
                raise AddressInUse(
                    f"port {port} is in use: stop what listens there, or choose another with --port"
                ) from error
            if ":" in address and sockets and error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                continue
            close(sockets)
            raise
        sockets.append(opened)
    return sockets


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind((address, port))
        opened.setblocking(False)
    except OSError:
        opened.close()
        raise
    return opened


def close(sockets: list[socket.socket]) -> None:
    """Close all."""
    for each in sockets:
        each.close()
