"""What makes a poll, who may vote what, and what each viewer sees of it. Pure."""

import hashlib
from collections.abc import Sequence

from meeting_system.contracts.signal_floor import MODERATORS
from meeting_system.contracts.signal_polls import PollPhase, PollState
from meeting_system.kernel.errors import FieldError, Forbidden, Invalid
from meeting_system.kernel.principal import MeetingRole
from meeting_system.meeting.poll_errors import PollBegun, PollNotClosed, PollNotOpen, VoteFinal

MOST_POLLS = 200


def check_choice(option_ids: Sequence[str], known: Sequence[str], *, kind: str) -> list[str]:
    """Return a choice in the order of the options; raise Invalid for one that can't be."""
    if len(set(option_ids)) != len(option_ids) or not set(option_ids) <= set(known):
        raise _invalid("these are not options of this poll")
    if not option_ids:
        raise _invalid("choose at least one option")
    if kind == "single" and len(option_ids) != 1:
        raise _invalid("choose one option")
    return [each for each in known if each in option_ids]


def check_manage(role: MeetingRole, person_id: str | None, creator_id: str) -> None:
    """Raise unless somebody may start, close, publish, change or delete a poll: its maker, and hosts."""
    if role not in MODERATORS and person_id != creator_id:
        raise Forbidden("only who made this poll and hosts may do that")


def check_draft(phase: PollPhase) -> None:
    """Raise unless a poll may be changed, deleted or started."""
    if phase is not PollPhase.DRAFT:
        raise PollBegun("this poll was started already")


def check_open(phase: PollPhase) -> None:
    """Raise unless a poll takes votes and may be closed."""
    if phase is not PollPhase.OPEN:
        raise PollNotOpen("this poll is not open")


def check_closed(phase: PollPhase) -> None:
    """Raise unless the results of a poll may be published now."""
    if phase is not PollPhase.CLOSED:
        raise PollNotClosed("close the poll first; what is published stays so")


def check_change(before: list[str] | None, after: list[str], *, changeable: bool) -> None:
    """Raise where somebody votes again in a poll that doesn't allow it; the same choice is no change."""
    if before is not None and before != after and not changeable:
        raise VoteFinal("your vote counts already, and in this poll it can't be changed")


def voter_of(person_id: str, secret: str | None) -> str:
    """Return as whom a person's vote is kept. With the poll's secret nobody else can tell, without it nobody.

    The query for personal snapshots computes the same: repository/private_chat.py.
    """
    return person_id if secret is None else hashlib.sha256(f"{secret}{person_id}".encode()).hexdigest()


def shows_counts(poll: PollState) -> bool:
    """Tell whether everyone sees how many chose what."""
    return poll.phase is PollPhase.PUBLISHED or (poll.phase is PollPhase.OPEN and poll.live_results)


def for_everyone(poll: PollState) -> PollState:
    """Return what everyone may see of a poll, without anybody's own choice."""
    hidden: dict[str, object] = {"choice": None}
    if not shows_counts(poll):
        hidden["counts"] = None
    if poll.phase is not PollPhase.PUBLISHED:
        hidden["correct"] = None
    return poll.model_copy(update=hidden)


def _invalid(detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError("/option_ids", detail)])
