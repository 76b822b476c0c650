"""What goes wrong with polls, each with its code."""

from meeting_system.kernel.errors import Conflict, NotFound


class PollNotFound(NotFound):
    """No such poll here, or a draft of somebody else."""

    code = "poll_not_found"


class PollBegun(Conflict):
    """It was started already: it can't be changed, deleted or started."""

    code = "poll_begun"


class PollNotOpen(Conflict):
    """Nobody votes before the start or after the end."""

    code = "poll_not_open"


class PollNotClosed(Conflict):
    """Only a closed poll is published."""

    code = "poll_not_closed"


class VoteFinal(Conflict):
    """In this poll a vote can't be changed."""

    code = "vote_final"


class TooManyPolls(Conflict):
    """A meeting has room for so many polls."""

    code = "too_many_polls"
