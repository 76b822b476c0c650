"""create and end."""

import secrets
from typing import Any

from meeting_system.bigbluebutton import repository
from meeting_system.bigbluebutton.answers import success
from meeting_system.bigbluebutton.context import Context
from meeting_system.bigbluebutton.errors import Failed
from meeting_system.bigbluebutton.known import Known, find_known, get_known, voice_bridge
from meeting_system.bigbluebutton.options import lasts_min, logout_url, options_of
from meeting_system.bigbluebutton.parameters import LONGEST_NAME, Parameters, line, meeting_id_of
from meeting_system.bigbluebutton.repository import MeetingRow
from meeting_system.contracts.outside import EndOutsideMeeting, OpenOutsideMeeting
from meeting_system.kernel.text import clean_line

HOST_ID = "00000000-0000-7000-8000-00000b16b10e"
"""Whose meetings these are: no account has this id."""

HOST_NAME = "BigBlueButton"
LONGEST_TITLE = 200
LONGEST_METADATA = 100
KEPT = ("welcome", "logoutURL", "maxParticipants", "duration", "guestPolicy", "voiceBridge", "dialNumber")
"""Parameters of a meeting that are looked at later, or shown again."""

DUPLICATE = {
    "messageKey": "duplicateWarning",
    "message": "This conference was already in existence and may currently be in progress.",
}


async def create(context: Context, parameters: Parameters) -> bytes:
    """Make a meeting; sent again it is the same one. FAILED: idNotUnique, missingParamMeetingID, …"""
    external_id = meeting_id_of(parameters)
    _check_passwords(parameters)
    async with context.ports.database.transaction() as connection:
        await repository.lock_external(connection, external_id)
        known = await find_known(context, external_id)
        if known is None:
            opened = await context.ports.bus.call(_opening(parameters, external_id))
            row = _row(parameters, external_id, opened.meeting_id, context)
            await repository.insert_meeting(connection, row)
            return success(_show(Known(row, opened)) | {"messageKey": "", "message": ""})
    _check_same(known.row, parameters)
    return success(_show(known) | DUPLICATE)


async def end(context: Context, parameters: Parameters) -> bytes:
    """End a meeting. FAILED: notFound, invalidPassword."""
    known = await get_known(context, meeting_id_of(parameters))
    password = parameters.get("password")
    if password and not secrets.compare_digest(password.encode(), known.row.moderator_pw.encode()):
        raise Failed("invalidPassword", "You must supply the moderator password for this call.")
    await context.ports.bus.call(EndOutsideMeeting(meeting_id=known.row.meeting_id))
    async with context.ports.database.transaction() as connection:
        await repository.mark_over(connection, [known.row.meeting_id], forcibly=True)
    message = (
        "A request to end the meeting was sent. Please wait a few seconds, and then use the "
        "getMeetingInfo or isMeetingRunning API calls to verify that it was ended."
    )
    return success({"messageKey": "sentEndMeetingRequest", "message": message})


def _check_passwords(parameters: Parameters) -> None:
    for name in ("attendeePW", "moderatorPW"):
        text = parameters.get(name)
        if text and not 2 <= len(text) <= LONGEST_NAME:
            raise Failed("validationError", f"{name} must be between 2 and {LONGEST_NAME} characters")


def _check_same(row: MeetingRow, parameters: Parameters) -> None:
    """What says other passwords is another meeting that wants the same name."""
    wanted = (
        parameters.get("attendeePW") or row.attendee_pw,
        parameters.get("moderatorPW") or row.moderator_pw,
    )
    if wanted != (row.attendee_pw, row.moderator_pw):
        raise Failed(
            "idNotUnique", "A meeting already exists with that meeting ID. Please use a different meeting ID."
        )


def _opening(parameters: Parameters, external_id: str) -> OpenOutsideMeeting:
    return OpenOutsideMeeting(
        host_id=HOST_ID,
        host_name=HOST_NAME,
        title=_title(parameters.get("name"), external_id),
        external_id=external_id,
        metadata=_metadata(parameters),
        logout_url=logout_url(parameters),
        options=options_of(parameters),
        lasts_min=lasts_min(parameters),
    )


def _title(name: str, external_id: str) -> str:
    for text in (name, external_id):
        try:
            return clean_line(line(text, longest=LONGEST_TITLE))
        except ValueError:  # nothing visible, or letters that turn the text round
            continue
    return HOST_NAME


def _metadata(parameters: Parameters) -> dict[str, str]:
    return dict(list(parameters.metadata().items())[:LONGEST_METADATA])


def _row(parameters: Parameters, external_id: str, meeting_id: str, context: Context) -> MeetingRow:
    return MeetingRow(
        meeting_id=meeting_id,
        external_id=external_id,
        attendee_pw=parameters.get("attendeePW") or secrets.token_urlsafe(6),
        moderator_pw=parameters.get("moderatorPW") or secrets.token_urlsafe(6),
        parameters={name: parameters.get(name) for name in KEPT if parameters.get(name)},
        metadata=_metadata(parameters),
        forcibly_ended=False,
        over=False,
        created_at=context.ports.clock.now(),
    )


def _show(known: Known) -> dict[str, Any]:
    row, now = known.row, known.now
    return {
        "meetingID": row.external_id,
        "internalMeetingID": row.meeting_id,
        "parentMeetingID": "bbb-none",
        "attendeePW": row.attendee_pw,
        "moderatorPW": row.moderator_pw,
        "createTime": now.created_ms,
        "voiceBridge": voice_bridge(known),
        "dialNumber": row.parameters.get("dialNumber", "613-555-1234"),
        "createDate": row.created_at.strftime("%a %b %d %H:%M:%S UTC %Y"),
        "hasUserJoined": now.has_been_joined,
        "duration": row.parameters.get("duration", "0"),
        "hasBeenForciblyEnded": row.forcibly_ended,
    }
