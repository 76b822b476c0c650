"""HTTP's view of messages, files and polls."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from meeting_system.contracts.signal_chat import MAX_CHAT_CHARS, MAX_FILES_OF_MESSAGE, ChatMessage
from meeting_system.contracts.signal_polls import (
    MAX_OPTION_CHARS,
    MAX_POLL_OPTIONS,
    MAX_QUESTION_CHARS,
    PollState,
)
from meeting_system.kernel.text import clean_line, clean_paragraphs
from meeting_system.meeting.schemas import Body

MessageText = Annotated[str, Field(max_length=MAX_CHAT_CHARS)]
Question = Annotated[
    str, Field(min_length=1, max_length=MAX_QUESTION_CHARS), AfterValidator(clean_paragraphs)
]
Answer = Annotated[str, Field(min_length=1, max_length=MAX_OPTION_CHARS), AfterValidator(clean_line)]
Position = Annotated[int, Field(ge=0, lt=MAX_POLL_OPTIONS)]
ShortId = Annotated[str, Field(min_length=1, max_length=64)]


class NewMessage(Body):
    """POST /meetings/{id}/messages"""

    body: MessageText = ""
    to: ShortId | None = None
    reply_to: ShortId | None = None
    file_ids: list[ShortId] = Field(default_factory=list, max_length=MAX_FILES_OF_MESSAGE)


class MessageChange(Body):
    """PATCH /meetings/{id}/messages/{message_id}"""

    body: MessageText


class NewReaction(Body):
    """POST /meetings/{id}/messages/{message_id}/reactions"""

    emoji: Annotated[str, Field(min_length=1, max_length=16)]
    on: bool = True


class ShownMessage(ChatMessage):
    """A message as the caller sees it. `mine`: they wrote it, whatever the device and the day."""

    mine: bool


class MessagePage(BaseModel):
    """Oldest first."""

    items: list[ShownMessage]


class FoundPage(BaseModel):
    """Newest first."""

    items: list[ShownMessage]
    next_cursor: str | None


class MessageEdit(BaseModel):
    """What a message said before; `version` counts from 1."""

    version: int
    body: str
    replaced_at: datetime


class MessageEdits(BaseModel):
    """Oldest first; what it says now is the message."""

    items: list[MessageEdit]


class NewPoll(Body):
    """A poll that is not started. `correct`: positions of the right options, which makes it a quiz."""

    question: Question
    kind: Literal["single", "multiple"] = "single"
    options: Annotated[list[Answer], Field(min_length=2, max_length=MAX_POLL_OPTIONS)]
    anonymous: bool = False
    changeable: bool = True
    live_results: bool = False
    correct: Annotated[list[Position], Field(min_length=1, max_length=MAX_POLL_OPTIONS)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len({option.casefold() for option in self.options}) < len(self.options):
            raise ValueError("two options are the same")
        if self.correct is not None:
            if max(self.correct) >= len(self.options):
                raise ValueError("correct: there is no such option")
            if self.kind == "single" and len(set(self.correct)) != 1:
                raise ValueError("correct: of a single choice one option is right")
        return self


class Vote(Body):
    """POST /meetings/{id}/polls/{poll_id}/vote"""

    option_ids: Annotated[list[ShortId], Field(max_length=MAX_POLL_OPTIONS)]


class PollList(BaseModel):
    """Oldest first."""

    items: list[PollState]


class PollVoteShown(BaseModel):
    """Who voted what; of a poll that is not anonymous."""

    display_name: str | None
    choice: list[str]
    voted_at: datetime | None


class PollResults(BaseModel):
    """A poll with its counts, and `votes` in the order of their arrival, none where it is anonymous."""

    poll: PollState
    votes: list[PollVoteShown]
