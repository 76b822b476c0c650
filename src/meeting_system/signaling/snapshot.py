"""The whole view of one participant: the durable part from the meeting service, the people from the log."""

from collections.abc import Sequence

from meeting_system.contracts.media import SlotState
from meeting_system.contracts.meeting import RoomView
from meeting_system.contracts.signal import ChatMessage, ParticipantState, Snapshot
from meeting_system.signaling.records import RoomState

MAX_MESSAGES_BYTES = 128 * 1024
"""Earlier messages are a request away; a snapshot stays a frame that every client takes."""


def take(room: RoomState, view: RoomView, me: ParticipantState, slots: Sequence[SlotState] = ()) -> Snapshot:
    """Join both parts. `view` must have been read after `room`: then nothing is missing from both.

    What is in `view` but not yet in the log comes again as events; clients know messages by their `seq`.
    """
    people = sorted(
        (person.state for person in room.people.values()),
        key=lambda each: (each.joined_at, each.participant_id),
    )
    return Snapshot(
        meeting=view.meeting,
        participant_id=me.participant_id,
        role=me.role,
        participants=people,
        messages=_latest(view.messages),
        slots=list(slots),
    )


def _latest(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    kept: list[ChatMessage] = []
    left = MAX_MESSAGES_BYTES
    for message in reversed(messages):
        left -= 4 * len(message.body) + 256
        if left < 0:
            break
        kept.append(message)
    return kept[::-1]
