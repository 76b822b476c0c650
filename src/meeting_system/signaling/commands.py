"""Commands of a session, one after the other: each takes effect once and is answered by one stored ack.

D: the meeting service does it, known by (sid, cid); while it is away the command waits here, unanswered, and
the client's next connection sends it again. S and E: one atomic step. N: the media service does it; away, the
command is refused as `unavailable` and the client offers again.
"""

from collections.abc import Callable, Sequence
from typing import Any

from meeting_system.contracts.call import Message, Nothing, Request
from meeting_system.contracts.media import (
    ClosePeer,
    OpenPeer,
    SetLayout,
    Track,
    WantedSlot,
)
from meeting_system.contracts.meeting import (
    EndMeeting,
    LockMeeting,
    MuteParticipant,
    RemoveParticipant,
)
from meeting_system.contracts.negotiation import MediaAnswer, MediaClose, MediaLayout, MediaOffer
from meeting_system.contracts.signal import (
    COMMANDS,
    CloseCode,
    Command,
    DeliveryClass,
    ParticipantUpdated,
    Reaction,
    ReactionSend,
    SelfUpdate,
)
from meeting_system.kernel.errors import AppError, Unavailable
from meeting_system.kit.log import logger
from meeting_system.kit.trace import Trace, current_trace_id, new_trace, span, to_trace, traced
from meeting_system.signaling import publishing
from meeting_system.signaling.breakout_commands import BREAKOUT_REQUESTS
from meeting_system.signaling.core import ASK_TIMEOUT_S, Core, raise_if_over
from meeting_system.signaling.errors import (
    AnswerLost,
    CloseSocket,
    EpochChanged,
    InLobby,
    LogAway,
    SessionChanged,
    StaleGeneration,
)
from meeting_system.signaling.floor_commands import FLOOR_REQUESTS
from meeting_system.signaling.frames import decode_command, encode_ack, encode_refusal, event, iso
from meeting_system.signaling.metrics import COMMANDS_DONE
from meeting_system.signaling.records import Attachment, PersonWrite, Step
from meeting_system.signaling.rules import retire_token
from meeting_system.signaling.talk_commands import TALK_COMMANDS

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 1.0
CONFIRMED_AT_ONCE = 256
OFFER = "media.offer"

log = logger(__name__)


async def handle(core: Core, held: Attachment, command: Command) -> None:
    """Do a command and push its ack. Raises CloseSocket; the others of errors.py: call again once mended."""
    with traced(_trace_of(held, command)), span(f"signaling.{_known(command.t)}", "server"):
        await _handle(core, held, command)


def _trace_of(held: Attachment, command: Command) -> Trace:
    """The first offer belongs to the join; every other command is a trace of its own."""
    if command.t == OFFER and held.traceparent:
        traceparent, held.traceparent = held.traceparent, ""
        return to_trace(traceparent)
    return new_trace()


async def _handle(core: Core, held: Attachment, command: Command) -> None:
    if command.cid <= held.last_cid:
        await _answer_again(core, held, command)
        return
    if command.cid != held.last_cid + 1:
        raise CloseSocket(CloseCode.GAP, "cid out of order")
    outcome = "ok"
    step = _step(core, held, command.cid)
    try:
        await _decide(core, held, command, step)
    except AppError as error:
        outcome = error.code
        step = _refused(core, held, command.cid, error)
    except (CloseSocket, EpochChanged, LogAway, SessionChanged):
        raise
    except Exception:
        log.exception("command_failed", type=command.t, meeting_id=held.meeting_id)
        outcome = "internal"
        step = _refused(core, held, command.cid, AppError("something unexpected; it is in the server's log"))
    await _finish(core, held, step)
    held.queue.push(step.ack)
    COMMANDS_DONE.labels(_known(command.t), outcome).inc()


async def check_fence(core: Core, held: Attachment) -> None:
    """Raise unless this generation is still the session's, in the room's present epoch."""
    await _apply(core, held, _step(core, held, 0))


async def confirm_token(core: Core, held: Attachment) -> None:
    """The client has shown that it holds its newest resume token: the one before is dead from now on."""
    if held.token_confirmed:
        return
    record = held.before or await core.log.find_session(held.sid)
    if record is None or record.gen != held.gen:
        return
    held.token_confirmed, held.before = True, None
    if record.previous_token:
        step = _step(core, held, 0)
        step.fields = {
            "previous_token": "",
            "older_tokens": retire_token(record.older_tokens, record.previous_token),
        }
        await core.log.apply(step)


async def confirm_tokens(core: Core, sessions: Sequence[Attachment]) -> None:
    """The same of many at once, who have no command. Raises Unavailable: their next frames try again."""
    shown = [(held, held.before) for held in sessions if held.before is not None and not held.token_confirmed]
    due = [
        (before.sid, before.gen, retire_token(before.older_tokens, before.previous_token))
        for _, before in shown
        if before.previous_token
    ]
    for at in range(0, len(due), CONFIRMED_AT_ONCE):
        await core.log.confirm_tokens(due[at : at + CONFIRMED_AT_ONCE])
    for held, before in shown:
        if held.before is before:  # not carried over meanwhile: that is another token
            held.token_confirmed, held.before = True, None


async def _answer_again(core: Core, held: Attachment, command: Command) -> None:
    ack = await core.log.find_ack(held.sid, command.cid)
    if ack is None:
        ack = await _answer_lost(core, held, command)
    held.queue.push(ack)


async def _answer_lost(core: Core, held: Attachment, command: Command) -> str:
    """The stored ack went with a lost log: the meeting service still knows what it did."""
    try:
        delivery, data = decode_command(command)
        if delivery is DeliveryClass.DURABLE:
            return encode_ack(command.cid, _result(await _ask_durable(core, held, command, data)))
        if delivery is DeliveryClass.NEGOTIATION:
            raise AnswerLost("the answer is no longer stored; offer again")
    except AppError as error:
        return encode_refusal(command.cid, error, current_trace_id())
    return encode_ack(command.cid)


async def _decide(core: Core, held: Attachment, command: Command, step: Step) -> None:
    """Fill `step` with what the command does, its ack included."""
    delivery, data = decode_command(command)
    if held.is_waiting:
        raise InLobby("you are in the lobby: wait until a host lets you in")
    if delivery is DeliveryClass.DURABLE:
        await check_fence(core, held)
        result = await _ask_durable(core, held, command, data)
        step.ack = encode_ack(command.cid, _result(result))
    elif delivery is DeliveryClass.NEGOTIATION:
        await check_fence(core, held)
        step.ack = encode_ack(command.cid, await _negotiate(core, held, data, step))
    else:
        if isinstance(data, SelfUpdate):
            await publishing.switch_on(core, held, data)
        else:
            await publishing.check_reaction(core, held)
        step.ack = encode_ack(command.cid)
        _change(core, held, data, step)


def _change(core: Core, held: Attachment, data: SelfUpdate | ReactionSend, step: Step) -> None:
    now = core.now().moment
    if isinstance(data, ReactionSend):
        reaction = Reaction(participant_id=held.pid, emoji=data.emoji)
        step.passing = [event("reaction", reaction, now=now, by=held.pid)]
        return
    changed = update_of(held, data, iso(now))
    if changed:
        state = held.me.model_copy(update=changed | {"version": held.me.version + 1})
        step.people = [PersonWrite(held.pid, held.me.version, held.sid, state)]
        step.events = [
            event("participant.updated", ParticipantUpdated(participant=state), now=now, by=held.pid)
        ]


def update_of(held: Attachment, data: SelfUpdate, now: str) -> dict[str, object]:
    """Say which fields of the participant's state really change."""
    wanted: dict[str, object] = data.model_dump(exclude_none=True, exclude={"hand"})
    if "display_name" in wanted:
        name = " ".join(str(wanted["display_name"]).split())
        if not name:
            del wanted["display_name"]
        else:
            wanted["display_name"] = name
    if data.hand is not None and data.hand != (held.me.hand_raised_at is not None):
        wanted["hand_raised_at"] = now if data.hand else None
    return {name: value for name, value in wanted.items() if getattr(held.me, name) != value}


async def _ask_durable(core: Core, held: Attachment, command: Command, data: Any) -> Message:
    request = _DURABLE[command.t](_key(held, command.cid), data)
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            return await core.bus.call(request, timeout_s=ASK_TIMEOUT_S)
        except AppError as error:
            # Its effect may or may not have happened: only the same (sid, cid) again can tell.
            if not error.retryable:
                raise
        await core.pause(pause_s)
        await check_fence(core, held)
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)


def _key(held: Attachment, cid: int) -> dict[str, Any]:
    return {
        "meeting_id": held.meeting_id,
        "run_id": held.run,
        "participant_id": held.pid,
        "sid": held.sid,
        "cid": cid,
    }


_DURABLE: dict[str, Callable[[dict[str, Any], Any], Request[Any]]] = {
    **TALK_COMMANDS,
    "participant.mute": lambda key, data: MuteParticipant(
        **key, target_id=data.participant_id, source=data.source
    ),
    "participant.remove": lambda key, data: RemoveParticipant(**key, target_id=data.participant_id),
    "meeting.lock": lambda key, data: LockMeeting(**key, locked=data.locked),
    "meeting.end": lambda key, _: EndMeeting(**key),
    **FLOOR_REQUESTS,
    **BREAKOUT_REQUESTS,
}


def _result(message: Message) -> Message | None:
    return None if isinstance(message, Nothing) else message


async def _negotiate(
    core: Core, held: Attachment, data: MediaOffer | MediaLayout | MediaClose, step: Step
) -> Message | None:
    where = {"meeting_id": held.meeting_id, "participant_id": held.pid}
    if isinstance(data, MediaLayout):
        wanted = [WantedSlot(**slot.model_dump()) for slot in data.slots]
        await core.bus.call(SetLayout(**where, slots=wanted), timeout_s=ASK_TIMEOUT_S)
        return None
    if isinstance(data, MediaClose):
        await core.bus.call(ClosePeer(**where, generation=data.generation), timeout_s=ASK_TIMEOUT_S)
        return None
    if data.generation < held.media_gen:
        raise StaleGeneration("a newer media connection of this session was negotiated already")
    held.media_gen = data.generation
    step.fields = {"media_gen": data.generation}
    opened = await core.bus.call(
        OpenPeer(
            **where,
            generation=data.generation,
            offer=data.sdp,
            restart=data.restart,
            publish=[Track(mid=each.mid, source=each.source) for each in data.publish],
            audio_slots=data.audio_slots,
            video_slots=data.video_slots,
            muted=[] if data.restart else await publishing.blocked_for_offer(core, held),
        ),
        timeout_s=ASK_TIMEOUT_S,
    )
    held.media_node = step.fields["media_node"] = opened.node_id
    return MediaAnswer(generation=opened.generation, sdp=opened.sdp)


def _step(core: Core, held: Attachment, cid: int) -> Step:
    return Step(
        run=held.run,
        epoch=held.epoch,
        now_ms=core.now().ms,
        sid=held.sid,
        gen=held.gen,
        pid=held.pid,
        cid=cid,
    )


async def _finish(core: Core, held: Attachment, step: Step) -> None:
    """Store what came of a command. Where Valkey's answer is lost, the cid tells whether it was done."""
    while True:
        try:
            await _apply(core, held, step)
            break
        except LogAway:
            await core.pause(FIRST_PAUSE_S)
    held.last_cid = step.cid
    if step.people and step.people[0].state is not None:
        held.me = step.people[0].state


async def _apply(core: Core, held: Attachment, step: Step) -> None:
    try:
        outcome = await core.log.apply(step)
    except Unavailable as error:
        raise LogAway from error
    raise_if_over(outcome)
    if outcome.verdict == "epoch":
        raise EpochChanged
    is_done_already = outcome.verdict == "cid" and step.cid > 0 and outcome.top == step.cid
    if not (outcome.ok or is_done_already):
        raise SessionChanged


def _refused(core: Core, held: Attachment, cid: int, error: AppError) -> Step:
    step = _step(core, held, cid)
    step.ack = encode_refusal(cid, error, current_trace_id())
    return step


def _known(t: str) -> str:
    return t if t in COMMANDS else "unknown"
