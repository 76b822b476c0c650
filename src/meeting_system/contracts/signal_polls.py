"""The polls of `meet.v1`. Drafts are made and changed over HTTP; the room sees them from poll.start on."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from meeting_system.contracts.call import Id, Message

MAX_POLL_OPTIONS = 20
MAX_QUESTION_CHARS = 500
MAX_OPTION_CHARS = 200

OptionIds = Annotated[list[Id], Field(max_length=MAX_POLL_OPTIONS)]


class PollPhase(StrEnum):
    """`published`: over, and everyone sees the results."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    PUBLISHED = "published"


class PollOption(Message):
    """One answer to choose."""

    option_id: Id
    text: str


class PollState(Message):
    """A poll as one viewer sees it; the higher `version` is the newer.

    `counts` are by option, in their order; null: not for this viewer, or not yet. `correct` are the right
    options of a quiz, once it is published. `choice` is what the viewer voted; null: nothing, or no longer
    known, because the link between people and votes of an anonymous poll ends with it.
    """

    poll_id: Id
    question: str
    kind: Literal["single", "multiple"]
    options: list[PollOption]
    anonymous: bool
    changeable: bool
    live_results: bool
    is_quiz: bool
    phase: PollPhase
    creator_name: str
    started_at: str | None = None
    closed_at: str | None = None
    voters: int = 0
    counts: list[int] | None = None
    correct: list[Id] | None = None
    choice: list[Id] | None = None
    version: int = 1


# ---------------------------------------------------------------- commands: what is in `d`


class PollStart(Message):
    """poll.start: open a draft to votes. Event poll.started."""

    poll_id: Id


class PollVote(Message):
    """poll.vote: choose. Event poll.chosen to one's own devices; poll.voted to the room a moment later."""

    poll_id: Id
    option_ids: OptionIds


class PollClose(Message):
    """poll.close: no more votes. Event poll.closed, and poll.published where results were live."""

    poll_id: Id


class PollPublish(Message):
    """poll.publish: show everyone the results of a closed poll. Event poll.published."""

    poll_id: Id


# ---------------------------------------------------------------- events: what is in `d`


class PollStarted(Message):
    """poll.started (D)"""

    poll: PollState


class PollVoted(Message):
    """poll.voted (D): how many have voted, at most once a second; `counts` only where results are live."""

    poll_id: Id
    version: int
    voters: int
    counts: list[int] | None = None


class PollChosen(Message):
    """poll.chosen (D, personal): what the viewer voted."""

    poll_id: Id
    choice: list[Id]


class PollClosed(Message):
    """poll.closed (D): take the poll, and keep `choice` unless it is anonymous."""

    poll: PollState


class PollPublished(Message):
    """poll.published (D): as poll.closed, with the results."""

    poll: PollState
