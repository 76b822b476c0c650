"""What signaling and the outbox ask of meeting about messages, polls and files."""

from typing import Any

from meeting_system.contracts.call import Nothing, Request
from meeting_system.contracts.chat import (
    ClosePoll,
    DeleteMessage,
    DeleteObjects,
    EditMessage,
    PublishPoll,
    ReactToMessage,
    StartPoll,
    VotePoll,
)
from meeting_system.contracts.signal_chat import ChatMessage
from meeting_system.contracts.signal_polls import PollState
from meeting_system.kit.bus import Handler
from meeting_system.meeting import chat_change, polls, stored_files
from meeting_system.meeting.context import Context
from meeting_system.meeting.durable import call_of_command, once


def create_talk_handlers(context: Context) -> dict[type[Request[Any]], Handler]:
    """Return the handler of each request."""
    return {**_chat_handlers(context), **_poll_handlers(context)}


def _chat_handlers(context: Context) -> dict[type[Request[Any]], Handler]:
    async def edit_message(command: EditMessage) -> ChatMessage:
        effect = chat_change.editing(
            command.message_id, command.body, within_s=context.settings.edit_within_s
        )
        return ChatMessage.model_validate(await once(context, call_of_command(command), effect))

    async def delete_message(command: DeleteMessage) -> ChatMessage:
        effect = chat_change.deleting(command.message_id)
        return ChatMessage.model_validate(await once(context, call_of_command(command), effect))

    async def react_to_message(command: ReactToMessage) -> Nothing:
        effect = chat_change.reacting(command.message_id, command.emoji, on=command.on)
        await once(context, call_of_command(command), effect)
        return Nothing()

    async def delete_objects(request: DeleteObjects) -> Nothing:
        await stored_files.delete_objects(context, request)
        return Nothing()

    return {
        EditMessage: edit_message,
        DeleteMessage: delete_message,
        ReactToMessage: react_to_message,
        DeleteObjects: delete_objects,
    }


def _poll_handlers(context: Context) -> dict[type[Request[Any]], Handler]:
    async def start_poll(command: StartPoll) -> PollState:
        answer = await once(context, call_of_command(command), polls.starting(command.poll_id))
        return PollState.model_validate(answer)

    async def vote_poll(command: VotePoll) -> PollState:
        effect = polls.voting(command.poll_id, command.option_ids)
        return PollState.model_validate(await once(context, call_of_command(command), effect))

    async def close_poll(command: ClosePoll) -> PollState:
        answer = await once(context, call_of_command(command), polls.closing(command.poll_id))
        return PollState.model_validate(answer)

    async def publish_poll(command: PublishPoll) -> PollState:
        answer = await once(context, call_of_command(command), polls.publishing(command.poll_id))
        return PollState.model_validate(answer)

    return {
        StartPoll: start_poll,
        VotePoll: vote_poll,
        ClosePoll: close_poll,
        PublishPoll: publish_poll,
    }
