"""Asking people to come, and what they answer."""

from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.contact import Contact
from meeting_system.contracts.permissions import check_participant
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import Account, Principal
from meeting_system.meeting.access import find_standing
from meeting_system.meeting.addressees import find_people
from meeting_system.meeting.announcements import Letters
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import (
    InvitationNotFound,
    InviteeNotFound,
    MeetingEnded,
    TooManyInvitees,
)
from meeting_system.meeting.repository import invitees, schedule
from meeting_system.meeting.repository.invitees import InviteeRow
from meeting_system.meeting.repository.schedule import EditableRow
from meeting_system.meeting.rules import OVER
from meeting_system.meeting.schedule_schemas import Invitee, InviteeList, NewInvitees, Rsvp
from meeting_system.meeting.schemas import MOST_INVITEES


async def list_invitees(context: Context, principal: Principal, meeting_id: str) -> InviteeList:
    """Return who is invited and what they answered. Errors: forbidden, meeting_not_found."""
    async with context.ports.database.reading() as connection:
        await _check(connection, principal, meeting_id)
        row = await schedule.find_meeting(connection, meeting_id)
        rows = await invitees.list_invitees(connection, row.series_id, meeting_id)
    return InviteeList(items=[_show(row) for row in rows])


async def add_invitees(
    context: Context, account: Account, meeting_id: str, sent: NewInvitees, *, base_url: str
) -> InviteeList:
    """Invite more people, to the whole series if it is one; who is invited already gets no second letter.

    Errors: forbidden, meeting_not_found, meeting_ended, too_many_invitees.
    """
    async with context.ports.database.reading() as connection:
        await _check(connection, account, meeting_id)
        host_id = await schedule.find_host_id(connection, meeting_id)
    people = await find_people(context, host_id, sent.items)
    async with context.ports.database.transaction() as connection:
        row = await schedule.lock_meeting(connection, meeting_id)
        if row.status in OVER:
            raise MeetingEnded("this meeting is over")
        there = await invitees.count_invitees(connection, row.series_id, meeting_id)
        if there + len(people.invited) > MOST_INVITEES:
            raise TooManyInvitees(f"{MOST_INVITEES} people at most can be invited, {there} are")
        await _note_host(connection, row, people.host)
        await Letters(context, connection, base_url).invite(meeting_id, people)
        rows = await invitees.list_invitees(connection, row.series_id, meeting_id)
    return InviteeList(items=[_show(row) for row in rows])


async def remove_invitee(
    context: Context, principal: Principal, meeting_id: str, invitee_id: str, *, base_url: str
) -> None:
    """Take an invitation back; its letter cancels the entry in the calendar of who got it. Errors: forbidden,
    meeting_not_found, invitee_not_found."""
    async with context.ports.database.transaction() as connection:
        await _check(connection, principal, meeting_id)
        row = await schedule.lock_meeting(connection, meeting_id)
        gone = None
        if is_id(invitee_id):
            gone = await invitees.delete_invitee(connection, row.series_id, meeting_id, invitee_id)
        if gone is None:
            raise InviteeNotFound("nobody with this id is invited to this meeting")
        if gone.user_id is not None:
            await invitees.remove_member(connection, row.series_id, meeting_id, gone.user_id)
        if row.status not in OVER:
            await Letters(context, connection, base_url).uninvite(row, gone)


async def get_invitation(context: Context, token: str, *, base_url: str) -> Rsvp:
    """Return what the link of an invitation stands for. Error: invitation_not_found."""
    async with context.ports.database.reading() as connection:
        invitee = await _find_invitation(connection, token)
        return await _show_invitation(context, connection, invitee, base_url)


async def answer_invitation(
    context: Context, token: str, answer: Literal["accepted", "declined", "tentative"], *, base_url: str
) -> Rsvp:
    """Note what somebody answers; the last answer holds. Errors: invitation_not_found, meeting_ended."""
    async with context.ports.database.transaction() as connection:
        invitee = await _find_invitation(connection, token)
        shown = await _show_invitation(context, connection, invitee, base_url)
        if shown.status in OVER:
            raise MeetingEnded("this meeting is over")
        await invitees.set_answer(connection, invitee, answer, now=context.ports.clock.now())
    return shown.model_copy(update={"answer": answer})


async def answer_as_account(
    context: Context,
    account: Account,
    meeting_id: str,
    answer: Literal["accepted", "declined", "tentative"],
) -> None:
    """Note what an invited account answers.

    Errors: meeting_not_found, invitation_not_found, meeting_ended.
    """
    async with context.ports.database.transaction() as connection:
        await find_standing(connection, meeting_id, account)
        row = await schedule.lock_meeting(connection, meeting_id)
        mine = await invitees.find_of_account(connection, row.series_id, meeting_id, account.user_id)
        if mine is None:
            raise InvitationNotFound("you are not invited by mail: there is nothing to answer")
        if row.status in OVER:
            raise MeetingEnded("this meeting is over")
        await invitees.set_answer(connection, mine, answer, now=context.ports.clock.now())


async def _check(connection: AsyncConnection, principal: Principal, meeting_id: str) -> None:
    standing = await find_standing(connection, meeting_id, principal)
    check_participant(standing.role, "meeting:invite")


async def _note_host(connection: AsyncConnection, row: EditableRow, host: Contact | None) -> None:
    """The first who invites is the organizer in the calendars, and stays it."""
    if row.host_email is not None or host is None or host.user_id != row.host_id:
        return
    changes = {"host_email": host.email, "host_locale": host.locale}
    await schedule.update_meeting(connection, row, changes)
    if row.series_id is not None:
        series = await schedule.lock_series(connection, row.series_id)
        await schedule.update_series(connection, series, changes, now=series.updated_at)


async def _find_invitation(connection: AsyncConnection, token: str) -> InviteeRow:
    invitee = await invitees.find_by_token(connection, token) if len(token) <= 64 else None
    if invitee is None:
        raise InvitationNotFound("this link is unknown, or the invitation was taken back")
    return invitee


async def _show_invitation(
    context: Context, connection: AsyncConnection, invitee: InviteeRow, base_url: str
) -> Rsvp:
    """Of a series the next meeting is shown, or the last."""
    shown = await schedule.find_invited(
        connection, invitee.series_id, invitee.meeting_id, now=context.ports.clock.now()
    )
    if shown is None:
        raise InvitationNotFound("this meeting is gone")
    return Rsvp(
        title=shown.title,
        description=shown.description,
        host_name=shown.host_name,
        status=shown.status,
        starts_at=shown.starts_at,
        ends_at=shown.ends_at,
        time_zone=shown.time_zone,
        recurrence=shown.recurrence,
        meeting_no=shown.meeting_no,
        join_url=f"{base_url}/m/{shown.meeting_no}",
        email=invitee.email,
        display_name=invitee.display_name,
        answer=invitee.answer,
    )


def _show(row: InviteeRow) -> Invitee:
    return Invitee(
        invitee_id=row.invitee_id,
        email=row.email,
        display_name=row.display_name,
        answer=row.answer,
        answered_at=row.answered_at,
    )
