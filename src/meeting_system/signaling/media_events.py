"""What the media service tells, to the clients concerned: slots and rebuilds in order, the rest once."""

from meeting_system.contracts.call import Message
from meeting_system.contracts.media import (
    MediaNodeEnded,
    PeerLayersWanted,
    PeerMediaEnded,
    PeerMustMove,
    PeerQualityChanged,
    PeerSlotsChanged,
    SpeakersChanged,
)
from meeting_system.contracts.negotiation import MediaLayers, MediaRebuild, MediaSlots
from meeting_system.contracts.signal import ConnectionQuality, SpeakersActive
from meeting_system.signaling.core import ATTEMPTS, Core
from meeting_system.signaling.frames import event
from meeting_system.signaling.hub import Hub
from meeting_system.signaling.records import Attachment, NewEvent, SessionRecord, Step

EXPECTED_ENDS = ("closed", "replaced")


async def tell_slots(core: Core, hub: Hub, changed: PeerSlotsChanged) -> None:
    """Append a new assignment to the personal log, once, whichever processes hear of it."""
    data = MediaSlots(generation=changed.generation, version=changed.version, slots=changed.slots)
    held = hub.find(changed.participant_id)
    if held is not None:
        held.slots = changed.slots
    told = event("media.slots", data, now=core.now().moment)
    slots = "[" + ",".join(slot.model_dump_json() for slot in changed.slots) + "]"
    await _tell(core, changed.participant_id, held, told, slots, (changed.generation, changed.version))


async def tell_ended(core: Core, hub: Hub, ended: PeerMediaEnded) -> None:
    """Have the client offer again, unless it wanted the end or has a newer connection."""
    held = hub.find(ended.participant_id)
    if held is None or ended.reason in EXPECTED_ENDS or ended.generation < held.media_gen:
        return
    await _tell(core, held.pid, held, _rebuild(core, ended.reason))


async def tell_moving(core: Core, hub: Hub, moving: PeerMustMove) -> None:
    """Have a client offer again whose media node stops, unless it has a newer connection."""
    held = hub.find(moving.participant_id)
    if held is not None and moving.generation >= held.media_gen:
        await _tell(core, held.pid, held, _rebuild(core, moving.reason))


async def tell_node_ended(core: Core, hub: Hub, ended: MediaNodeEnded) -> None:
    """Have every client here offer again whose media was on a node that is gone, once.

    Who is at no socket learns it with the next one: it is asked whether the connection lives.
    """
    for held in [held for held in hub.members() if held.media_node == ended.node_id]:
        held.media_node = ""
        await _tell(core, held.pid, held, _rebuild(core, "media_node_ended"))


def tell_layers(core: Core, hub: Hub, wanted: PeerLayersWanted) -> None:
    """Tell a publisher at a socket here what is wanted of its track. Who is away is told again later."""
    held = hub.find(wanted.participant_id)
    if held is not None:
        data = MediaLayers(generation=wanted.generation, source=wanted.source, layers=wanted.layers)
        hub.whisper(held, _passing("p", event("media.layers", data, now=core.now().moment)))


def tell_speakers(core: Core, hub: Hub, changed: SpeakersChanged) -> None:
    """Give the loudest speakers to the room, for the moment."""
    _shout(core, hub, changed.meeting_id, "speakers", SpeakersActive(participant_ids=changed.participant_ids))


def tell_quality(core: Core, hub: Hub, changed: PeerQualityChanged) -> None:
    """Give the room somebody's connection quality, for the moment."""
    data = ConnectionQuality(participant_id=changed.participant_id, quality=changed.quality)
    _shout(core, hub, changed.meeting_id, "quality", data)


def _shout(core: Core, hub: Hub, meeting_id: str, t: str, data: Message) -> None:
    room = hub.room_of_meeting(meeting_id)
    if room is not None:
        hub.shout(room, _passing("r", event(t, data, now=core.now().moment)))


def _passing(stream: str, told: NewEvent) -> str:
    return f'{{"f":"ev","st":"{stream}",{told.tail.decode()}'


def _rebuild(core: Core, reason: str) -> NewEvent:
    return event("media.rebuild", MediaRebuild(reason=reason), now=core.now().moment)


async def _tell(
    core: Core,
    pid: str,
    held: Attachment | None,
    told: NewEvent,
    slots: str | None = None,
    slots_version: tuple[int, int] = (0, 0),
) -> None:
    for _ in range(ATTEMPTS):
        target = held or await _find_detached(core, pid)
        if target is None:
            return
        step = Step(
            run=target.run,
            epoch=target.epoch,
            now_ms=core.now().ms,
            sid=target.sid,
            gen=target.gen,
            pid=pid,
            personal=[told],
            slots_version=slots_version,
        )
        if slots is not None:
            step.fields = {"slots": slots}
        outcome = await core.log.apply(step)
        if held is not None or outcome.verdict != "fenced":
            return


async def _find_detached(core: Core, pid: str) -> SessionRecord | None:
    """A session at a socket elsewhere is told by its own process."""
    sid = await core.log.find_owner(pid)
    record = await core.log.find_session(sid) if sid is not None else None
    return record if record is not None and record.state == "detached" else None
