"""Streams over WHIP and WHEP: connections for which this service speaks, as no socket does.

A publisher is shown in the room once its media is up, and every few seconds again: signaling forgets who is
not shown any more, so that nothing is left of a process that dies. What a player sees is chosen here.
"""

import asyncio
import hmac
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from meeting_system.contracts.call import Event, Nothing, Request
from meeting_system.contracts.media import (
    ClosePeer,
    OpenPeer,
    PeerMediaConnected,
    PeerMediaEnded,
    PeerOpened,
    SetLayout,
    Source,
    SpeakersChanged,
    WantedSlot,
)
from meeting_system.contracts.media_node import StreamChanged, StreamOpened
from meeting_system.contracts.stream import (
    AdmitStream,
    EndStream,
    LookAtStage,
    ShowStream,
    Stage,
    StreamAdmission,
)
from meeting_system.kernel.clock import Clock
from meeting_system.kernel.errors import AppError
from meeting_system.kernel.ids import new_id, new_secret
from meeting_system.kit.bus import Bus
from meeting_system.kit.log import logger
from meeting_system.media import stage
from meeting_system.media.errors import (
    PreconditionFailed,
    SdpUnreadable,
    StreamsExhausted,
    StreamTokenMissing,
    StreamUnknown,
)
from meeting_system.media.offers import (
    Credentials,
    as_fragment,
    check_accepted,
    find_credentials,
    with_credentials,
)
from meeting_system.media.stream import (
    Address,
    Stream,
    Wanted,
    as_offer,
    current_ufrag,
    farewell,
    hash_token,
    new_etag,
    plan_of,
)

LOOK_S = 1.0
RENEW_S = 4.0
"""Signaling's lease is 15 s: two renewals may fail."""
ASK_TIMEOUT_S = 3.0
STAGE_WIDTH = 1920
LOST = ("ice_timeout", "dtls_failed", "worker_failed")

log = logger(__name__)


class Media(Protocol):
    """The connections of this process."""

    async def open_peer(self, wish: OpenPeer) -> PeerOpened: ...
    async def close_peer(self, wish: ClosePeer) -> Nothing: ...
    async def set_layout(self, wish: SetLayout) -> Nothing: ...
    def muted(self, meeting_id: str, participant_id: str) -> set[Source]: ...


class StreamDesk(Protocol):
    """What HTTP asks about streams, wherever they are."""

    async def open(self, wanted: Wanted) -> StreamOpened: ...
    async def change(self, address: Address, tags: Sequence[str], fragment: str) -> StreamChanged: ...
    async def close(self, address: Address) -> None: ...


class Streams:
    """All streams of this process. `look_after` is called every second and whenever something happened."""

    def __init__(
        self,
        service: Media,
        bus: Bus,
        clock: Clock,
        *,
        at_once: int,
        new_resource_id: Callable[[], str] = new_secret,
    ) -> None:
        self._service = service
        self._new_resource_id = new_resource_id
        self._bus = bus
        self._clock = clock
        self._at_once = at_once
        self._streams: dict[str, Stream] = {}
        self._gone: list[Request[Nothing]] = []
        self._speakers: dict[str, list[str]] = {}
        self._pictures: dict[str, stage.Picture] = {}
        self._last_generation = 0
        self._last_sid_s = 0.0
        self._wake = asyncio.Event()

    async def open(self, wanted: Wanted) -> StreamOpened:
        """Let a stream in. Errors: those of AdmitStream and of errors.py, media_unavailable."""
        self._check_room()
        return await self.open_admitted(wanted, await self.admit(wanted))

    async def admit(self, wanted: Wanted) -> StreamAdmission:
        """Have a token let in. Errors: those of AdmitStream, sdp_unreadable, sdp_unacceptable."""
        plan_of(wanted, "camera")  # before anything is asked of anybody
        request = AdmitStream(meeting=wanted.meeting, token=wanted.token, direction=wanted.direction)
        return await self._bus.call(request, timeout_s=ASK_TIMEOUT_S)

    def _check_room(self) -> None:
        if len(self._streams) >= self._at_once:
            raise StreamsExhausted(f"{self._at_once} streams run here: no more", retry_after_s=10)

    async def open_admitted(self, wanted: Wanted, admission: StreamAdmission) -> StreamOpened:
        """Open the connection of a stream that was let in. Errors: those of errors.py, media_unavailable."""
        self._check_room()
        plan = plan_of(wanted, admission.source)
        self._last_generation += 1
        stream = Stream(
            stream_id=admission.stream_id,
            wanted=wanted,
            token_hash=hash_token(wanted.token),
            admission=admission,
            sid=self._new_sid(),
            generation=self._last_generation,
            etag=new_etag(),
            offer=wanted.offer,
            plan=plan,
        )
        resource_id = self._new_resource_id()
        self._streams[resource_id] = stream
        try:
            answer = await self._connect(stream)
        except BaseException:
            self._end(resource_id, "lost")
            raise
        self._wake.set()
        return StreamOpened(
            resource_id=resource_id,
            meeting_id=admission.meeting_id,
            participant_id=admission.participant_id,
            etag=stream.etag,
            answer=answer,
        )

    async def change(self, address: Address, tags: Sequence[str], fragment: str) -> StreamChanged:
        """Take a fragment of an SDP: candidates, or new credentials. `tags`: what If-Match names.

        Errors: those of `find`, precondition_failed, sdp_unreadable, media_peer_unknown.
        """
        stream = self.find(address)
        if "*" not in tags and stream.etag not in tags:
            raise PreconditionFailed("this ICE session is over: another ETag came with the last restart")
        credentials = find_credentials(fragment)
        if credentials is None or credentials.ufrag == current_ufrag(stream):
            if "a=" not in fragment:
                raise SdpUnreadable("this is no fragment of an SDP")
            # The client finds us, so its candidates say nothing new (ICE-lite, RFC 8445, section 2.5).
            return StreamChanged(etag=stream.etag, fragment=None)
        answer = await self._restart(stream, credentials)
        return StreamChanged(etag=stream.etag, fragment=answer)

    async def _restart(self, stream: Stream, credentials: Credentials) -> str:
        offer = with_credentials(stream.offer, credentials)
        opened = await self._service.open_peer(as_offer(stream, offer, restart=True))
        stream.offer, stream.etag = offer, new_etag()
        return as_fragment(opened.sdp)

    def find(self, address: Address) -> Stream:
        """Return a stream to who shows its token. Errors: stream_not_found, stream_token_invalid."""
        stream = self._streams.get(address.resource_id)
        if stream is None or (stream.wanted.direction, stream.meeting_id) != (
            address.direction,
            address.meeting,
        ):
            raise StreamUnknown("there is no such stream, or it ended")
        if not hmac.compare_digest(stream.token_hash, hash_token(address.token)):
            raise StreamTokenMissing("this is not the token of this stream")
        return stream

    async def close(self, address: Address) -> None:
        """End a stream because its client said so. Errors: those of `find`."""
        self.find(address)
        self._end(address.resource_id, "left")

    async def end_stream(self, wish: EndStream) -> Nothing:
        """End whatever runs by a token."""
        for resource_id in [key for key, each in self._streams.items() if each.stream_id == wish.stream_id]:
            self._end(resource_id, "left")
        return Nothing()

    def has(self, meeting_id: str, participant_id: str) -> bool:
        """Tell whether a participant is a stream."""
        return any(each.participant_id == participant_id for each in self._of(meeting_id))

    def is_player(self, meeting_id: str, participant_id: str) -> bool:
        """Tell whether this is somebody whom nobody in the room knows."""
        return any(
            not each.publishes and each.participant_id == participant_id and each.meeting_id == meeting_id
            for each in self._streams.values()
        )

    def note(self, event: Event) -> None:
        """Learn from what the engine tells."""
        if isinstance(event, SpeakersChanged):
            self._speakers[event.meeting_id] = event.participant_ids
            if any(not each.publishes for each in self._of(event.meeting_id)):
                self._wake.set()
        elif isinstance(event, PeerMediaConnected):
            for _, stream in self._matching(event):
                stream.connected = True
                self._wake.set()
        elif isinstance(event, PeerMediaEnded):
            for resource_id, _ in self._matching(event):
                self._end(resource_id, "lost" if event.reason in LOST else "left")

    def wake(self) -> None:
        """Something changed that the room has to know: a mute."""
        self._wake.set()

    async def run(self) -> None:
        """Look after the streams for ever."""
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                await self.look_after()
            except Exception:
                # A fault in one stream must not end the process for every meeting.
                log.exception("streams_failed")

    async def drain(self) -> None:
        """End every stream: this process stops."""
        for resource_id in list(self._streams):
            self._end(resource_id, "left")
        await self._tell_gone()

    async def look_after(self) -> None:
        """End what is over, tell who left, show who is here, and set what players see."""
        now_s = self._clock.now().timestamp()
        for resource_id, stream in list(self._streams.items()):
            if stream.admission.expires_at <= now_s:
                self._end(resource_id, "left")
        await self._tell_gone()
        await asyncio.gather(*(self._show(key, each) for key, each in list(self._streams.items())))
        await self._tell_gone()
        players = [each for each in self._streams.values() if each.plan.video_slots]
        for run_id in {each.admission.run_id for each in players}:
            await self._set_stage([each for each in players if each.admission.run_id == run_id])
        self._forget({each.meeting_id for each in self._streams.values()})

    def _new_sid(self) -> str:
        """Draw a session's id; later ones sort later, which says who took over."""
        self._last_sid_s = max(self._clock.now().timestamp(), self._last_sid_s + 0.001)
        return new_id(self._last_sid_s)

    async def _connect(self, stream: Stream) -> str:
        try:
            opened = await self._service.open_peer(as_offer(stream, stream.offer))
        except AppError as error:
            if error.code == "media_sdp_invalid":
                raise SdpUnreadable(f"the engine can't take this offer: {error.detail}") from error
            raise
        if stream.ended is not None:
            await self._close(stream)
            raise StreamTokenMissing("this stream was ended")
        check_accepted(stream.plan, opened.sdp)
        for resource_id, older in list(self._streams.items()):
            if older.participant_id == stream.participant_id and older is not stream:
                # The engine has replaced its connection, signaling will have its session by `sid`.
                older.ended = "replaced"
                del self._streams[resource_id]
        return opened.sdp

    def _end(self, resource_id: str, reason: str) -> None:
        stream = self._streams.pop(resource_id, None)
        if stream is None:
            return
        stream.ended = reason
        others = [
            each for each in self._of(stream.meeting_id) if each.participant_id == stream.participant_id
        ]
        if not others:
            self._gone.append(ClosePeer(meeting_id=stream.meeting_id, participant_id=stream.participant_id))
            self._gone.append(farewell(stream, reason))
        self._wake.set()

    async def _close(self, stream: Stream) -> None:
        await self._service.close_peer(
            ClosePeer(
                meeting_id=stream.meeting_id,
                participant_id=stream.participant_id,
                generation=stream.generation,
            )
        )

    async def _tell_gone(self) -> None:
        gone, self._gone = self._gone, []
        for request in gone:
            try:
                if isinstance(request, ClosePeer):
                    await self._service.close_peer(request)
                else:
                    await self._bus.call(request, timeout_s=ASK_TIMEOUT_S)
            except AppError as error:
                # Signaling gives up by itself who is not shown any more.
                log.info("stream_end_untold", topic=request.topic, code=error.code)

    async def _show(self, resource_id: str, stream: Stream) -> None:
        now_s = self._clock.monotonic()
        sources = self._sources(stream)
        if not stream.connected or (stream.shown == sources and now_s < stream.shown_at_s + RENEW_S):
            return
        admission = stream.admission
        request = ShowStream(
            meeting_id=admission.meeting_id,
            run_id=admission.run_id,
            participant_id=admission.participant_id,
            sid=stream.sid,
            display_name=admission.display_name,
            role=admission.role,
            visible=stream.publishes,
            sources=sources,
        )
        try:
            await self._bus.call(request, timeout_s=ASK_TIMEOUT_S)
        except AppError as error:
            if error.code == "stream_over":
                self._end(resource_id, "left")
            else:
                log.info("stream_not_shown", code=error.code)
            return
        stream.shown, stream.shown_at_s = sources, now_s

    def _sources(self, stream: Stream) -> list[Source]:
        muted = self._service.muted(stream.meeting_id, stream.participant_id)
        return sorted({track.source for track in stream.plan.publish} - muted)

    async def _set_stage(self, players: list[Stream]) -> None:
        first = players[0].admission
        try:
            shown = await self._bus.call(
                LookAtStage(meeting_id=first.meeting_id, run_id=first.run_id), timeout_s=ASK_TIMEOUT_S
            )
        except AppError as error:
            log.info("stage_unknown", code=error.code)
            return
        now_s = self._clock.monotonic()
        speakers = self._speakers.get(first.meeting_id, [])
        picture = stage.choose_picture(shown, speakers, self._pictures.get(first.run_id), now_s=now_s)
        if picture is None:
            self._pictures.pop(first.run_id, None)
        else:
            self._pictures[first.run_id] = picture
        for player in players:
            await self._set_layout(player, picture, shown)

    async def _set_layout(self, player: Stream, picture: stage.Picture | None, shown: Stage) -> None:
        if player.wanted.pinned is not None:
            picture = stage.pin_picture(shown, player.wanted.pinned, now_s=0)
        layout = []
        if picture is not None:
            layout = [
                WantedSlot(
                    mid=player.plan.video_slots[0],
                    participant_id=picture.participant_id,
                    source=picture.source,
                    width=STAGE_WIDTH,
                )
            ]
        if layout == player.layout or player.ended is not None:
            return
        await self._service.set_layout(
            SetLayout(meeting_id=player.meeting_id, participant_id=player.participant_id, slots=layout)
        )
        player.layout = layout

    def _of(self, meeting_id: str) -> Iterable[Stream]:
        return (each for each in self._streams.values() if each.meeting_id == meeting_id)

    def _matching(self, event: PeerMediaConnected | PeerMediaEnded) -> list[tuple[str, Stream]]:
        wanted = (event.meeting_id, event.participant_id, event.generation)
        return [
            (key, each)
            for key, each in self._streams.items()
            if (each.meeting_id, each.participant_id, each.generation) == wanted
        ]

    def _forget(self, meetings: set[str]) -> None:
        """Keep nothing about meetings without streams."""
        self._speakers = {key: value for key, value in self._speakers.items() if key in meetings}
        runs = {each.admission.run_id for each in self._streams.values()}
        self._pictures = {key: value for key, value in self._pictures.items() if key in runs}
