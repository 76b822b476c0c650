"""The chat of `meet.v1`: messages to everyone in the room log, private ones in personal logs only."""

from typing import Annotated, Literal

from pydantic import Field

from meeting_system.contracts.call import Id, Message

MAX_CHAT_CHARS = 4000
QUOTE_CHARS = 160
MAX_FILES_OF_MESSAGE = 10

Emoji = Annotated[str, Field(min_length=1, max_length=16)]


class ChatQuote(Message):
    """The beginning of the message that is answered, as that one reads now; empty once it is deleted."""

    message_id: Id
    participant_id: Id
    display_name: str
    body: str
    deleted: bool


class ChatReaction(Message):
    """One person's emoji at a message."""

    emoji: str
    participant_id: Id
    display_name: str


class ChatFile(Message):
    """A file at a message; bytes at `GET /api/v1/meetings/{id}/files/{file_id}`.

    `width` and `height` are pixels of a picture with a preview at `…/files/{file_id}/preview`; null: none.
    """

    file_id: Id
    name: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None


class ChatMessage(Message):
    """A message as it is now; the higher `version` is the newer.

    `seq` counts the messages to everyone of one meeting from 1 without gaps; those of a private conversation
    count for themselves. `recipient_id` null: to everyone. A deleted message has neither text nor files.
    """

    message_id: Id
    seq: int
    participant_id: Id
    display_name: str
    body: str
    sent_at: str
    version: int = 1
    recipient_id: Id | None = None
    recipient_name: str | None = None
    reply_to: ChatQuote | None = None
    edited_at: str | None = None
    deleted_at: str | None = None
    deleted_by: Literal["author", "host"] | None = None
    reactions: list[ChatReaction] = Field(default_factory=list, description="in order of arrival")
    files: list[ChatFile] = Field(default_factory=list)


# ---------------------------------------------------------------- commands: what is in `d`


class ChatSend(Message):
    """chat.send → ack res: ChatMessage. Event chat.message, to the room or, with `to`, to the two alone.

    `file_ids` were uploaded before, by the sender; with files `body` may be empty.
    """

    body: Annotated[str, Field(max_length=MAX_CHAT_CHARS)] = ""
    to: Id | None = None
    reply_to: Id | None = None
    file_ids: list[Id] = Field(default_factory=list, max_length=MAX_FILES_OF_MESSAGE)


class ChatEdit(Message):
    """chat.edit → ack res: ChatMessage. One's own, for some time. Event chat.changed."""

    message_id: Id
    body: Annotated[str, Field(min_length=1, max_length=MAX_CHAT_CHARS)]


class ChatDelete(Message):
    """chat.delete → ack res: ChatMessage. One's own; hosts any that is not private. Event chat.changed."""

    message_id: Id


class ChatReact(Message):
    """chat.react: put one's emoji to a message, or take it away. Event chat.reacted."""

    message_id: Id
    emoji: Emoji
    on: bool


# ---------------------------------------------------------------- events: what is in `d`


class ChatMessageSent(Message):
    """chat.message (D): in the room log, or of a private message in the personal one."""

    message: ChatMessage


class ChatMessageChanged(Message):
    """chat.changed (D): the whole message, edited or deleted; quotes of it change with it."""

    message: ChatMessage


class ChatReacted(Message):
    """chat.reacted (D): `version` is the message's from now on."""

    message_id: Id
    version: int
    emoji: str
    participant_id: Id
    display_name: str
    on: bool
