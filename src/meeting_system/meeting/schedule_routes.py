"""HTTP: meetings as they are planned, listed and looked back at, invitations and calendars."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.routing import BaseRoute

from meeting_system.kit.auth import require_account, require_principal
from meeting_system.kit.http import Key
from meeting_system.kit.paging import Cursor, Limit
from meeting_system.meeting import attendance, creation, feeds, invitations, listing, scheduling
from meeting_system.meeting.context import Context
from meeting_system.meeting.request_parts import base_url
from meeting_system.meeting.schedule_schemas import (
    AttendancePage,
    Cancel,
    Feed,
    FeedState,
    InviteeList,
    NewAnswer,
    NewInvitees,
    Rsvp,
    SessionPage,
)
from meeting_system.meeting.schemas import Meeting, MeetingChange, MeetingPage, NewMeeting, Scope, When

SessionId = Annotated[str | None, Query(max_length=64)]
CALENDAR = "text/calendar; charset=utf-8"


def create_schedule_routes(context: Context) -> Sequence[BaseRoute]:
    """Return the routes of meetings that are planned, and of those that took place."""
    return [
        *_meeting_routes(context),
        *_invitee_routes(context),
        *_past_routes(context),
        *_invitation_routes(context),
        *_calendar_routes(context),
    ]


def _meeting_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/meetings", tags=["meetings"])

    async def show(request: Request, meeting_id: str) -> Meeting:
        account = await require_account(request)
        return await listing.get_meeting(context, account, meeting_id, base_url=base_url(context, request))

    @router.post("", status_code=201)
    async def create_meeting(sent: NewMeeting, request: Request, key: Key = None) -> Meeting:
        """Make an instant meeting, a scheduled one, or a series; the answer is its first meeting."""
        account = await require_account(request)
        url = base_url(context, request)
        meeting_id = await creation.create_meeting(context, account, sent, key=key, base_url=url)
        return await show(request, meeting_id)

    @router.get("")
    async def list_meetings(
        request: Request, when: When = "all", cursor: Cursor = None, limit: Limit = 20
    ) -> MeetingPage:
        account = await require_account(request)
        return await listing.list_meetings(
            context, account, when, cursor=cursor, limit=limit, base_url=base_url(context, request)
        )

    @router.get("/{meeting_id}")
    async def get_meeting(meeting_id: str, request: Request) -> Meeting:
        return await show(request, meeting_id)

    @router.patch("/{meeting_id}")
    async def update_meeting(
        meeting_id: str,
        change: MeetingChange,
        request: Request,
        scope: Scope = "this",
    ) -> Meeting:
        """Change one meeting; of a series this one, this and those after it, or all that are to come. A new
        time for several makes new meetings: the answer is the first of them."""
        account = await require_account(request)
        changed_id = await scheduling.update_meeting(
            context,
            account,
            meeting_id,
            change,
            scope=scope,
            base_url=base_url(context, request),
        )
        return await show(request, changed_id)

    @router.post("/{meeting_id}/cancel", status_code=204)
    async def cancel_meeting(meeting_id: str, request: Request, sent: Cancel | None = None) -> None:
        """Cancel what has not begun; those invited get a letter that takes it out of their calendars."""
        account = await require_account(request)
        scope: Scope = sent.scope if sent else "this"
        url = base_url(context, request)
        await scheduling.cancel_meeting(context, account, meeting_id, scope, base_url=url)

    return router.routes


def _invitee_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/meetings/{meeting_id}", tags=["invitations"])

    @router.get("/invitees")
    async def list_invitees(meeting_id: str, request: Request) -> InviteeList:
        return await invitations.list_invitees(context, await require_account(request), meeting_id)

    @router.post("/invitees", status_code=201)
    async def add_invitees(meeting_id: str, sent: NewInvitees, request: Request) -> InviteeList:
        """Invite more people; who is invited already gets no second letter, so a repeat does no harm."""
        account = await require_account(request)
        url = base_url(context, request)
        return await invitations.add_invitees(context, account, meeting_id, sent, base_url=url)

    @router.delete("/invitees/{invitee_id}", status_code=204)
    async def remove_invitee(meeting_id: str, invitee_id: str, request: Request) -> None:
        account = await require_account(request)
        url = base_url(context, request)
        await invitations.remove_invitee(context, account, meeting_id, invitee_id, base_url=url)

    @router.post("/answer", status_code=204)
    async def answer_meeting(meeting_id: str, sent: NewAnswer, request: Request) -> None:
        """Answer as an invited account."""
        account = await require_account(request)
        await invitations.answer_as_account(context, account, meeting_id, sent.answer)

    return router.routes


def _past_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/meetings/{meeting_id}", tags=["meetings"])

    @router.get("/sessions")
    async def list_sessions(
        meeting_id: str, request: Request, cursor: Cursor = None, limit: Limit = 20
    ) -> SessionPage:
        principal = await require_principal(request)
        return await attendance.list_sessions(context, principal, meeting_id, cursor=cursor, limit=limit)

    @router.get("/attendance")
    async def list_attendance(
        meeting_id: str,
        request: Request,
        session_id: SessionId = None,
        cursor: Cursor = None,
        limit: Limit = 100,
    ) -> AttendancePage:
        """List who was in a session and when; without `session_id` in the latest."""
        principal = await require_principal(request)
        return await attendance.list_attendance(
            context, principal, meeting_id, session_id, cursor=cursor, limit=limit
        )

    @router.get("/attendance.csv", response_class=Response, responses=_body("text/csv"))
    async def download_attendance(
        meeting_id: str, request: Request, session_id: SessionId = None
    ) -> Response:
        """Download a session as a table: a line a stay."""
        table = await attendance.write_table(
            context, await require_principal(request), meeting_id, session_id
        )
        headers = {"Content-Disposition": 'attachment; filename="attendance.csv"'}
        return Response(table, headers=headers, media_type="text/csv; charset=utf-8")

    @router.get("/ics", response_class=Response, responses=_body("text/calendar"))
    async def download_meeting(meeting_id: str, request: Request) -> Response:
        """Download the meeting, or its series, for a calendar."""
        account = await require_account(request)
        url = base_url(context, request)
        content = await feeds.read_meeting(context, account, meeting_id, base_url=url)
        headers = {"Content-Disposition": 'attachment; filename="meeting.ics"'}
        return Response(content, headers=headers, media_type=CALENDAR)

    return router.routes


def _invitation_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/rsvp", tags=["invitations"])

    @router.get("/{token}")
    async def get_invitation(token: str, request: Request) -> Rsvp:
        """Show what the link in a letter stands for; nothing is answered yet, and nobody has to sign in."""
        return await invitations.get_invitation(context, token, base_url=base_url(context, request))

    @router.post("/{token}")
    async def answer_invitation(token: str, sent: NewAnswer, request: Request) -> Rsvp:
        """Answer by the link in a letter; the last answer holds."""
        url = base_url(context, request)
        return await invitations.answer_invitation(context, token, sent.answer, base_url=url)

    return router.routes


def _calendar_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/calendar", tags=["calendar"])

    @router.get("")
    async def get_feed(request: Request) -> FeedState:
        return await feeds.get_feed(context, await require_account(request))

    @router.post("", status_code=201)
    async def create_feed(request: Request) -> Feed:
        """Make a secret address for the caller's calendar; a former one holds no more."""
        account = await require_account(request)
        return await feeds.create_feed(context, account, base_url=base_url(context, request))

    @router.delete("", status_code=204)
    async def delete_feed(request: Request) -> None:
        await feeds.delete_feed(context, await require_account(request))

    @router.get("/{token}.ics", response_class=Response, responses=_body("text/calendar"))
    async def read_feed(token: str, request: Request) -> Response:
        """The calendar itself; who knows the address may read it."""
        content = await feeds.read_feed(context, token, base_url=base_url(context, request))
        return Response(content, headers={"Cache-Control": "private, no-cache"}, media_type=CALENDAR)

    return router.routes


def _body(media_type: str) -> dict[int | str, dict[str, object]]:
    return {200: {"content": {media_type: {"schema": {"type": "string"}}}}}
