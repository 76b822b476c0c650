"""What events about the floor and the lobby do to the room as one person sees it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meeting_client.core import RoomView

Frame = dict[str, Any]


def apply_floor(view: "RoomView", t: str, d: Frame) -> None:
    """Apply an event. One that is already contained changes nothing."""
    if t == "meeting.frozen":
        view.meeting["frozen"] = d["frozen"]
    elif t == "meeting.spotlighted":
        view.meeting["spotlight"] = d["participant_id"]
    elif t == "meeting.options_changed":
        view.meeting["options"] = d["options"]
    elif t == "participant.asked_to_unmute":
        view.may_unmute = [
            *(each for each in view.may_unmute if each != d["participant_id"]),
            d["participant_id"],
        ]
    elif t == "participant.muted" and d["source"] == "microphone":
        view.may_unmute = [each for each in view.may_unmute if each != d["participant_id"]]
    elif t == "meeting.muted_all":
        view.may_unmute = []
    elif t.startswith("lobby."):
        _apply_lobby(view, t, d)


def _apply_lobby(view: "RoomView", t: str, d: Frame) -> None:
    if view.place is not None:
        if t == "lobby.position":
            view.place.update(d)
        elif t == "lobby.message":
            _add_message(view.place["messages"], d["message"])
    elif view.lobby is not None:
        waiting = view.lobby["waiting"]
        if t == "lobby.said":
            _add_message(view.lobby["messages"], d["message"])
        elif t == "lobby.requested":
            others = [each for each in waiting if each["participant_id"] != d["waiting"]["participant_id"]]
            order = sorted(
                [*others, d["waiting"]], key=lambda each: (each["asked_at"], each["participant_id"])
            )
            view.lobby["waiting"] = order
        else:
            view.lobby["waiting"] = [
                each for each in waiting if each["participant_id"] != d["participant_id"]
            ]


def _add_message(messages: list[Frame], message: Frame) -> None:
    if not messages or message["seq"] > messages[-1]["seq"]:
        messages.append(message)
