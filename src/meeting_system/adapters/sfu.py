"""The Rust media engine as asyncio sees it: requests with answers, events as contracts.

The only importer of `meeting_sfu`. Commands go to the engine's threads and come back as events over one
eventfd; here each request waits for its own answer, and everything else is offered by `events()`.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from meeting_system.contracts.call import Event
from meeting_system.contracts.media import (
    MeetingRelayLost,
    OpenPeer,
    PeerLayersWanted,
    PeerMediaConnected,
    PeerMediaEnded,
    PeerOpened,
    PeerQualityChanged,
    PeerSlotsChanged,
    SlotState,
    Source,
    SpeakersChanged,
    WantedSlot,
)
from meeting_system.kernel.errors import AppError, Conflict, Invalid, NotFound, Unavailable

try:
    import meeting_sfu
except ModuleNotFoundError:  # not built: `open_engine` says so, and everything without media still runs
    meeting_sfu = None  # type: ignore[assignment]

ANSWER_TIMEOUT_S = 4.0  # below the bus's 5 s, so that the caller hears the true reason
EVENT_BACKLOG = 65_536  # as many as the engine itself keeps


class MediaSdpInvalid(Invalid):
    """The offer is no SDP, or one that the engine can't serve."""

    code = "media_sdp_invalid"


class MediaPeerUnknown(NotFound):
    """The engine holds no such connection."""

    code = "media_peer_unknown"


class MediaStaleGeneration(Conflict):
    """A newer connection of the same participant exists."""

    code = "media_stale_generation"


class MediaRoomFull(Conflict):
    """The engine takes no more peers into this room."""

    code = "media_room_full"


class MediaUnavailable(Unavailable):
    """The engine is missing, closed, or did not answer in time."""

    code = "media_unavailable"


REFUSALS: dict[str, type[AppError]] = {
    "sdp_invalid": MediaSdpInvalid,
    "sdp_unsupported": MediaSdpInvalid,
    "peer_unknown": MediaPeerUnknown,
    "stale_generation": MediaStaleGeneration,
    "room_full": MediaRoomFull,
}


class EngineSettings(Protocol):
    """Where the engine listens and what it advertises: see `meeting_sfu.EngineConfig`."""

    @property
    def bind(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def advertised(self) -> Sequence[str]: ...
    @property
    def workers(self) -> int: ...
    @property
    def tcp(self) -> bool: ...


class SfuEngine:
    """A running engine. One task may iterate `events()`; everything else may be called from anywhere."""

    def __init__(self, engine: "meeting_sfu.Engine") -> None:
        self._engine = engine
        self._last_request = 0
        self._waiting: dict[int, asyncio.Future[PeerOpened]] = {}
        self._backlog: deque[Event] = deque(maxlen=EVENT_BACKLOG)  # full: the oldest goes
        self._arrived = asyncio.Event()
        self._closed = False

    @property
    def port(self) -> int:
        """The number of the UDP and the TCP socket."""
        return self._engine.port

    @property
    def addresses(self) -> list[str]:
        """What clients are told to send to."""
        return self._engine.addresses

    @property
    def relay_format(self) -> int:
        """How relays of this engine write: only engines of one format understand each other."""
        return meeting_sfu.RELAY_FORMAT

    async def open_peer(self, wish: OpenPeer) -> PeerOpened:
        """Answer an offer. Raises the errors named at `contracts.media.OpenPeer`."""
        if wish.restart:
            return await self._ask(
                lambda request: self._engine.restart_ice(
                    request=request,
                    room=wish.meeting_id,
                    peer=wish.participant_id,
                    generation=wish.generation,
                    offer=wish.offer,
                )
            )
        publish = [meeting_sfu.PublishedTrack(track.mid, track.source) for track in wish.publish]
        return await self._ask(
            lambda request: self._engine.open_peer(
                request=request,
                room=wish.meeting_id,
                peer=wish.participant_id,
                generation=wish.generation,
                offer=wish.offer,
                publish=publish,
                audio_slots=wish.audio_slots,
                video_slots=wish.video_slots,
            )
        )

    def set_layout(self, *, room: str, peer: str, slots: Sequence[WantedSlot]) -> None:
        """Say what each video slot shall carry; slots not named are emptied."""
        entries = [
            meeting_sfu.LayoutEntry(slot.mid, slot.participant_id, slot.source, slot.width) for slot in slots
        ]
        with_codes(lambda: self._engine.set_layout(room=room, peer=peer, entries=entries))

    def set_muted(self, *, room: str, peer: str, source: Source, muted: bool) -> None:
        """Stop or resume forwarding a source, whatever the client sends."""
        with_codes(lambda: self._engine.set_muted(room=room, peer=peer, source=source, muted=muted))

    def close_peer(self, *, room: str, peer: str) -> None:
        """End one connection."""
        with_codes(lambda: self._engine.close_peer(room=room, peer=peer))

    def close_room(self, *, room: str) -> None:
        """End all connections of a room."""
        with_codes(lambda: self._engine.close_room(room=room))

    def open_relay(self, *, room: str, relay: int, remote: tuple[str, int], key: bytes, first: bool) -> None:
        """Link a room with the same room in the engine at `remote`, for which `first` is the opposite.

        `relay` (64 bits) and `key` (32 random bytes) are for this relay alone. Every engine tells who speaks
        in the whole room: which of them is believed, the media service decides. Raises MediaUnavailable for
        an address that can't be reached from here.
        """
        with_codes(
            lambda: self._engine.open_relay(
                room=room, relay=relay, remote=remote, key=key, first=first, is_told_elsewhere=False
            )
        )

    def close_relay(self, *, room: str, relay: int) -> None:
        """End a relay at this end."""
        with_codes(lambda: self._engine.close_relay(room=room, relay=relay))

    def statistics(self) -> "meeting_sfu.EngineStatistics":
        """Counters since the start."""
        if self._closed:
            raise MediaUnavailable("the media engine is closed")
        return self._engine.statistics()

    async def events(self) -> AsyncIterator[Event]:
        """Everything that the engine tells, oldest first, without an end."""
        while True:
            while self._backlog:
                yield self._backlog.popleft()
            self._arrived.clear()
            await self._arrived.wait()

    def drain(self) -> None:
        """Take what waits in the engine: answers to their requests, the rest to `events()`."""
        for event in self._engine.drain():
            match event:
                case meeting_sfu.PeerAnswered():
                    self._answer(event)
                case meeting_sfu.PeerRefused():
                    self._refuse(event)
                case _:
                    if (told := as_contract(event)) is not None:
                        self._backlog.append(told)
                        self._arrived.set()

    async def aclose(self) -> None:
        """Stop the engine's threads; what still waits for an answer hears that the engine is closed."""
        self._closed = True
        await asyncio.to_thread(self._engine.close)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(MediaUnavailable("the media engine is closed"))

    async def _ask(self, send: Callable[[int], None]) -> PeerOpened:
        self._last_request += 1
        request = self._last_request
        future: asyncio.Future[PeerOpened] = asyncio.get_running_loop().create_future()
        self._waiting[request] = future
        try:
            with_codes(lambda: send(request))
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await future
        except TimeoutError:
            raise MediaUnavailable(f"the media engine gave no answer within {ANSWER_TIMEOUT_S:g} s") from None
        finally:
            del self._waiting[request]

    def _answer(self, event: "meeting_sfu.PeerAnswered") -> None:
        future = self._waiting.get(event.request)
        if future is not None and not future.done():
            future.set_result(PeerOpened(generation=event.generation, sdp=event.sdp))

    def _refuse(self, event: "meeting_sfu.PeerRefused") -> None:
        future = self._waiting.get(event.request)
        if future is not None and not future.done():
            future.set_exception(REFUSALS.get(event.code, MediaUnavailable)(event.detail))


def with_codes(command: Callable[[], None]) -> None:
    """Run a command of the engine; what it refuses at once becomes an AppError with the same code."""
    try:
        command()
    except meeting_sfu.EngineError as error:
        raise REFUSALS.get(error.code, MediaUnavailable)(str(error)) from error


def as_contract(event: "meeting_sfu.Event") -> Event | None:
    """Translate what the engine says; None: nobody outside asks for it."""
    match event:
        case meeting_sfu.SlotsChanged():
            return as_slots(event)
        case meeting_sfu.PeerConnected():
            return PeerMediaConnected(
                meeting_id=event.room,
                participant_id=event.peer,
                generation=event.generation,
                transport=event.transport,
            )
        case meeting_sfu.PeerEnded():
            return PeerMediaEnded(
                meeting_id=event.room,
                participant_id=event.peer,
                generation=event.generation,
                reason=event.reason,
            )
        case meeting_sfu.LayersWanted():
            return PeerLayersWanted(
                meeting_id=event.room,
                participant_id=event.peer,
                generation=event.generation,
                source=event.source,
                layers=event.layers,
            )
        case meeting_sfu.SpeakersChanged():
            return SpeakersChanged(
                meeting_id=event.room, participant_ids=[peer for peer, _ in event.speakers]
            )
        case meeting_sfu.QualityChanged():
            return as_quality(event)
        case meeting_sfu.RelayLost():
            return MeetingRelayLost(meeting_id=event.room, relay=event.relay)
        case _:
            return None


def as_quality(event: "meeting_sfu.QualityChanged") -> PeerQualityChanged:
    """Translate how a peer's network does."""
    return PeerQualityChanged(
        meeting_id=event.room,
        participant_id=event.peer,
        quality=event.quality,
        rtt_s=event.rtt_s,
        loss_up=event.loss_up,
        loss_down=event.loss_down,
    )


def as_slots(event: "meeting_sfu.SlotsChanged") -> PeerSlotsChanged:
    """Translate the whole assignment of a peer's slots."""
    return PeerSlotsChanged(
        meeting_id=event.room,
        participant_id=event.peer,
        generation=event.generation,
        version=event.version,
        slots=[
            SlotState(
                mid=slot.mid,
                kind=slot.kind,
                participant_id=slot.peer,
                source=slot.source,
                paused=slot.paused,
                reason=slot.reason,
            )
            for slot in event.slots
        ],
    )


def engine_version() -> str | None:
    """Version of the engine, None when it is not built."""
    return meeting_sfu.__version__ if meeting_sfu is not None else None


def start_engine(settings: EngineSettings) -> "meeting_sfu.Engine":
    """Bind the sockets and start the threads, or say what hinders it."""
    if meeting_sfu is None:
        raise MediaUnavailable(
            "the media engine (Python module meeting_sfu) is not built: "
            "run `make setup`, or `maturin develop --release` in crates/sfu-py"
        )
    config = meeting_sfu.EngineConfig(
        bind=settings.bind,
        port=settings.port,
        advertised=list(settings.advertised),
        workers=settings.workers,
        tcp=settings.tcp,
    )
    try:
        return meeting_sfu.Engine(config)
    except meeting_sfu.EngineError as error:
        raise MediaUnavailable(
            f"the media engine can't listen on {settings.bind} port {settings.port}: {error}. "
            "Free the port, or set MEETING_MEDIA__PORT and MEETING_MEDIA__BIND"
        ) from error


@asynccontextmanager
async def open_engine(settings: EngineSettings) -> AsyncIterator[SfuEngine]:
    """Run the engine for the length of the block. Raises MediaUnavailable when it can't start."""
    native = start_engine(settings)
    engine = SfuEngine(native)
    loop = asyncio.get_running_loop()
    fileno = native.fileno()
    loop.add_reader(fileno, engine.drain)
    try:
        yield engine
    finally:
        loop.remove_reader(fileno)
        await engine.aclose()
