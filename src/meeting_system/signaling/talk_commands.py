"""Commands of the chat and of polls, as the meeting service is asked for them."""

from collections.abc import Callable
from typing import Any

from meeting_system.contracts.call import Request
from meeting_system.contracts.chat import (
    ClosePoll,
    DeleteMessage,
    EditMessage,
    PublishPoll,
    ReactToMessage,
    StartPoll,
    VotePoll,
)
from meeting_system.contracts.meeting import SendChat

TALK_COMMANDS: dict[str, Callable[[dict[str, Any], Any], Request[Any]]] = {
    "chat.send": lambda key, data: SendChat(**key, **data.model_dump()),
    "chat.edit": lambda key, data: EditMessage(**key, **data.model_dump()),
    "chat.delete": lambda key, data: DeleteMessage(**key, **data.model_dump()),
    "chat.react": lambda key, data: ReactToMessage(**key, **data.model_dump()),
    "poll.start": lambda key, data: StartPoll(**key, **data.model_dump()),
    "poll.vote": lambda key, data: VotePoll(**key, **data.model_dump()),
    "poll.close": lambda key, data: ClosePoll(**key, **data.model_dump()),
    "poll.publish": lambda key, data: PublishPoll(**key, **data.model_dump()),
}
