"""What travels over the bus: requests with one answer, and events with any number of listeners.

A request names its reply type, so that `reply = await bus.call(LoadRoom(meeting_id=...))` is typed:

    class LoadRoom(Request[RoomView]):
        topic = "meeting.load_room"
"""

from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(min_length=1, max_length=64)]
"""Of a meeting, a participant, a session or a device, as somebody outside may send it."""

ReplyT = TypeVar("ReplyT", bound="Message")


class Message(BaseModel):
    """Base of everything on the wire: immutable, JSON both ways, deaf to fields that it does not know.

    Processes of two versions run side by side during an upgrade: what the newer one says besides is ignored,
    and a new field has a default (`scripts/contracts.py` sees to it). Whoever reads what a client sent
    validates with `extra="forbid"`. See docs/decisions/0015.
    """

    # Without the input in errors: their text reaches logs and callers.
    model_config = ConfigDict(extra="ignore", frozen=True, ser_json_inf_nan="null", hide_input_in_errors=True)


class Nothing(Message):
    """The reply of a request that has nothing to say but *done*."""


class Request(Message, Generic[ReplyT]):
    """Asked of the one service that owns `topic` (`service.verb_noun`)."""

    topic: ClassVar[str]

    @classmethod
    def reply_type(cls) -> type[Message]:
        """The class that the reply is decoded into."""
        for base in cls.__mro__:
            generic: Any = getattr(base, "__pydantic_generic_metadata__", None)
            if generic and generic["args"] and generic["origin"] is Request:
                reply: type[Message] = generic["args"][0]
                return reply
        raise TypeError(f"{cls.__name__} does not name its reply: class {cls.__name__}(Request[Reply])")


class Event(Message):
    """Told to whoever listens to `topic` (`noun.past_tense`), at most once: what must last is a row."""

    topic: ClassVar[str]
