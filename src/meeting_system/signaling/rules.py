"""Pure rules: numbers, who may resume what, how often, and when a lost session is given up."""

import hashlib
from dataclasses import dataclass
from typing import Literal

from meeting_system.contracts.signal import MEDIA_KEPT_S, RESUMABLE_S
from meeting_system.signaling.records import SessionRecord

LEASE_MS = 15_000
"""A process renews the leases of its sessions every third of this; unrenewed, they count as lost."""
MEDIA_KEPT_MS = int(MEDIA_KEPT_S * 1000)
RESUMABLE_MS = int(RESUMABLE_S * 1000)
KEEP_WITHOUT_RESTART_MS = 5_000
"""After a shorter loss the client's ICE pair is most likely still the right one."""
COMMANDS_A_SECOND = 20.0
COMMANDS_BURST = 60
RESENT_BURST = 256
"""A resumed client may send its whole outbox at once."""
OTHERS_A_SECOND = 20.0
OTHERS_BURST = 60
OLDER_TOKENS_KEPT = 32
SHORT_HASH = 16


def hash_secret(secret: str) -> str:
    """Hash 128 random bits for storage: nothing slower is needed, they can't be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


TokenVerdict = Literal["current", "previous", "reused", "unknown"]


def judge_token(record: SessionRecord, hashed: str) -> TokenVerdict:
    """Judge a resume token. The previous one counts until the client has shown that it has the new one."""
    if hashed == record.token:
        return "current"
    if record.previous_token and hashed == record.previous_token:
        return "previous"
    short = hashed[:SHORT_HASH]
    older = record.older_tokens
    known = {older[at : at + SHORT_HASH] for at in range(0, len(older), SHORT_HASH)}
    return "reused" if short in known else "unknown"


def retire_token(older: str, hashed: str) -> str:
    """Add a token's hash to those whose use ends the session; the newest few are kept."""
    return (older + hashed[:SHORT_HASH])[-OLDER_TOKENS_KEPT * SHORT_HASH :]


Refused = Literal["epoch", "trimmed", "ahead"]


def why_not_replay(
    record: SessionRecord, *, epoch: str, top: int, known_epoch: str, ro: int, po: int
) -> Refused | None:
    """Say why what the client missed can't be replayed from the log; null: it can."""
    if known_epoch != epoch or record.epoch != epoch:
        return "epoch"
    if ro > top or po > record.po:
        return "ahead"
    if ro < record.admitted_ro:
        return "trimmed"
    return None


Due = Literal["wait", "detach", "close_media", "give_up"]


def judge_due(record: SessionRecord, now_ms: int) -> Due:
    """Say what to do with a session whose timer ran out."""
    if record.state == "attached":
        return "give_up" if record.is_stream else "detach"
    if record.state == "gone":
        return "wait"
    if now_ms >= record.detached_at + RESUMABLE_MS:
        return "give_up"
    return "close_media" if now_ms >= record.detached_at + MEDIA_KEPT_MS else "wait"


MediaAfterLoss = Literal["keep", "ice_restart", "rebuild"]


def judge_media(*, client_has_it: bool, engine_has_it: bool, away_ms: int) -> MediaAfterLoss:
    """Say what a resumed client does with its media connection."""
    if not (client_has_it and engine_has_it):
        return "rebuild"
    return "keep" if away_ms < KEEP_WITHOUT_RESTART_MS else "ice_restart"


@dataclass(slots=True)
class TokenBucket:
    """How often something may happen: `rate` a second, `burst` at once."""

    rate: float
    burst: float
    level: float
    at: float

    @classmethod
    def full(cls, rate: float, burst: float, now: float) -> "TokenBucket":
        return cls(rate, burst, burst, now)

    def take(self, now: float) -> bool:
        """Take one; false where there is none left."""
        # What was granted beyond the burst (a resumed client's outbox) is spent, not refilled.
        ceiling = max(self.burst, self.level)
        self.level = min(ceiling, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True

    def grant(self, more: float) -> None:
        """Allow `more` at once, a single time."""
        self.level += more
