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
        self._frames: list[tuple[str, bool]] = []
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
        frames.append((frame, ephemeral))
        self._bytes += size
        if len(frames) % MANY == 0 or len(frames) == 1:
            self._changed()

    def _make_room(self, size: int, ephemeral: bool) -> bool:
        """Shed what may be shed; tell whether there is room now."""
        if ephemeral:
            self.shed += 1
            return False
        self._shed_ephemeral()
        if self._frames and self._is_full(size):
            self._frames.clear()
            self.close(CloseCode.SLOW)
            return False
        return True

    def close(self, code: CloseCode) -> None:
        """Say that the socket closes once the frames before have left; nothing is accepted after."""
        if self.closing is None:
            self.closing = code
            self._changed()

    async def flushed(self) -> None:
        """Wait until there is room for many frames; where nobody drains, that is now."""

    def pop(self) -> str | None:
        """Take the next frame."""
        if not self._frames:
            return None
        frame, _ = self._frames.pop(0)
        self._bytes -= len(frame)
        return frame

    def take(self, most_bytes: int) -> list[str]:
        """Take the next frames, of `most_bytes` together, or one that is larger."""
        if self._bytes <= most_bytes:
            taken, self._frames, self._bytes = self._frames, [], 0
            return [frame for frame, _ in taken]
        count, size = 0, 0
        while count < len(self._frames) and (not count or size + len(self._frames[count][0]) <= most_bytes):
            size += len(self._frames[count][0])
            count += 1
        taken = self._frames[:count]
        del self._frames[:count]
        self._bytes -= size
        return [frame for frame, _ in taken]

    def _is_full(self, more: int) -> bool:
        return len(self._frames) >= self._max_messages or self._bytes + more > self._max_bytes

    def _shed_ephemeral(self) -> None:
        kept = [waiting for waiting in self._frames if not waiting[1]]
        self.shed += len(self._frames) - len(kept)
        self._frames = kept
        self._bytes = sum(len(frame) for frame, _ in kept)
