"""The client's side of meet.v1 without I/O: frames in, frames out, and the room as one person sees it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from meeting_client import talk
from meeting_client.floor import apply_floor

Frame = dict[str, Any]
Outcome = Literal["fine", "attached", "gap"]

MAX_OUTBOX = 256
MAX_OUTBOX_BYTES = 1024 * 1024
NOT_RESENT = frozenset({"media.offer", "media.layout", "media.close", "reaction.send"})
"""Commands that mean nothing in a session that was begun anew."""


class OutboxFull(Exception):
    """So much waits for an answer that nothing more is taken."""


@dataclass
class RoomView:
    """What this participant sees. Participants by id, messages oldest first, `slots` by mid.

    `lobby` is for hosts and co-hosts; who is in the lobby has a `place` and sees nothing else.
    """

    meeting: Frame = field(default_factory=dict)
    role: str = ""
    participants: dict[str, Frame] = field(default_factory=dict)
    messages: list[Frame] = field(default_factory=list)
    private_messages: list[Frame] = field(default_factory=list)
    polls: list[Frame] = field(default_factory=list)
    slots: list[Frame] = field(default_factory=list)
    slots_version: tuple[int, int] = (0, 0)
    speakers: list[str] = field(default_factory=list)
    has_ended: bool = False
    may_unmute: list[str] = field(default_factory=list)
    lobby: Frame | None = None
    place: Frame | None = None

    @classmethod
    def of(cls, snapshot: Frame) -> "RoomView":
        return cls(
            meeting=dict(snapshot["meeting"]),
            role=snapshot["role"],
            participants={each["participant_id"]: each for each in snapshot["participants"]},
            messages=list(snapshot["messages"]),
            private_messages=list(snapshot.get("private_messages", ())),
            polls=list(snapshot.get("polls", ())),
            slots=list(snapshot["slots"]),
            may_unmute=list(snapshot.get("may_unmute", ())),
            lobby=snapshot.get("lobby"),
            place=snapshot.get("place"),
        )

    def apply(self, t: str, d: Frame) -> None:
        """Apply an event. One that is already contained changes nothing."""
        apply_floor(self, t, d)
        if t in ("participant.joined", "participant.updated"):
            self._put(d["participant"])
        elif t in ("participant.left", "participant.removed"):
            self.participants.pop(d["participant_id"], None)
        elif t.startswith("chat."):
            self._apply_chat(t, d)
        elif t.startswith("poll."):
            self._apply_poll(t, d)
        elif t == "meeting.locked":
            self.meeting["locked"] = d["locked"]
        elif t == "meeting.ended":
            self.has_ended = True
        elif t == "media.slots":
            version = (d["generation"], d["version"])
            if version > self.slots_version:
                self.slots_version, self.slots = version, d["slots"]
        elif t == "speakers":
            self.speakers = d["participant_ids"]

    def _apply_chat(self, t: str, d: Frame) -> None:
        if t == "chat.message" and d["message"].get("recipient_id") is not None:
            self.private_messages = talk.put_message(self.private_messages, d["message"])
        elif t == "chat.message":
            self.messages = talk.put_message(self.messages, d["message"])
        elif t == "chat.changed":
            self.messages = talk.change_message(self.messages, d["message"])
            self.private_messages = talk.change_message(self.private_messages, d["message"])
        elif t == "chat.reacted":
            self.messages = talk.react(self.messages, d)
            self.private_messages = talk.react(self.private_messages, d)

    def _apply_poll(self, t: str, d: Frame) -> None:
        if t in ("poll.started", "poll.closed", "poll.published"):
            self.polls = talk.put_poll(self.polls, d["poll"])
        elif t == "poll.voted":
            self.polls = talk.count_votes(self.polls, d)
        elif t == "poll.chosen":
            self.polls = talk.choose(self.polls, d)

    def _put(self, participant: Frame) -> None:
        known = self.participants.get(participant["participant_id"])
        if known is None or known["version"] < participant["version"]:
            self.participants[participant["participant_id"]] = participant


@dataclass
class ClientCore:
    """One participant's session over any number of sockets.

    For each socket: `opened()`, send `opening(...)`, feed `receive` what arrives, send what `to_send` gives.
    """

    meeting_id: str
    device_id: str
    sid: str | None = None
    previous_sid: str | None = None
    resume_token: str = ""
    pid: str = ""
    epoch: str = ""
    gen: int = 0
    ro: int = 0
    po: int = 0
    media: str = "rebuild"
    view: RoomView = field(default_factory=RoomView)
    outbox: dict[int, Frame] = field(default_factory=dict)
    seen: list[Frame] = field(default_factory=list)
    acks: list[Frame] = field(default_factory=list)
    attempt: int = 0
    _next_cid: int = 1
    _unsent: list[int] = field(default_factory=list)
    is_attached: bool = False
    _outbox_bytes: int = 0

    def opened(self) -> None:
        """A new socket: nothing is sent on it before it has its session."""
        self.is_attached = False
        self._unsent = []

    def opening(self, ticket: str | None, *, has_media: bool = False) -> Frame:
        """Say the first frame: resume where there is a session, else identify with a ticket."""
        if self.sid is not None:
            self.attempt += 1
            return {
                "f": "resume",
                "attempt": self.attempt,
                "sid": self.sid,
                "resume_token": self.resume_token,
                "epoch": self.epoch,
                "ro": self.ro,
                "po": self.po,
                "media": has_media,
            }
        if ticket is None:
            raise ValueError("a new session needs a ticket")
        frame: Frame = {
            "f": "identify",
            "ticket": ticket,
            "meeting_id": self.meeting_id,
            "device_id": self.device_id,
        }
        if self.previous_sid is not None:
            frame["prev_sid"] = self.previous_sid
        return frame

    def lost_session(self) -> None:
        """The server does not know the session any more: the next socket begins a new one."""
        if self.sid is not None:
            self.previous_sid, self.sid = self.sid, None

    def command(self, t: str, d: Frame, *, size: int = 0) -> int:
        """Put a command into the outbox and return its cid."""
        if len(self.outbox) >= MAX_OUTBOX or self._outbox_bytes + size > MAX_OUTBOX_BYTES:
            raise OutboxFull
        cid = self._next_cid
        self._next_cid += 1
        self.outbox[cid] = {"f": "cmd", "cid": cid, "t": t, "d": d}
        self._unsent.append(cid)
        return cid

    def to_send(self) -> Iterator[Frame]:
        """Give each command once a socket, in order, once the socket has its session."""
        if self.is_attached:
            waiting, self._unsent = self._unsent, []
            for cid in waiting:
                if cid in self.outbox:
                    yield self.outbox[cid]

    def position(self) -> Frame:
        """Say what has been applied; the server sees from it that its resume token has arrived."""
        return {"f": "pos", "ro": self.ro, "po": self.po}

    def receive(self, frame: Frame) -> Outcome:
        """Take a frame of the server. `gap`: close the socket with 4012 and resume."""
        kind = frame["f"]
        if kind == "ev":
            return self._event(frame)
        if kind == "ack":
            self._ack(frame)
        elif kind in ("ready", "resumed", "reset"):
            self._attach(kind, frame)
            return "attached"
        elif kind == "pong" and self.is_attached and self._is_behind(frame):
            return "gap"
        return "fine"

    def _is_behind(self, pong: Frame) -> bool:
        # The socket keeps order: whatever the server had sent before the pong is here.
        return bool(pong.get("top_ro", 0) > self.ro or pong.get("top_po", 0) > self.po)

    def _event(self, frame: Frame) -> Outcome:
        if "off" not in frame:
            self._apply(frame)
            return "fine"
        if frame["ep"] != self.epoch:
            return "fine"
        known = self.ro if frame["st"] == "r" else self.po
        if frame["off"] <= known:
            return "fine"
        if frame["off"] != known + 1:
            return "gap"
        if frame["st"] == "r":
            self.ro = frame["off"]
        else:
            self.po = frame["off"]
        self._apply(frame)
        return "fine"

    def _apply(self, frame: Frame) -> None:
        self.seen.append(frame)
        self.view.apply(frame["t"], frame["d"])

    def _ack(self, frame: Frame) -> None:
        if self.outbox.pop(frame["cid"], None) is not None:
            self.acks.append(frame)
        for cid in [cid for cid in self.outbox if cid < frame["cid"]]:
            del self.outbox[cid]

    def _attach(self, kind: str, frame: Frame) -> None:
        self.resume_token, self.gen = frame["resume_token"], frame["gen"]
        self.media = frame.get("media", "rebuild")
        if kind != "resumed":
            self.epoch, self.ro, self.po = frame["epoch"], frame["ro"], frame["po"]
            self.view = RoomView.of(frame["snapshot"])
        if kind == "ready":
            self._begin(frame)
        else:
            self._continue_from(frame["last_cid"])
        if not self.is_attached:
            # On a socket that goes on (a reset in place) nothing is sent twice.
            self._unsent = list(self.outbox)
        self.is_attached = True

    def _continue_from(self, last_cid: int) -> None:
        """The server counts from less than was confirmed once (Valkey is back at an earlier moment)."""
        if min(self.outbox, default=self._next_cid) > last_cid + 1:
            waiting = list(self.outbox.values())
            self.outbox = {cid: {**each, "cid": cid} for cid, each in enumerate(waiting, last_cid + 1)}
            self._next_cid = last_cid + 1 + len(waiting)

    def _begin(self, frame: Frame) -> None:
        """A new session counts from 1: what the one before had not done is numbered again."""
        done = frame.get("prev_last_cid", 0)
        rest = [each for cid, each in self.outbox.items() if cid > done and each["t"] not in NOT_RESENT]
        self.sid, self.pid, self.previous_sid = frame["sid"], frame["pid"], None
        self.attempt = 0
        self.outbox = {cid: {**each, "cid": cid} for cid, each in enumerate(rest, 1)}
        self._next_cid = len(self.outbox) + 1
