"""The letters that a change of a meeting sends, with the calendar entry inside."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.mail import SendLetter
from meeting_system.kernel.ids import new_id, new_secret
from meeting_system.kernel.mail import Invitation, Letter, Mailbox
from meeting_system.kit import outbox
from meeting_system.meeting import calendar, letters
from meeting_system.meeting.addressees import Addressee, People
from meeting_system.meeting.calendar import Entry, Person, uid_of
from meeting_system.meeting.context import Context
from meeting_system.meeting.letters import Facts, Kind
from meeting_system.meeting.repository import invitees, schedule
from meeting_system.meeting.repository.invitees import InviteeRow
from meeting_system.meeting.repository.schedule import EditableRow, ExceptionRow, SeriesRow
from meeting_system.meeting.timing import Span, make_span, to_instant

_METHODS: dict[Kind, Literal["REQUEST", "CANCEL"]] = {
    "invited": "REQUEST",
    "changed": "REQUEST",
    "cancelled": "CANCEL",
    "uninvited": "CANCEL",
}


@dataclass(frozen=True)
class Letters:
    """Writes the letters of one change, in the transaction of the change. `base_url`: what links begin with,
    empty for letters without any; `password`: in letters only when it was just set, since afterwards only its
    hash is known."""

    context: Context
    connection: AsyncConnection
    base_url: str
    password: str | None = None

    async def invite(self, meeting_id: str, people: People) -> None:
        """Invite people to a meeting, or to the series it is of; who is invited already is left out."""
        row = await schedule.lock_meeting(self.connection, meeting_id)
        now = self.context.ports.clock.now()
        rows = [_new_row(guest, row, now) for guest in people.invited]
        added = await invitees.insert_invitees(self.connection, rows)
        user_ids = [each.user_id for each in added if each.user_id is not None]
        ids = [meeting_id]
        if row.series_id is not None:
            ids = await schedule.list_open_ids(self.connection, row.series_id)
        await schedule.insert_members(self.connection, ids, dict.fromkeys(user_ids, "attendee"), now=now)
        if row.series_id is not None:
            series = await schedule.find_series(self.connection, row.series_id)
            await self.tell_series("invited", series, to=added)
        else:
            await self.tell_meeting("invited", row, to=added)

    async def uninvite(self, row: EditableRow, gone: InviteeRow) -> None:
        """Cancel the entry in one calendar; SEQUENCE grows, or it would pass for old news (RFC 5546,
        2.1.4)."""
        if row.series_id is not None:
            series = await schedule.lock_series(self.connection, row.series_id)
            changes = {"sequence": series.sequence + 1}
            now = self.context.ports.clock.now()
            series = await schedule.update_series(self.connection, series, changes, now=now)
            await self.tell_series("uninvited", series, to=[gone])
        else:
            row = await schedule.update_meeting(self.connection, row, {"sequence": row.sequence + 1})
            await self.tell_meeting("uninvited", row, to=[gone])

    async def tell_meeting(
        self, kind: Kind, row: EditableRow, *, to: Sequence[InviteeRow] | None = None
    ) -> None:
        """Tell those invited (or `to`) of one meeting, alone or of a series. One without a time is in no
        calendar: its letter is text only."""
        if to is None:
            to = await invitees.list_invitees(self.connection, row.series_id, row.meeting_id)
        if not to:
            return
        now = self.context.ports.clock.now()
        span = _span(row) or make_span(now, "UTC", 60)
        facts = Facts(
            row.title,
            row.description,
            row.host_name,
            span,
            None,
            self._join_url(row.meeting_no),
            row.meeting_no,
        )
        entries = [] if row.starts_at is None else [entry_of(row, facts.join_url, now)]
        if kind == "uninvited":
            entries = [replace(entry, cancelled=True) for entry in entries]
        await self._send(kind, f"{row.meeting_id}.{row.version}", facts, entries, to)

    async def tell_series(
        self, kind: Kind, series: SeriesRow, *, to: Sequence[InviteeRow] | None = None
    ) -> None:
        """Tell those invited (or `to`) of a whole series, with what differs from its rule."""
        if to is None:
            to = await invitees.list_invitees(self.connection, series.series_id, "")
        if not to:
            return
        exceptions = (await schedule.list_exceptions(self.connection, [series.series_id]))[series.series_id]
        url = self._join_url(series.meeting_no)
        entries = entries_of_series(series, exceptions, url)
        if kind in ("cancelled", "uninvited"):
            entries = [replace(entries[0], cancelled=True)]
        facts = Facts(
            series.title,
            series.description,
            series.host_name,
            _first_span(series),
            series.rrule,
            url,
            series.meeting_no,
        )
        await self._send(kind, f"{series.series_id}.{series.sequence}", facts, entries, to)

    async def _send(
        self,
        kind: Kind,
        version: str,
        facts: Facts,
        entries: Sequence[Entry],
        to: Sequence[InviteeRow],
    ) -> None:
        for invitee in to:
            await outbox.collect(
                self.connection,
                SendLetter.of(self._letter(kind, version, facts, entries, invitee)),
                key=f"invitee:{invitee.invitee_id}",
            )

    def _letter(
        self, kind: Kind, version: str, facts: Facts, entries: Sequence[Entry], invitee: InviteeRow
    ) -> Letter:
        asking = kind in ("invited", "changed")
        own = replace(
            facts,
            password=self.password if asking else None,
            answer_url=f"{self.base_url}/rsvp/{invitee.token}" if asking else None,
        )
        written = letters.write_letter(kind, own, invitee.locale)
        method = _METHODS[kind]
        content = None
        # Without an organizer it would be no valid request (RFC 5546, 3.2.2).
        if entries and entries[0].organizer is not None:
            person = Person(invitee.email, invitee.display_name, invitee.answer)
            addressed = [replace(entry, attendees=(person,)) for entry in entries]
            content = Invitation(method, calendar.write_calendar(method, addressed))
        return Letter(
            letter_id=f"{kind}.{version}.{invitee.invitee_id}",
            to=Mailbox(invitee.email, invitee.display_name),
            subject=written.subject,
            text=written.text,
            html=written.html,
            invitation=content,
        )

    def _join_url(self, meeting_no: str) -> str:
        return f"{self.base_url}/m/{meeting_no}" if self.base_url else ""


def entries_of_series(series: SeriesRow, exceptions: Sequence[ExceptionRow], url: str) -> list[Entry]:
    """Return a series as a calendar has it: the rule first, then the occurrences that differ from it."""
    span = _first_span(series)
    uid = uid_of(series.series_id)
    organizer = Person(series.host_email, series.host_name) if series.host_email else None
    master = Entry(
        uid=uid,
        sequence=series.sequence,
        title=series.title,
        description=series.description or "",
        url=url,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        time_zone=series.time_zone,
        changed_at=series.updated_at,
        organizer=organizer,
        rrule=series.rrule,
        exdates=tuple(row.recurrence_id for row in exceptions if row.status == "cancelled"),
    )
    moved = [
        replace(
            master,
            sequence=max(series.sequence, row.sequence),
            title=row.title,
            description=row.description or "",
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            rrule=None,
            exdates=(),
            recurrence_id=row.recurrence_id,
        )
        for row in exceptions
        if row.status != "cancelled"
    ]
    return [master, *moved]


def entry_of(row: EditableRow, url: str, now: datetime) -> Entry:
    """Return one meeting with a time as a calendar has it; of a series it takes the place of one day's."""
    span = _span(row)
    assert span is not None
    return Entry(
        uid=uid_of(row.series_id or row.meeting_id),
        sequence=row.sequence,
        title=row.title,
        description=row.description or "",
        url=url,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        time_zone=span.time_zone,
        changed_at=now,
        organizer=Person(row.host_email, row.host_name) if row.host_email else None,
        recurrence_id=row.recurrence_id,
        cancelled=row.status == "cancelled",
    )


def _span(row: EditableRow) -> Span | None:
    if row.starts_at is None or row.ends_at is None or row.time_zone is None:
        return None
    return Span(row.starts_at, row.ends_at, row.time_zone)


def _first_span(series: SeriesRow) -> Span:
    start = to_instant(series.starts_local, series.time_zone)
    return make_span(start, series.time_zone, series.duration_min)


def _new_row(guest: Addressee, row: EditableRow, now: datetime) -> InviteeRow:
    return InviteeRow(
        invitee_id=new_id(now.timestamp()),
        series_id=row.series_id,
        meeting_id=None if row.series_id else row.meeting_id,
        email=guest.email,
        display_name=guest.display_name,
        user_id=guest.user_id,
        locale=guest.locale,
        token=new_secret(),
        answer="needs_action",
        answered_at=None,
        created_at=now,
    )
