"""What waits to be sent on one socket: bounded, in order, ephemeral shed first. No I/O here."""

from collections import deque
from collections.abc import Callable

from meeting_system.contracts.signal import CloseCode

MAX_MESSAGES = 256
MAX_BYTES = 1024 * 1024


def _nothing() -> None: ...


class SendQueue:
    """Frames for one socket, and perhaps why it closes after them. `changed` is called after each change."""

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
        self._frames: deque[tuple[str, bool]] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._frames)

    def push(self, frame: str, *, ephemeral: bool = False) -> None:
        """Append a frame. Full: ephemeral ones go first; where that is not enough, the socket is slow."""
        if self.closing is not None:
            return
        # A frame larger than the whole bound (a big snapshot) may wait alone.
        if self._is_full(len(frame)) and self._frames:
            if ephemeral:
                self.shed += 1
                return
            self._shed_ephemeral()
            if self._is_full(len(frame)) and self._frames:
                self._frames.clear()
                self.close(CloseCode.SLOW)
                return
        self._frames.append((frame, ephemeral))
        self._bytes += len(frame)
        self._changed()

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
        frame, _ = self._frames.popleft()
        self._bytes -= len(frame)
        return frame

    def _is_full(self, more: int) -> bool:
        return len(self._frames) >= self._max_messages or self._bytes + more > self._max_bytes

    def _shed_ephemeral(self) -> None:
        kept = [(frame, ephemeral) for frame, ephemeral in self._frames if not ephemeral]
        self.shed += len(self._frames) - len(kept)
        self._frames = deque(kept)
        self._bytes = sum(len(frame) for frame, _ in kept)
