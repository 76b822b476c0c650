"""The secrets of an installation: configured, or made at its first start and kept in the data folder."""

from meeting_system.app.settings import Settings
from meeting_system.kernel.clock import Clock
from meeting_system.kit.tokens import SignedTokens, load_or_make_secret


def open_tokens(settings: Settings, clock: Clock) -> SignedTokens:
    """Return what signs access tokens. The first secret signs, the previous one is still accepted."""
    secrets = {}
    if settings.tokens.secret is not None:
        secrets["configured"] = settings.tokens.secret.get_secret_value()
    else:
        secrets["own"] = load_or_make_secret(settings.data / "secrets" / "tokens")
    if settings.tokens.previous_secret is not None:
        secrets["previous"] = settings.tokens.previous_secret.get_secret_value()
    return SignedTokens(secrets, clock, lifetime_s=settings.tokens.lifetime_s)
