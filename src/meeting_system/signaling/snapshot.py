"""The whole view of one participant: the durable part from the meeting service, the people from the log."""

from collections.abc import Sequence

from meeting_system.contracts.media import SlotState
from meeting_system.contracts.meeting import PersonalView, RoomView
from meeting_system.contracts.signal import ChatMessage, ParticipantState, PollState, Snapshot
from meeting_system.contracts.signal_floor import MODERATORS
from meeting_system.signaling.records import RoomState

MAX_MESSAGES_BYTES = 128 * 1024
"""Earlier messages are a request away; a snapshot stays a frame that every client takes."""


def take(room: RoomState, view: RoomView, me: ParticipantState, slots: Sequence[SlotState] = ()) -> Snapshot:
    """Join both parts. `view` must have been read after `room`: then nothing is missing from both.

    What is in `view` but not yet in the log comes again as events; clients know messages by their `seq`.
    """
    personal = view.personal.get(me.participant_id, PersonalView())
    people = sorted(
        (person.state for person in room.people.values()),
        key=lambda each: (each.joined_at, each.participant_id),
    )
    return Snapshot(
        meeting=view.meeting,
        participant_id=me.participant_id,
        role=me.role,
        participants=people,
        messages=_latest([each for each in view.messages if each.seq >= personal.first_seq]),
        slots=list(slots),
        private_messages=_latest(personal.private_messages),
        polls=[_chosen(poll, personal) for poll in view.polls],
        may_unmute=view.may_unmute,
        breakouts=view.breakouts,
        lobby=view.lobby if me.role in MODERATORS else None,
    )


def _chosen(poll: PollState, personal: PersonalView) -> PollState:
    return poll.model_copy(update={"choice": personal.choices.get(poll.poll_id)})


def _size(message: ChatMessage) -> int:
    """Return about how many bytes a message takes at most."""
    extras = 160 * len(message.reactions) + 512 * len(message.files) + (1024 if message.reply_to else 0)
    return 4 * len(message.body) + 512 + extras


def _latest(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    kept: list[ChatMessage] = []
    left = MAX_MESSAGES_BYTES
    for message in reversed(messages):
        left -= _size(message)
        if left < 0:
            break
        kept.append(message)
    return kept[::-1]
