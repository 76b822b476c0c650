"""What somebody may send: asked of the meeting service, where hosts' decisions are, before it is forwarded.

A source that a host stopped stays stopped at the server until its owner switches on and may. It is asked
twice: who lifted a mute in the moment in which another was made is stopped again.
"""

from collections.abc import Sequence
from contextlib import suppress

from meeting_system.contracts.floor import ALL_SOURCES, SHARED, Blocked, FindBlocked
from meeting_system.contracts.media import SetMuted, Source
from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.signal import SelfUpdate
from meeting_system.kernel.errors import Unavailable
from meeting_system.signaling.core import ASK_TIMEOUT_S, Core
from meeting_system.signaling.errors import (
    CameraBlocked,
    MeetingIsFrozen,
    PublishingBlocked,
    SharingBlocked,
    UnmuteBlocked,
)
from meeting_system.signaling.records import Attachment


async def switch_on(core: Core, held: Attachment, data: SelfUpdate) -> None:
    """Let what somebody switches on be forwarded again.

    Errors: unmute_blocked, camera_blocked, sharing_blocked, publishing_blocked, meeting_frozen (all 403).
    """
    wanted = [source for source in ALL_SOURCES if getattr(data, source) is True]
    if not wanted:
        return
    _refuse(await find_blocked(core, held), wanted)
    await _set_muted(core, held, wanted, muted=False)
    blocked = await find_blocked(core, held)
    again = [source for source in wanted if source in blocked.sources]
    if again:
        await _set_muted(core, held, again, muted=True)
        _refuse(blocked, wanted)


async def find_blocked(core: Core, held: Attachment) -> Blocked:
    """Say what somebody may not send. With the meeting service away nobody decides: the last answer holds."""
    request = FindBlocked(run_id=held.run, participant_id=held.pid)
    try:
        held.blocked = await core.bus.call(request, timeout_s=ASK_TIMEOUT_S)
    except Unavailable:
        if held.blocked is None:
            raise
    held.is_frozen = held.blocked.frozen
    return held.blocked


async def blocked_for_offer(core: Core, held: Attachment) -> list[Source]:
    """The same for a new media connection; what was muted before stays so, whatever this says."""
    try:
        return (await find_blocked(core, held)).sources
    except Unavailable:
        return []


async def check_reaction(core: Core, held: Attachment) -> None:
    """Raise for whom a reaction is not. Errors: forbidden, meeting_frozen."""
    check_participant(held.me.role, "reaction:send")
    if held.is_frozen is None:
        with suppress(Unavailable):
            await find_blocked(core, held)
    if held.is_frozen and (await find_blocked(core, held)).frozen:
        raise MeetingIsFrozen("a host froze this meeting: wait until it goes on")


def _refuse(blocked: Blocked, wanted: Sequence[Source]) -> None:
    refused = [source for source in wanted if source in blocked.sources]
    if not refused:
        return
    if blocked.frozen:
        raise MeetingIsFrozen("a host froze this meeting: wait until it goes on")
    if blocked.observes:
        raise PublishingBlocked("an observer sends nothing")
    if refused[0] in SHARED:
        raise SharingBlocked("in this meeting hosts decide who shares: ask one")
    if refused[0] == "camera":
        raise CameraBlocked("in this meeting hosts decide who shows a picture: ask one")
    raise UnmuteBlocked("a host decides who speaks: raise your hand")


async def _set_muted(core: Core, held: Attachment, sources: Sequence[Source], *, muted: bool) -> None:
    for source in sources:
        request = SetMuted(meeting_id=held.meeting_id, participant_id=held.pid, source=source, muted=muted)
        with suppress(Unavailable):  # a media service that is away has forgotten its mutes
            await core.bus.call(request, timeout_s=ASK_TIMEOUT_S)
