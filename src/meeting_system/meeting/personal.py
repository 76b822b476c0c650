"""Durable events for single persons: numbered in the transaction, brought to personal logs by the outbox."""

from meeting_system.contracts.call import Message
from meeting_system.contracts.chat import TellPersonally
from meeting_system.kernel.ids import new_id
from meeting_system.kit import outbox
from meeting_system.meeting import rules
from meeting_system.meeting.durable import Turn
from meeting_system.meeting.repository import private_chat


async def tell_persons(turn: Turn, t: str, event: Message, *, person_ids: list[str]) -> None:
    """Tell an event to every device of these persons in the run, and to nobody else."""
    devices = await private_chat.list_devices(turn.connection, turn.run.run_id, person_ids)
    await tell_participants(turn, t, event, participant_ids=devices)


async def tell_participants(turn: Turn, t: str, event: Message, *, participant_ids: list[str]) -> None:
    """Tell an event to these participants of the run, and to nobody else.

    Nothing of it is written among the run's events: what everyone may know is all that is there.
    """
    if not participant_ids:
        return
    number = await private_chat.number_personal(turn.connection, turn.run.run_id)
    request = TellPersonally(
        meeting_id=turn.run.meeting_id,
        run_id=turn.run.run_id,
        number=number,
        participant_ids=participant_ids,
        event_id=new_id(turn.now.timestamp()),
        t=t,
        ts=rules.moment(turn.now),
        by=turn.actor.participant_id,
        d=event.model_dump(mode="json"),
    )
    # The room's own key: what follows in the room log follows there too.
    await outbox.collect(turn.connection, request, key=f"run:{turn.run.run_id}")
