"""What a browser has counted since its page was opened, and differences of it."""

from dataclasses import dataclass, fields
from typing import Any

from tests.e2e.person import Person

SAMPLES_A_SECOND = 48_000

Report = dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """Sums over all receive slots that got something, and over all that is sent."""

    at_s: float
    connections: int
    frames_decoded: int
    freezes: int
    frozen_s: float
    video_received: int
    video_lost: int
    video_bytes: int
    video_retransmitted_bytes: int
    nacks_sent: int
    plis_sent: int
    keyframes_decoded: int
    audio_received: int
    audio_lost: int
    audio_bytes: int
    samples: int
    concealed: int
    silent_concealed: int
    buffer_delay_s: float
    buffer_emitted: int
    sent_bytes: int
    sent_retransmitted_bytes: int
    nacks_received: int
    plis_received: int
    frames_encoded: int
    height: int
    state: str
    available_out_bps: float
    local_address: str

    def since(self, earlier: "Reading") -> "Reading":
        """Return what was counted since an earlier reading; what is no count stays as it is."""
        differences = {
            each.name: getattr(self, each.name) - getattr(earlier, each.name)
            for each in fields(self)
            if each.name not in ("height", "state", "available_out_bps", "local_address")
        }
        return Reading(
            **differences,
            height=self.height,
            state=self.state,
            available_out_bps=self.available_out_bps,
            local_address=self.local_address,
        )

    @property
    def concealed_share(self) -> float:
        """Part of the sound that had to be invented; silence, which nobody sent, doesn't count."""
        return (self.concealed - self.silent_concealed) / max(1, self.samples)

    @property
    def audio_loss(self) -> float:
        """Part of the sound's packets that never came."""
        return self.audio_lost / max(1, self.audio_received + self.audio_lost)

    @property
    def frozen_s_a_minute(self) -> float:
        """Seconds a minute in which the picture stood."""
        return self.frozen_s * 60 / max(1e-9, self.at_s)

    @property
    def retransmitted_share(self) -> float:
        """Part of the received bytes that had been sent before.

        What Chromium sends is not told apart like this: to probe the path it repeats packets, too.
        """
        return self.video_retransmitted_bytes / max(1, self.video_bytes + self.audio_bytes)


def total(reports: list[Report], name: str) -> Any:
    return sum(report.get(name, 0) for report in reports)


def to_reading(found: dict[str, Any]) -> Reading:
    """Return the sums of what a page's `__watch.read()` gave."""
    reports: list[Report] = found["reports"]
    inbound = [each for each in reports if each["type"] == "inbound-rtp" and each.get("packetsReceived")]
    video = [each for each in inbound if each["kind"] == "video"]
    audio = [each for each in inbound if each["kind"] == "audio"]
    sent = [each for each in reports if each["type"] == "outbound-rtp"]
    pair = chosen_pair(reports)
    local = next((each for each in reports if each["id"] == pair.get("localCandidateId")), {})
    return Reading(
        at_s=found["at_s"],
        connections=found["connections"],
        frames_decoded=total(video, "framesDecoded"),
        freezes=total(video, "freezeCount"),
        frozen_s=total(video, "totalFreezesDuration"),
        video_received=total(video, "packetsReceived"),
        video_lost=total(video, "packetsLost"),
        video_bytes=total(video, "bytesReceived"),
        video_retransmitted_bytes=total(video, "retransmittedBytesReceived"),
        nacks_sent=total(video, "nackCount"),
        plis_sent=total(video, "pliCount"),
        keyframes_decoded=total(video, "keyFramesDecoded"),
        audio_received=total(audio, "packetsReceived"),
        audio_lost=total(audio, "packetsLost"),
        audio_bytes=total(audio, "bytesReceived"),
        samples=total(audio, "totalSamplesReceived"),
        concealed=total(audio, "concealedSamples"),
        silent_concealed=total(audio, "silentConcealedSamples"),
        buffer_delay_s=total(audio, "jitterBufferDelay"),
        buffer_emitted=total(audio, "jitterBufferEmittedCount"),
        sent_bytes=total(sent, "bytesSent"),
        sent_retransmitted_bytes=total(sent, "retransmittedBytesSent"),
        nacks_received=total(sent, "nackCount"),
        plis_received=total(sent, "pliCount"),
        frames_encoded=total(sent, "framesEncoded"),
        height=max((each.get("frameHeight", 0) for each in video), default=0),
        state=found["state"],
        available_out_bps=pair.get("availableOutgoingBitrate", 0.0),
        local_address=local.get("address", ""),
    )


def chosen_pair(reports: list[Report]) -> Report:
    """Return the pair of candidates in use, or nothing."""
    chosen = {each.get("selectedCandidatePairId") for each in reports if each["type"] == "transport"}
    return next((each for each in reports if each["id"] in chosen), {})


async def read(person: Person) -> Reading:
    """Return what this person's browser has counted."""
    return to_reading(await person.page.evaluate("window.__watch.read()"))


async def longest_gap_s(person: Person, kind: str, since_s: float) -> float:
    """Return the longest time without a new packet of sound or a new picture since then."""
    gap = await person.page.evaluate(
        "([kind, since]) => window.__watch.longestGap(kind, since)", [kind, since_s]
    )
    return float(gap)


async def first_news_s(person: Person, kind: str, since_s: float) -> float | None:
    """Return the time from then to the first new packet of sound or the first new picture."""
    at = await person.page.evaluate(
        "([kind, since]) => window.__watch.firstNews(kind, since)", [kind, since_s]
    )
    return None if at is None else float(at) - since_s
