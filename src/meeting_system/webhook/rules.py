"""The decisions about webhooks, without I/O: addresses, secrets, when it is tried again."""

import base64
import ipaddress
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from meeting_system.webhook.errors import WebhookUrlRefused
from meeting_system.webhook.settings import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

RETRY_S = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 21600, 28800)
"""Pauses after the attempts: eleven of them in 21.6 hours, with jitter in less than a day."""

JITTER = 0.1
SECRET_BYTES = 32
LONGEST_URL = 1024
_LOCAL_NAMES = (".local", ".localhost", ".internal", ".home.arpa", ".onion")


def new_secret() -> str:
    """Return a secret as Standard Webhooks writes it: `whsec_` and 32 random bytes in Base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def next_attempt(attempts: int, now: datetime, share: float) -> datetime | None:
    """Return when to try after attempt number `attempts` (from 1) failed, None: never.

    `share`: chance, 0 to 1.
    """
    if attempts > len(RETRY_S):
        return None
    return now + timedelta(seconds=RETRY_S[attempts - 1] * (1 - JITTER + 2 * JITTER * share))


def check_url(url: str, allowed: Sequence[Network]) -> str:
    """Return `url` when a webhook may go there as far as can be said without asking; raise WebhookUrlRefused.

    What a name stands for is looked at when it is sent, each time: it may be another address by then.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise WebhookUrlRefused("not a URL") from None
    host = (parts.hostname or "").rstrip(".")
    address = _read_address(host)
    if not host or not url.isascii() or any(letter <= " " or letter == "\\" for letter in url):
        raise WebhookUrlRefused("not a URL like https://hooks.example.org/path")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise WebhookUrlRefused("without a name, a password or a fragment inside")
    if port == 0:
        raise WebhookUrlRefused("port 0 is none")
    own = address is not None and any(address in network for network in allowed)
    if parts.scheme != "https" and not (parts.scheme == "http" and (own or (allowed and address is None))):
        raise WebhookUrlRefused("https only: what is told is for nobody on the way")
    if address is None and (host == "localhost" or host.endswith(_LOCAL_NAMES)) and not allowed:
        raise WebhookUrlRefused(f"{host} is no address in the internet")
    if address is not None and not own and not is_public(address):
        raise WebhookUrlRefused(f"{host} is no address in the internet")
    return url


def may_reach(allowed: Sequence[Network]) -> Callable[[Address], bool]:
    """Return what says whether a request may go to an address."""
    return lambda address: is_public(address) or any(address in network for network in allowed)


def _read_address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


# Addresses that carry an IPv4 address inside, which is where they lead: NAT64 (RFC 6052, 8215), 6to4, Teredo.
_CARRYING = tuple(
    ipaddress.IPv6Network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "::ffff:0:0:0/96")
)


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the internet: nobody's own network, no machine itself, no group."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.scope_id is not None or any(address in network for network in _CARRYING):
            return False
        if address in ipaddress.IPv6Network("5f00::/16") or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
