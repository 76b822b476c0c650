"""What waits to be sent on one socket: bounded, in order, ephemeral shed first. No I/O here."""

from collections.abc import Callable

from meeting_system.contracts.signal import CloseCode

MAX_MESSAGES = 256
MAX_BYTES = 1024 * 1024
MANY = 64


def _nothing() -> None: ...


class SendQueue:
    """Frames for one socket, and perhaps why it closes after them.

    `changed` is called after a first frame, whenever another 64 wait, and at the close.
    """

    def __init__(
        self,
        *,
        max_messages: int = MAX_MESSAGES,
        max_bytes: int = MAX_BYTES,
        changed: Callable[[], None] = _nothing,
    ) -> None:
        self.closing: CloseCode | None = None
        self.shed = 0
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._changed = changed
        self._frames: list[str] = []
        self._passing: set[int] = set()
        """Where the ephemeral ones are: mostly there are none, and this is paid for each delivery."""
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._frames)

    def push(self, frame: str, *, ephemeral: bool = False) -> None:
        """Append a frame. Full: ephemeral ones go first; where that is not enough, the socket is slow."""
        if self.closing is not None:
            return
        frames, size = self._frames, len(frame)
        # A frame larger than the whole bound (a big snapshot) may wait alone.
        if frames and (len(frames) >= self._max_messages or self._bytes + size > self._max_bytes):
            if not self._make_room(size, ephemeral):
                return
            frames = self._frames
        if ephemeral:
            self._passing.add(len(frames))
        frames.append(frame)
        self._bytes += size
        count = len(frames)
        if count == 1 or count % MANY == 0:
            self._changed()

    def _make_room(self, size: int, ephemeral: bool) -> bool:
        """Shed what may be shed; tell whether there is room now."""
        if ephemeral:
            self.shed += 1
            return False
        self._shed_ephemeral()
        if self._frames and self._is_full(size):
            self._frames.clear()
            self._passing.clear()
            self.close(CloseCode.SLOW)
            return False
        return True

    def close(self, code: CloseCode) -> None:
        """Say that the socket closes once the frames before have left; nothing is accepted after."""
        if self.closing is None:
            self.closing = code
            self._changed()

    def abandon(self) -> None:
        """Say that nobody drains it any more, nor needs to be told."""
        self._changed = _nothing

    async def flushed(self) -> None:
        """Wait until there is room for many frames; where nobody drains, that is now."""

    def pop(self) -> str | None:
        """Take the next frame."""
        return self._take(1)[0] if self._frames else None

    def take(self, most_bytes: int) -> list[str]:
        """Take the next frames, of `most_bytes` together, or one that is larger."""
        if self._bytes <= most_bytes:
            taken, self._frames, self._bytes = self._frames, [], 0
            if self._passing:
                self._passing.clear()
            return taken
        count, size = 0, 0
        while count < len(self._frames) and (not count or size + len(self._frames[count]) <= most_bytes):
            size += len(self._frames[count])
            count += 1
        return self._take(count)

    def _take(self, count: int) -> list[str]:
        taken = self._frames[:count]
        del self._frames[:count]
        self._bytes -= sum(map(len, taken))
        self._passing = {at - count for at in self._passing if at >= count}
        return taken

    def _is_full(self, more: int) -> bool:
        return len(self._frames) >= self._max_messages or self._bytes + more > self._max_bytes

    def _shed_ephemeral(self) -> None:
        kept = [frame for at, frame in enumerate(self._frames) if at not in self._passing]
        self.shed += len(self._passing)
        self._passing.clear()
        self._frames = kept
        self._bytes = sum(map(len, kept))
