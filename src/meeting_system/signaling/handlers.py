"""What signaling answers on the bus, and what it hears there."""

from collections.abc import Mapping, Sequence
from typing import Any

from meeting_system.contracts.call import Event, Nothing, Request
from meeting_system.contracts.chat import TellPersonally
from meeting_system.contracts.media import (
    MediaNodeEnded,
    PeerLayersWanted,
    PeerMediaEnded,
    PeerMustMove,
    PeerQualityChanged,
    PeerSlotsChanged,
    SpeakersChanged,
)
from meeting_system.contracts.meeting import AppendDurable, EndSession
from meeting_system.contracts.stream import HideStream, LookAtStage, LookAtStages, ShowStream, Stage, Stages
from meeting_system.kit.bus import Handler, Listener
from meeting_system.signaling import durable, media_events, personal, presence, streams
from meeting_system.signaling.core import Core
from meeting_system.signaling.hub import Hub


def handlers(core: Core) -> Mapping[type[Request[Any]], Handler]:
    """Requests that signaling owns."""

    async def append_durable(request: AppendDurable) -> Nothing:
        await durable.append(core, request)
        return Nothing()

    async def tell_personally(request: TellPersonally) -> Nothing:
        await personal.tell(core, request)
        return Nothing()

    async def end_session(request: EndSession) -> Nothing:
        await presence.end_session(core, request)
        return Nothing()

    async def show_stream(request: ShowStream) -> Nothing:
        await streams.show(core, request)
        return Nothing()

    async def hide_stream(request: HideStream) -> Nothing:
        await streams.hide(core, request)
        return Nothing()

    async def look_at_stage(request: LookAtStage) -> Stage:
        return await streams.look(core, request)

    async def look_at_stages(request: LookAtStages) -> Stages:
        return await streams.look_at_all(core, request)

    return {
        AppendDurable: append_durable,
        TellPersonally: tell_personally,
        EndSession: end_session,
        ShowStream: show_stream,
        HideStream: hide_stream,
        LookAtStage: look_at_stage,
        LookAtStages: look_at_stages,
    }


def listeners(core: Core, hub: Hub) -> Mapping[type[Event], Sequence[Listener]]:
    """Events of the media service."""

    async def slots_changed(event: PeerSlotsChanged) -> None:
        await media_events.tell_slots(core, hub, event)

    async def peer_ended(event: PeerMediaEnded) -> None:
        await media_events.tell_ended(core, hub, event)

    async def must_move(event: PeerMustMove) -> None:
        await media_events.tell_moving(core, hub, event)

    async def node_ended(event: MediaNodeEnded) -> None:
        await media_events.tell_node_ended(core, hub, event)

    async def layers_wanted(event: PeerLayersWanted) -> None:
        media_events.tell_layers(core, hub, event)

    async def speakers_changed(event: SpeakersChanged) -> None:
        media_events.tell_speakers(core, hub, event)

    async def quality_changed(event: PeerQualityChanged) -> None:
        media_events.tell_quality(core, hub, event)

    return {
        PeerSlotsChanged: [slots_changed],
        PeerMediaEnded: [peer_ended],
        PeerMustMove: [must_move],
        MediaNodeEnded: [node_ended],
        PeerLayersWanted: [layers_wanted],
        SpeakersChanged: [speakers_changed],
        PeerQualityChanged: [quality_changed],
    }
