"""Network addresses as the owners of attempts."""

import ipaddress
from functools import lru_cache

# A subscriber gets at least a /64 (RFC 6177): counted one by one, its addresses would be endless guesses.
_IPV6_SUBSCRIBER_BITS = 64


@lru_cache(maxsize=1024)
def address_block(address: str) -> str:
    """Return what attempts from `address` are counted under: an IPv4 address, or an IPv6 /64 network.

    IPv4 in IPv6 clothes (`::ffff:192.0.2.1`) counts as IPv4; what is no address is returned as it is.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_SUBSCRIBER_BITS), strict=False))
