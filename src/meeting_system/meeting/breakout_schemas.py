"""What clients send and get about breakout rooms, beyond the commands of `meet.v1`."""

from pydantic import BaseModel, Field

from meeting_system.contracts.signal_breakouts import BreakoutsState
from meeting_system.meeting.schemas import Body


class Enter(Body):
    """POST /meetings/{id}/breakouts/{breakout_id}/enter"""

    device_id: str = Field(min_length=1, max_length=64)


class BreakoutIds(BaseModel):
    """The rooms that were made."""

    breakout_ids: list[str]


class Looked(BaseModel):
    """The breakouts as everybody in the main room sees them."""

    breakouts: BreakoutsState | None
