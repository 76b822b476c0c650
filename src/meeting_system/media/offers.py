"""Offers of encoders and players, which are not shaped like our web client's: what each m-line is for.

An encoder's first audio line is its microphone and its first video line its picture; a player's audio lines
are voices and its first video line is the stage. Also ICE restarts by fragments (RFC 8840, RFC 9725 4.3).
"""

import re
from dataclasses import dataclass, field

from meeting_system.contracts.media import Track
from meeting_system.contracts.stream import PictureSource
from meeting_system.media.errors import SdpUnacceptable, SdpUnreadable
from meeting_system.media.sdp import MediaLine, media_lines

MAX_VOICES = 3
MOST_LINES = 32
_NEEDED = ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:")


@dataclass(frozen=True)
class Plan:
    """What the engine is told about an offer's m-lines."""

    publish: list[Track] = field(default_factory=list)
    audio_slots: list[str] = field(default_factory=list)
    video_slots: list[str] = field(default_factory=list)

    @property
    def mids(self) -> set[str]:
        """Every m-line that shall carry something."""
        return {track.mid for track in self.publish} | {*self.audio_slots, *self.video_slots}


@dataclass(frozen=True)
class Credentials:
    """ICE user name and password of one side."""

    ufrag: str
    pwd: str


def plan_publishing(offer: str, source: PictureSource) -> Plan:
    """Say what an encoder sends. Errors: sdp_unreadable, sdp_unacceptable."""
    sending = [line for line in _lines(offer) if line.sends]
    audio = [Track(mid=line.mid, source="microphone") for line in sending if line.kind == "audio"][:1]
    video = [Track(mid=line.mid, source=source) for line in sending if line.kind == "video"][:1]
    if not audio and not video:
        raise SdpUnacceptable("the offer sends neither audio nor video")
    return Plan(publish=audio + video)


def plan_watching(offer: str) -> Plan:
    """Say what a player receives. Errors: sdp_unreadable, sdp_unacceptable."""
    receiving = [line for line in _lines(offer) if line.receives]
    audio = [line.mid for line in receiving if line.kind == "audio"][:MAX_VOICES]
    video = [line.mid for line in receiving if line.kind == "video"][:1]
    if not audio and not video:
        raise SdpUnacceptable("the offer receives neither audio nor video")
    return Plan(audio_slots=audio, video_slots=video)


def _lines(offer: str) -> list[MediaLine]:
    if not offer.startswith("v=0"):
        raise SdpUnreadable("an SDP begins with v=0")
    sections = len(re.findall(r"^m=", offer, re.MULTILINE))
    lines = media_lines(offer)
    if not 0 < sections <= MOST_LINES or len(lines) != sections:
        raise SdpUnreadable(f"an offer has 1 to {MOST_LINES} m-lines, each with a mid")
    if lacking := [name for name in _NEEDED if f"\n{name}" not in offer]:
        raise SdpUnreadable(f"the offer has no {lacking[0].rstrip(':')}")
    if sections > 1 and "\na=group:BUNDLE " not in offer:
        raise SdpUnacceptable("everything goes over one transport here: offer a=group:BUNDLE")
    return lines


def check_accepted(plan: Plan, answer: str) -> None:
    """Raise SdpUnacceptable when the engine could take none of the m-lines: it knows none of their codecs."""
    taken = {line.mid for line in media_lines(answer) if not line.refused and (line.sends or line.receives)}
    if refused := plan.mids - taken:
        raise SdpUnacceptable(
            f"no common codec for m-line {', '.join(sorted(refused))}: H264, VP8, VP9 or AV1, and Opus"
        )


def find_credentials(text: str) -> Credentials | None:
    """Read ICE credentials from an SDP or a fragment; None when they are not there."""
    ufrag = re.search(r"^a=ice-ufrag:([A-Za-z0-9+/]{4,256})\s*$", text, re.MULTILINE)
    pwd = re.search(r"^a=ice-pwd:([A-Za-z0-9+/]{22,256})\s*$", text, re.MULTILINE)
    return Credentials(ufrag[1], pwd[1]) if ufrag and pwd else None


def with_credentials(offer: str, credentials: Credentials) -> str:
    """Return the offer with other ICE credentials: what a browser would offer for an ICE restart."""
    offer = re.sub(r"^a=ice-ufrag:[^\r\n]*", f"a=ice-ufrag:{credentials.ufrag}", offer, flags=re.MULTILINE)
    return re.sub(r"^a=ice-pwd:[^\r\n]*", f"a=ice-pwd:{credentials.pwd}", offer, flags=re.MULTILINE)


def as_fragment(answer: str) -> str:
    """Return the ICE part of an answer: credentials, one m-line, candidates (RFC 8840, section 9)."""
    found = find_credentials(answer)
    first = next((line for line in answer.splitlines() if line.startswith("m=")), "m=audio 9 RTP/AVP 0")
    mid = media_lines(answer)[0].mid if media_lines(answer) else "0"
    candidates = dict.fromkeys(
        line for line in answer.splitlines() if line.startswith(("a=candidate:", "a=end-of-candidates"))
    )
    lines = ["a=ice-lite", "a=ice-options:trickle"]
    if found is not None:
        lines += [f"a=ice-ufrag:{found.ufrag}", f"a=ice-pwd:{found.pwd}"]
    return "\r\n".join([*lines, first, f"a=mid:{mid}", *candidates]) + "\r\n"
