"""Durable events for single participants: committed by the meeting service, told to each once."""

from meeting_system.contracts.chat import TellPersonally
from meeting_system.kernel.errors import Unavailable
from meeting_system.signaling.core import ATTEMPTS, Core
from meeting_system.signaling.frames import event
from meeting_system.signaling.records import NewEvent, SessionRecord, Step


async def tell(core: Core, request: TellPersonally) -> None:
    """Append an event to the personal log of each session concerned, unless it is there already.

    Who has no session here, or one of a log that was lost, sees it in their next snapshot: that is read after
    the commit that this tells of.
    """
    now = core.now()
    told = event(
        request.t,
        request.d,
        now=now.moment,
        by=request.by,
        event_id=request.event_id,
        ts=request.ts,
    )
    for participant_id in request.participant_ids:
        await _tell_one(core, request, participant_id, told)


async def _tell_one(core: Core, request: TellPersonally, participant_id: str, told: NewEvent) -> None:
    for _ in range(ATTEMPTS):
        sid = await core.log.find_owner(participant_id)
        record = None if sid is None else await core.log.find_session(sid)
        if record is None or not _listens(record, request):
            return
        step = Step(
            run=record.run,
            epoch=record.epoch,
            now_ms=core.now().ms,
            sid=record.sid,
            gen=record.gen,
            pid=record.pid,
            personal=[told],
            told=request.number,
        )
        outcome = await core.log.apply(step)
        if outcome.verdict != "fenced":
            return
    raise Unavailable("the session changed faster than it could be told")


def _listens(record: SessionRecord, request: TellPersonally) -> bool:
    return record.state != "gone" and not record.is_stream and record.run == request.run_id
