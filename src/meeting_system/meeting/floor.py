"""What hosts decide for all, or for one who speaks: mute all, freeze, spotlight, hands, names, options."""

from collections.abc import Sequence
from typing import Any

from meeting_system.contracts.floor import (
    ALL_SOURCES,
    SHARED,
    Blocked,
    FindBlocked,
    SetMutedAll,
    blocked_sources,
)
from meeting_system.contracts.media import SetMuted, Source
from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.permissions import MEETING_PERMISSIONS, check_participant
from meeting_system.contracts.signal_floor import (
    MODERATORS,
    MeetingFrozen,
    MeetingHandsLowered,
    MeetingMutedAll,
    MeetingOptionsChanged,
    MeetingSetOptions,
    MeetingSpotlighted,
    ParticipantAskedToUnmute,
    ParticipantHandLowered,
    ParticipantRenamed,
    ParticipantUnbanned,
)
from meeting_system.kernel.errors import Forbidden
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import MeetingRole
from meeting_system.kernel.text import clean_line
from meeting_system.kit import outbox
from meeting_system.meeting import lobby, rules
from meeting_system.meeting.context import Context
from meeting_system.meeting.durable import Effect, Turn
from meeting_system.meeting.errors import ParticipantNotFound
from meeting_system.meeting.moderation import find_target
from meeting_system.meeting.repository import floor, meetings

_OTHERS = tuple(role for role in MeetingRole if role not in MODERATORS)


def muting_all(*, block: bool) -> Effect:
    """Return the effect of meeting.mute_all: nobody but hosts and co-hosts is heard until they switch on."""

    async def mute_all(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "meeting:mute_all")
        if block:
            await _change_options(turn, MeetingSetOptions(attendees_may_unmute=False))
        else:
            await _mute_all(turn, blocked=False)
        await turn.note("meeting_muted_all")
        return {}

    return mute_all


def freezing(*, frozen: bool) -> Effect:
    """Return the effect of meeting.freeze: nobody but hosts and co-hosts sends, shares, writes or reacts."""

    async def freeze(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "meeting:freeze")
        await floor.set_frozen(turn.connection, turn.run.run_id, frozen=frozen)
        if frozen:
            await _silence(turn, _OTHERS, ALL_SOURCES, streams=None)
        else:
            await _thaw_streams(turn)
        await turn.tell("meeting.frozen", MeetingFrozen(frozen=frozen))
        await turn.note("meeting_frozen" if frozen else "meeting_thawed")
        return {}

    return freeze


def spotlighting(target_id: str | None) -> Effect:
    """Return the effect of meeting.spotlight: everybody sees them large, or nobody any more."""

    async def spotlight(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "meeting:spotlight")
        if target_id is not None:
            await find_target(turn, target_id)
        await floor.set_spotlight(turn.connection, turn.run.run_id, target_id)
        await turn.tell("meeting.spotlighted", MeetingSpotlighted(participant_id=target_id))
        return {}

    return spotlight


def setting_options(change: MeetingSetOptions) -> Effect:
    """Return the effect of meeting.set_options, with all that follows from it at once."""

    async def set_options(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "meeting:set_options")
        await _change_options(turn, change)
        return {}

    return set_options


async def lower_hands(turn: Turn) -> dict[str, Any]:
    """The effect of meeting.lower_hands."""
    check_participant(turn.actor.role, "meeting:lower_hands")
    await turn.tell("meeting.hands_lowered", MeetingHandsLowered())
    return {}


def lowering_hand(target_id: str) -> Effect:
    """Return the effect of participant.lower_hand."""

    async def lower_hand(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "participant:lower_hand")
        await find_target(turn, target_id)
        await turn.tell("participant.hand_lowered", ParticipantHandLowered(participant_id=target_id))
        return {}

    return lower_hand


def renaming(target_id: str, display_name: str) -> Effect:
    """Return the effect of participant.rename; raises Invalid for a name that can't be."""
    name = rules.cleaned(clean_line, display_name, "/display_name")

    async def rename(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "participant:rename")
        target = await find_target(turn, target_id)
        if target.role == MeetingRole.HOST and target_id != turn.actor.participant_id:
            raise Forbidden("nobody else renames a host")
        await floor.rename(turn.connection, target_id, name)
        await turn.tell(
            "participant.renamed", ParticipantRenamed(participant_id=target_id, display_name=name)
        )
        return {}

    return rename


def asking_to_unmute(target_id: str) -> Effect:
    """Return the effect of participant.ask_to_unmute: they may, and are asked to."""

    async def ask_to_unmute(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "participant:ask_to_unmute")
        target = await find_target(turn, target_id)
        if "media:publish" not in MEETING_PERMISSIONS[MeetingRole(target.role)]:
            raise Forbidden("an observer does not speak: give them another role first")
        await floor.let_unmute(turn.connection, target_id, may=True)
        event = ParticipantAskedToUnmute(participant_id=target_id)
        await turn.tell("participant.asked_to_unmute", event)
        return {}

    return ask_to_unmute


def unbanning(participant_id: str) -> Effect:
    """Return the effect of participant.unban: device and account may come again, as somebody new."""

    async def unban(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "participant:unban")
        is_known = is_id(participant_id)
        if not is_known or not await floor.unban(turn.connection, turn.run.meeting_id, participant_id):
            raise ParticipantNotFound("nobody like this is kept out of the meeting")
        await turn.tell("participant.unbanned", ParticipantUnbanned(participant_id=participant_id))
        await turn.note("participant_unbanned", participant=participant_id)
        return {}

    return unban


async def find_blocked(context: Context, request: FindBlocked) -> Blocked:
    """Say what a participant may not send now. Error: forbidden, where they are not in."""
    row = None
    if is_id(request.run_id) and is_id(request.participant_id):
        async with context.ports.database.reading() as connection:
            row = await floor.find_rights(connection, request.run_id, request.participant_id)
    if row is None:
        raise Forbidden("you are not in this meeting")
    role = MeetingRole(row.role)
    options = MeetingOptions.model_validate(row.options)
    return Blocked(
        sources=list(blocked_sources(role, options, frozen=row.frozen, may_unmute=row.may_unmute)),
        frozen=row.frozen and role not in MODERATORS,
        observes="media:publish" not in MEETING_PERMISSIONS[role],
    )


async def _change_options(turn: Turn, change: MeetingSetOptions) -> None:
    before = await floor.find_options(turn.connection, turn.run.meeting_id)
    await floor.change_options(
        turn.connection, turn.run.meeting_id, change.model_dump_json(exclude_none=True)
    )
    options = await floor.find_options(turn.connection, turn.run.meeting_id)
    await turn.tell("meeting.options_changed", MeetingOptionsChanged(options=options))
    if change.attendees_may_unmute is False:
        await _mute_all(turn, blocked=True)
    if before.attendees_may_share and not options.attendees_may_share:
        await _silence(turn, (MeetingRole.ATTENDEE,), SHARED, streams=False)
    if before.attendees_may_use_camera and not options.attendees_may_use_camera:
        await _silence(turn, (MeetingRole.ATTENDEE,), ("camera",), streams=False)
    await lobby.settle_held(turn)


async def _mute_all(turn: Turn, *, blocked: bool) -> None:
    """An encoder can't switch itself on again, so it is left alone."""
    await floor.let_nobody_unmute(turn.connection, turn.run.run_id)
    await _silence(turn, _OTHERS, ("microphone",), streams=False)
    await turn.tell("meeting.muted_all", MeetingMutedAll(blocked=blocked))


async def _silence(
    turn: Turn, roles: Sequence[MeetingRole], sources: Sequence[Source], *, streams: bool | None
) -> None:
    found = await floor.list_moderated(turn.connection, turn.run.run_id, roles=roles, streams=streams)
    if found:
        await outbox.collect(
            turn.connection,
            SetMutedAll(meeting_id=turn.run.meeting_id, participant_ids=found, sources=list(sources)),
            key=f"media:{turn.run.meeting_id}",
        )


async def _thaw_streams(turn: Turn) -> None:
    """People switch on by themselves; an encoder can't."""
    streams = await floor.list_moderated(turn.connection, turn.run.run_id, roles=_OTHERS, streams=True)
    for participant_id in streams:
        for source in ALL_SOURCES:
            await outbox.collect(
                turn.connection,
                SetMuted(
                    meeting_id=turn.run.meeting_id, participant_id=participant_id, source=source, muted=False
                ),
                key=f"media:{turn.run.meeting_id}",
            )


async def change_unstarted(context: Context, meeting_id: str, change: MeetingSetOptions) -> bool:
    """Change the options of a meeting that nobody is in yet; False when it is over."""
    async with context.ports.database.transaction() as connection:
        if not await meetings.is_open(connection, meeting_id):
            return False
        await floor.change_options(connection, meeting_id, change.model_dump_json(exclude_none=True))
    return True
