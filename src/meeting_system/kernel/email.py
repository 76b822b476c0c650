"""E-mail addresses, as accounts and invitations keep them."""

import re
from unicodedata import normalize

_EMAIL = re.compile(r"[^\s@\"(),:;<>\[\]\\]{1,64}@[^\s@\"(),:;<>\[\]\\.]+(\.[^\s@\"(),:;<>\[\]\\.]+)*")


def normal_email(email: str) -> str:
    """Return the one spelling of an e-mail address; ValueError when it is none."""
    normal = normalize("NFKC", email).strip().lower()
    if len(normal) > 254 or not _EMAIL.fullmatch(normal) or not normal.isprintable():
        raise ValueError("is not an e-mail address")
    return normal
