"""Joining: one statement that reads everything, one that writes everything, and a ticket."""

from datetime import datetime, timedelta

from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.permissions import check_account
from meeting_system.kernel.ids import MeetingId, ParticipantId, new_id
from meeting_system.kernel.principal import Account, Guest, MeetingRole, Principal
from meeting_system.meeting import guesses, hooks, passes, rules, tickets, timing
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import MeetingEnded, MeetingNotFound, MeetingNotOpen
from meeting_system.meeting.repository import joining
from meeting_system.meeting.repository.joining import Arrival, JoinRow
from meeting_system.meeting.rules import Candidate, Reference
from meeting_system.meeting.schemas import Join, Joined
from meeting_system.meeting.tickets import Ticket

_TRIES = 3
SIGNALING_URL = "/ws/signaling"


async def join(
    context: Context, principal: Principal | None, reference: Reference, sent: Join, *, address: str
) -> Joined:
    """Let somebody into a meeting, which starts with its first. The same device gets the same participant.

    With a pass they are who other software says, whoever is signed in here.

    Errors: meeting_not_found, meeting_ended, meeting_locked, meeting_full, meeting_password_required,
    meeting_password_wrong, meeting_not_open, sign_in_required, display_name_required, participant_banned,
    lobby_denied, pass_invalid, too_many.
    """
    if sent.pass_code is not None:
        principal = None
    if isinstance(principal, Account):
        check_account(principal, "meeting:join")
    if reference.meeting_no is not None:
        await guesses.check_number(context, address)
    checked: str | None = None
    for _ in range(_TRIES):
        now = context.ports.clock.now()
        found = await _read(context, principal, reference, sent.device_id, now=now)
        if found is None:
            await guesses.count_number(context, address)
            raise MeetingNotFound("there is no meeting with this number or link")
        entry = await passes.use_pass(context, found.meeting_id, sent)
        candidate = _candidate(context, principal, found, sent)
        if entry is not None:
            candidate = passes.vouched(candidate, entry, found.participant_id)
        rules.check_join(candidate)
        check_entry(found, candidate, now)
        if rules.needs_password(candidate) and checked != found.password_hash:
            await guesses.check_password(
                context,
                meeting_id=found.meeting_id,
                password_hash=found.password_hash,
                sent=sent.password,
                address=address,
            )
            checked = found.password_hash
        arrival = _arrival(principal, found, candidate, sent, now=now)
        arrived = await _arrive(context, arrival)
        if arrived is not None:
            joined = await answer_arrival(context, arrival, *arrived)
            if entry is not None:
                await passes.bind_pass(context, entry, arrived[0])
                joined.leave_url = entry.leave_url
            return joined
        # The run ended, or somebody was removed, between the two statements: look again and say so.
    raise MeetingEnded("this meeting just ended")


async def _arrive(context: Context, arrival: Arrival) -> tuple[str, str] | None:
    """Write the arrival. The first one starts the meeting, which others are told with it."""
    if arrival.run_id is not None:
        async with context.ports.database.reading() as connection:
            return await joining.arrive(connection, arrival)
    async with context.ports.database.transaction() as connection:
        arrived = await joining.arrive(connection, arrival)
        if arrived is not None:
            await hooks.tell_meeting(
                context, connection, "meeting.started", arrival.meeting_id, now=arrival.now
            )
        return arrived


async def _read(
    context: Context, principal: Principal | None, reference: Reference, device_id: str, *, now: datetime
) -> JoinRow | None:
    async with context.ports.database.reading() as connection:
        return await joining.read_for_join(
            connection,
            reference,
            user_id=_user_id(principal),
            device_id=device_id,
            recently=now - timedelta(seconds=context.settings.ticket_lifetime_s),
        )


def _candidate(context: Context, principal: Principal | None, found: JoinRow, sent: Join) -> Candidate:
    known = found.participant_id is not None and found.participant_state != "removed"
    return Candidate(
        status=found.status,
        locked=found.locked,
        guests_allowed=found.guests_allowed,
        has_password=found.password_hash is not None,
        banned=found.banned or found.participant_state == "removed",
        role=MeetingRole(found.participant_role or found.member_role or MeetingRole.ATTENDEE),
        is_guest=not isinstance(principal, Account),
        display_name=sent.display_name or _own_name(principal, found),
        known=known,
        proven=known and _proves(principal, found),
        present=found.present,
        max_participants=context.settings.max_participants,
        options=MeetingOptions.model_validate(found.options),
        admitted=bool(found.admitted),
        host_present=found.host_present,
        denied_s=_denied_s(found, context.ports.clock.now()),
    )


def check_entry(found: JoinRow, candidate: Candidate, now: datetime) -> None:
    """Raise what others than hosts have to wait for: the time. Who was in may come back; who comes
    before the host waits in the lobby."""
    if candidate.known or candidate.role in (MeetingRole.HOST, MeetingRole.CO_HOST):
        return
    entry = timing.find_entry(
        status=found.status,
        live=found.run_id is not None,
        opens_at=found.opens_at,
        join_before_host=MeetingOptions.model_validate(found.options).join_before_host,
        now=now,
    )
    if entry == "before_time":
        assert found.opens_at is not None
        raise MeetingNotOpen(
            f"this meeting opens at {rules.moment(found.opens_at)}",
            retry_after_s=(found.opens_at - now).total_seconds(),
        )


def _denied_s(found: JoinRow, now: datetime) -> float | None:
    if found.participant_state != "denied" or found.changed_at is None:
        return None
    return (now - found.changed_at).total_seconds()


def _own_name(principal: Principal | None, found: JoinRow) -> str | None:
    if isinstance(principal, Account):
        return principal.display_name
    if isinstance(principal, Guest) and principal.meeting_id == found.meeting_id:
        return principal.display_name
    return None


def _proves(principal: Principal | None, found: JoinRow) -> bool:
    """Accounts prove themselves by their token, guests by the one they got when they joined."""
    if isinstance(principal, Guest):
        return principal.participant_id == found.participant_id
    return principal is not None


def _user_id(principal: Principal | None) -> str | None:
    return principal.user_id if isinstance(principal, Account) else None


def _arrival(
    principal: Principal | None, found: JoinRow, candidate: Candidate, sent: Join, *, now: datetime
) -> Arrival:
    return Arrival(
        meeting_id=found.meeting_id,
        run_id=found.run_id,
        new_run_id=new_id(now.timestamp()),
        new_participant_id=new_id(now.timestamp()),
        user_id=_user_id(principal),
        device_id=sent.device_id,
        display_name=candidate.display_name or "",
        role=candidate.role,
        now=now,
        waiting=rules.waits(candidate),
        avatar_url=avatar_of(principal),
    )


def avatar_of(principal: Principal | None) -> str | None:
    """Return where the picture of an account is; guests have none."""
    return principal.avatar_url if isinstance(principal, Account) else None


async def answer_arrival(context: Context, arrival: Arrival, participant_id: str, run_id: str) -> Joined:
    """Return what somebody who may come in needs: a ticket, and a token if they are a guest."""
    ticket = await tickets.issue(
        context,
        Ticket(
            meeting_id=arrival.meeting_id,
            run_id=run_id,
            participant_id=participant_id,
            device_id=arrival.device_id,
            avatar_url=arrival.avatar_url,
        ),
    )
    guest_token = None
    if arrival.user_id is None:
        guest = Guest(MeetingId(arrival.meeting_id), ParticipantId(participant_id), arrival.display_name)
        # It holds for one meeting and is asked about there, so it may live as long as one can.
        guest_token = context.ports.tokens.issue(guest, lifetime_s=context.settings.longest_run_s)
    return Joined(
        ticket=ticket,
        ticket_expires_in_s=context.settings.ticket_lifetime_s,
        meeting_id=arrival.meeting_id,
        participant_id=participant_id,
        role=MeetingRole(arrival.role),
        display_name=arrival.display_name,
        signaling_url=SIGNALING_URL,
        guest_token=guest_token,
        waiting=arrival.waiting,
        # Who waits gets no way for media, not even to a relay; GET /ice-servers gives it to who was let in.
        ice_servers=[] if arrival.waiting else context.turn.issue(participant_id),
    )
