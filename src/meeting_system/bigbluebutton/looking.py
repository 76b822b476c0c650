"""isMeetingRunning, getMeetingInfo, getMeetings."""

from typing import Any

from meeting_system.bigbluebutton.answers import element_name, many, success
from meeting_system.bigbluebutton.context import Context
from meeting_system.bigbluebutton.known import Known, find_known, get_known, list_known, voice_bridge
from meeting_system.bigbluebutton.parameters import Parameters, meeting_id_of
from meeting_system.contracts.outside import OutsideParticipant
from meeting_system.kernel.principal import MeetingRole

MODERATES = frozenset({MeetingRole.HOST, MeetingRole.CO_HOST})


async def is_meeting_running(context: Context, parameters: Parameters) -> bytes:
    """Say whether somebody has come; a meeting that nobody knows does not run."""
    known = await find_known(context, meeting_id_of(parameters))
    return success({"running": known is not None and is_running(known)})


async def get_meeting_info(context: Context, parameters: Parameters) -> bytes:
    """Show a meeting. FAILED: notFound."""
    return success(describe(await get_known(context, meeting_id_of(parameters))))


async def get_meetings(context: Context, _parameters: Parameters) -> bytes:
    """Show all meetings that are not over."""
    known = await list_known(context)
    if not known:
        return success(
            {"meetings": {}, "messageKey": "noMeetings", "message": "no meetings were found on this server"}
        )
    return success({"meetings": many("meeting", (describe(each) for each in known))})


def is_running(known: Known) -> bool:
    return known.now.status == "live"


def describe(known: Known) -> dict[str, Any]:
    """Return everything about a meeting, in the order of the documents."""
    row, now = known.row, known.now
    return {
        "meetingName": now.title,
        "meetingID": row.external_id,
        "internalMeetingID": row.meeting_id,
        "createTime": now.created_ms,
        "createDate": row.created_at.strftime("%a %b %d %H:%M:%S UTC %Y"),
        "voiceBridge": voice_bridge(known),
        "dialNumber": row.parameters.get("dialNumber", "613-555-1234"),
        "attendeePW": row.attendee_pw,
        "moderatorPW": row.moderator_pw,
        "running": is_running(known),
        "duration": row.parameters.get("duration", "0"),
        "hasUserJoined": now.has_been_joined,
        "recording": False,
        "hasBeenForciblyEnded": row.forcibly_ended,
        "startTime": now.started_ms or now.created_ms,
        "endTime": now.ended_ms,
        **_counts(known),
        "attendees": many("attendee", (_attendee(each) for each in now.participants)),
        "metadata": {element_name(name): value for name, value in row.metadata.items()},
        "isBreakout": False,
    }


def _counts(known: Known) -> dict[str, Any]:
    present = known.now.participants
    listening = sum(each.role is MeetingRole.OBSERVER for each in present)
    return {
        "participantCount": len(present),
        "listenerCount": listening,
        "voiceParticipantCount": len(present) - listening,
        "videoCount": sum(each.camera for each in present),
        "maxUsers": known.row.parameters.get("maxParticipants", "0"),
        "moderatorCount": sum(each.role in MODERATES for each in present),
    }


def _attendee(participant: OutsideParticipant) -> dict[str, Any]:
    moderates = participant.role in MODERATES
    listens = participant.role is MeetingRole.OBSERVER
    return {
        "userID": participant.external_id or participant.participant_id,
        "fullName": participant.display_name,
        "role": "MODERATOR" if moderates else "VIEWER",
        "isPresenter": moderates or participant.role is MeetingRole.PRESENTER,
        "isListeningOnly": listens,
        "hasJoinedVoice": not listens,
        "hasVideo": participant.camera,
        "clientType": "HTML5",
        "customdata": {},
    }
