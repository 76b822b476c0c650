"""Messages and polls as one person sees them, and what events make of them. Nothing is changed in place."""

from typing import Any

Frame = dict[str, Any]
QUOTE_CHARS = 160


def put_message(known: list[Frame], message: Frame) -> list[Frame]:
    """Take a message in; one that is known already only if it is newer."""
    same = next((each for each in known if each["message_id"] == message["message_id"]), None)
    if same is not None and same.get("version", 1) >= message.get("version", 1):
        return known
    return requote([*(each for each in known if each is not same), message], message)


def change_message(known: list[Frame], message: Frame) -> list[Frame]:
    """Take a changed message, if it is among those that are known, and quote it anew."""
    changed = [
        message
        if each["message_id"] == message["message_id"] and each["version"] < message["version"]
        else each
        for each in known
    ]
    return requote(changed, message)


def requote(known: list[Frame], message: Frame) -> list[Frame]:
    """Let answers quote a message as it reads now."""
    quote = {
        "message_id": message["message_id"],
        "participant_id": message["participant_id"],
        "display_name": message["display_name"],
        "body": message["body"][:QUOTE_CHARS],
        "deleted": message.get("deleted_at") is not None,
    }
    return [
        each | {"reply_to": quote}
        if (each.get("reply_to") or {}).get("message_id") == message["message_id"]
        else each
        for each in known
    ]


def react(known: list[Frame], event: Frame) -> list[Frame]:
    """Put a reaction to a message, or take it away."""
    mine = {name: event[name] for name in ("emoji", "participant_id", "display_name")}

    def changed(message: Frame) -> Frame:
        if message["message_id"] != event["message_id"] or message["version"] >= event["version"]:
            return message
        others = [
            each
            for each in message["reactions"]
            if (each["emoji"], each["participant_id"]) != (mine["emoji"], mine["participant_id"])
        ]
        return message | {
            "reactions": [*others, mine] if event["on"] else others,
            "version": event["version"],
        }

    return [changed(message) for message in known]


def put_poll(known: list[Frame], poll: Frame) -> list[Frame]:
    """Take a poll in; one's own choice stays, unless it was anonymous and is over."""
    same = next((each for each in known if each["poll_id"] == poll["poll_id"]), None)
    if same is None:
        return [*known, poll]
    if same["version"] >= poll["version"]:
        return known
    forgets = poll["anonymous"] and poll["phase"] != "open"
    taken = poll | {"choice": None if forgets else same["choice"]}
    return [taken if each is same else each for each in known]


def count_votes(known: list[Frame], event: Frame) -> list[Frame]:
    """Take in how a poll stands."""
    news = {"version": event["version"], "voters": event["voters"], "counts": event.get("counts")}
    return [
        each | news if each["poll_id"] == event["poll_id"] and each["version"] < event["version"] else each
        for each in known
    ]


def choose(known: list[Frame], event: Frame) -> list[Frame]:
    """Take in what one voted."""
    return [
        each | {"choice": event["choice"]} if each["poll_id"] == event["poll_id"] else each for each in known
    ]
