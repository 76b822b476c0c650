"""Checksums: the call, its query without the checksum, and the secret, hashed."""

import hashlib
import hmac
import re
from collections.abc import Collection

_CHECKSUM = re.compile(r"(?:^|&)checksum=([0-9a-fA-F]*)(?=&|$)")
_BY_LENGTH = {40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}


def split_checksum(query: str) -> tuple[str, str]:
    """Return (the query as it was signed, the checksum in it); "" where there is none."""
    found = _CHECKSUM.search(query)
    if found is None:
        return query, ""
    rest = query[: found.start()] + query[found.end() :]
    return rest.removeprefix("&"), found.group(1).lower()


def is_right(call: str, signed: str, checksum: str, secret: str, allowed: Collection[str]) -> bool:
    """Tell whether `checksum` is that of a call; its length names the algorithm."""
    algorithm = _BY_LENGTH.get(len(checksum))
    if algorithm is None or algorithm not in allowed:
        return False
    wanted = hashlib.new(algorithm, f"{call}{signed}{secret}".encode(), usedforsecurity=False).hexdigest()
    return hmac.compare_digest(wanted, checksum)
