"""A stream over WHIP or WHEP as a value: what was asked for, what became of it, what it asks of others."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from meeting_system.contracts.call import Nothing, Request
from meeting_system.contracts.media import OpenPeer, Source, WantedSlot
from meeting_system.contracts.meeting import ReportPresence
from meeting_system.contracts.stream import Direction, HideStream, StreamAdmission
from meeting_system.kernel.ids import new_secret
from meeting_system.media.offers import Plan, find_credentials, plan_publishing, plan_watching


@dataclass(frozen=True)
class Wanted:
    """What a client asked for in its POST. `pinned`: the participant a player wants to see."""

    direction: Direction
    meeting: str
    token: str
    offer: str
    pinned: str | None = None


@dataclass(frozen=True)
class Address:
    """What a client names in a PATCH or DELETE, and the token that it shows."""

    direction: Direction
    meeting: str
    resource_id: str
    token: str


@dataclass
class Stream:
    """One connection. `sid` is its session in signaling; `ended` says why it is over."""

    stream_id: str
    wanted: Wanted
    token_hash: str
    admission: StreamAdmission
    sid: str
    generation: int
    etag: str
    offer: str
    plan: Plan = field(default_factory=Plan)
    connected: bool = False
    shown: list[Source] | None = None
    shown_at_s: float = 0.0
    layout: list[WantedSlot] = field(default_factory=list)
    ended: str | None = None

    @property
    def participant_id(self) -> str:
        return self.admission.participant_id

    @property
    def meeting_id(self) -> str:
        return self.admission.meeting_id

    @property
    def publishes(self) -> bool:
        return self.wanted.direction == "publish"


def hash_token(token: str) -> str:
    """Hash a token, so that memory and logs hold none."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_etag() -> str:
    """Return the entity tag of a new ICE session, in its quotes."""
    return f'"{new_secret()}"'


def current_ufrag(stream: Stream) -> str | None:
    """The client's ICE user name of the present ICE session."""
    found = find_credentials(stream.offer)
    return found.ufrag if found else None


def plan_of(wanted: Wanted, source: str) -> Plan:
    """Say what the m-lines of an offer are for. Errors: sdp_unreadable, sdp_unacceptable."""
    if wanted.direction == "publish":
        return plan_publishing(wanted.offer, "screen" if source == "screen" else "camera")
    return plan_watching(wanted.offer)


def as_offer(stream: Stream, offer: str, *, restart: bool = False) -> OpenPeer:
    """Return what the engine is asked for a stream."""
    return OpenPeer(
        meeting_id=stream.meeting_id,
        participant_id=stream.participant_id,
        generation=stream.generation,
        offer=offer,
        restart=restart,
        publish=stream.plan.publish,
        audio_slots=stream.plan.audio_slots,
        video_slots=stream.plan.video_slots,
    )


def farewell(stream: Stream, reason: str) -> Request[Nothing]:
    """Tell signaling, which tells meeting; who was never shown is known to meeting only."""
    why: Literal["left", "lost"] = "lost" if reason == "lost" else "left"
    if stream.shown is not None:
        return HideStream(sid=stream.sid, reason=why)
    return ReportPresence(
        meeting_id=stream.meeting_id,
        run_id=stream.admission.run_id,
        participant_id=stream.participant_id,
        state="left",
        reason=why,
    )
