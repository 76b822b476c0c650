"""What `create` says of the rules of a meeting, in the words that meetings here have for it."""

from urllib.parse import urlsplit

from meeting_system.bigbluebutton.errors import Failed
from meeting_system.bigbluebutton.parameters import Parameters
from meeting_system.contracts.meeting_options import ChatAllowed, OptionsToChange

ACCEPT, ASK, DENY = "ALWAYS_ACCEPT", "ASK_MODERATOR", "ALWAYS_DENY"
POLICIES = frozenset({ACCEPT, "ALWAYS_ACCEPT_AUTH", ASK, DENY})
LONGEST_MIN = 366 * 24 * 60
LONGEST_URL = 2048


def options_of(parameters: Parameters) -> OptionsToChange:
    """Return the options of a meeting; what is not said is as it is here without. FAILED: validationError."""
    disabled = {word.strip() for word in parameters.get("disabledFeatures").split(",")}
    locked = not parameters.flag("lockSettingsLockOnJoinConfigurable") or parameters.flag(
        "lockSettingsLockOnJoin", default=True
    )
    return OptionsToChange(
        lobby="guests" if guest_policy(parameters) == ASK else "off",
        mute_on_entry=parameters.flag("muteOnStart"),
        attendees_may_unmute=not (locked and parameters.flag("lockSettingsDisableMic")),
        attendees_may_share="screenshare" not in disabled,
        attendees_may_use_camera=not (locked and parameters.flag("lockSettingsDisableCam")),
        attendees_may_chat="off" if "chat" in disabled else _chat(parameters, locked=locked),
    )


def guest_policy(parameters: Parameters) -> str:
    """Return what becomes of guests. FAILED: validationError."""
    policy = parameters.get("guestPolicy") or ACCEPT
    if policy not in POLICIES:
        raise Failed("validationError", f"guestPolicy must be one of {', '.join(sorted(POLICIES))}")
    return policy


def lasts_min(parameters: Parameters) -> int | None:
    """Return after how many minutes a meeting ends; None: by nobody's clock."""
    return min(parameters.number("duration"), LONGEST_MIN) or None


def logout_url(parameters: Parameters) -> str | None:
    """Return where people go from the end: no address but one of the web, which is all that a page opens."""
    url = parameters.get("logoutURL")
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    is_web = parts.scheme in ("http", "https") and bool(parts.netloc)
    return url if is_web and len(url) <= LONGEST_URL else None


def _chat(parameters: Parameters, *, locked: bool) -> ChatAllowed:
    """Viewers who may not write to everyone still may to moderators, unless private chat is locked too."""
    if not (locked and parameters.flag("lockSettingsDisablePublicChat")):
        return "everyone"
    return "off" if parameters.flag("lockSettingsDisablePrivateChat") else "hosts"
