"""join: a link that leads one person into a meeting, under the name and role that other software says."""

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from meeting_system.bigbluebutton.answers import success
from meeting_system.bigbluebutton.context import Context
from meeting_system.bigbluebutton.errors import Failed
from meeting_system.bigbluebutton.known import Known, find_known
from meeting_system.bigbluebutton.options import ASK, DENY, guest_policy
from meeting_system.bigbluebutton.parameters import LONGEST_NAME, Parameters, line, meeting_id_of
from meeting_system.contracts.outside import IssuePass
from meeting_system.kernel.principal import MeetingRole
from meeting_system.kernel.text import clean_line

LONGEST_USER_ID = 128


@dataclass(frozen=True)
class Entered:
    """Where somebody goes; `answer`: for who asked not to be sent there."""

    url: str
    answer: bytes
    redirects: bool


async def enter(context: Context, parameters: Parameters, *, base_url: str) -> Entered:
    """Give somebody a way in. FAILED: missingParamFullName, invalidMeetingIdentifier, invalidPassword, …"""
    name = _name(parameters)
    known = await find_known(context, meeting_id_of(parameters))
    if known is None:
        raise Failed(
            "invalidMeetingIdentifier",
            "The meeting ID that you supplied did not match any existing meetings",
        )
    role = _role(known, parameters)
    _check_room(known, parameters, role)
    is_guest = parameters.flag("guest")
    waits = is_guest and role is not MeetingRole.HOST and _policy(known) == ASK
    user_id = line(parameters.get("userID"), longest=LONGEST_USER_ID) or f"w_{secrets.token_hex(6)}"
    asked = IssuePass(
        meeting_id=known.row.meeting_id,
        display_name=name,
        role=role,
        external_id=user_id,
        lifetime_s=context.settings.pass_lifetime_s,
        is_guest=is_guest,
    )
    given = await context.ports.bus.call(asked)
    # After the hash: no server on the way and no log gets it.
    fragment = urlencode({"pass": given.code, "name": name})
    url = f"{(context.public_url or base_url).rstrip('/')}/m/{given.meeting_no}#{fragment}"
    fields = {
        "messageKey": "successfullyJoined",
        "message": "You have joined successfully.",
        "meeting_id": known.row.meeting_id,
        "user_id": user_id,
        "auth_token": given.code,
        "session_token": given.code,
        "guestStatus": "WAIT" if waits else "ALLOW",
        "url": url,
    }
    return Entered(url, success(fields), parameters.flag("redirect", default=True))


def _name(parameters: Parameters) -> str:
    try:
        return clean_line(line(parameters.get("fullName"), longest=LONGEST_NAME))
    except ValueError:
        raise Failed(
            "missingParamFullName",
            "You must specify a name for the attendee who will be joining the meeting.",
        ) from None


def _role(known: Known, parameters: Parameters) -> MeetingRole:
    """Return the role that `role` names, or else the password."""
    named = parameters.get("role").upper()
    if named in {"MODERATOR", "VIEWER"}:
        return MeetingRole.HOST if named == "MODERATOR" else MeetingRole.ATTENDEE
    password = parameters.get("password").encode()
    if not password:
        raise Failed("missingParamPassword", "You must specify either password or role.")
    if secrets.compare_digest(password, known.row.moderator_pw.encode()):
        return MeetingRole.HOST
    if secrets.compare_digest(password, known.row.attendee_pw.encode()):
        return MeetingRole.ATTENDEE
    raise Failed(
        "invalidPassword",
        "You either did not supply a password or the password supplied is neither the attendee or moderator "
        "password for this conference.",
    )


def _policy(known: Known) -> str:
    return guest_policy(Parameters(known.row.parameters))


def _check_room(known: Known, parameters: Parameters, role: MeetingRole) -> None:
    """FAILED: mismatchCreateTimeParam, guestDeny, maxParticipantsReached."""
    created = parameters.get("createTime")
    if created and created != str(known.now.created_ms):
        raise Failed(
            "mismatchCreateTimeParam",
            "The createTime parameter submitted mismatches with the current meeting.",
        )
    if parameters.flag("guest") and _policy(known) == DENY:
        raise Failed("guestDeny", "Guest denied of joining the meeting.")
    at_most = Parameters(known.row.parameters).number("maxParticipants")
    if at_most and len(known.now.participants) >= at_most and role is not MeetingRole.HOST:
        raise Failed(
            "maxParticipantsReached",
            "The number of participants allowed for this meeting has been reached.",
        )
