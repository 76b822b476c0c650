"""Tickets: 128 random bits, once, for half a minute, from HTTPS to the WebSocket."""

from pydantic import BaseModel

from meeting_system.contracts.meeting import Admission, RedeemTicket
from meeting_system.kernel.ids import new_secret
from meeting_system.kernel.principal import MeetingRole
from meeting_system.kit.trace import current_traceparent
from meeting_system.meeting import lobby
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import TicketInvalid
from meeting_system.meeting.repository import runs


class Ticket(BaseModel):
    """What a ticket stands for."""

    meeting_id: str
    run_id: str
    participant_id: str
    device_id: str
    avatar_url: str | None = None
    traceparent: str = ""


async def issue(context: Context, ticket: Ticket) -> str:
    """Return a new secret that `redeem` exchanges once."""
    secret = new_secret()
    ticket = ticket.model_copy(update={"traceparent": current_traceparent()})
    await context.ports.store.set(
        f"ticket:{secret}",
        ticket.model_dump_json().encode(),
        ttl_s=context.settings.ticket_lifetime_s,
        only_new=True,
    )
    return secret


async def redeem(context: Context, request: RedeemTicket) -> Admission:
    """Exchange a ticket for an admission. Error: ticket_invalid, whatever is wrong with it."""
    value = await context.ports.store.take(f"ticket:{request.ticket}")
    if value is None:
        raise TicketInvalid("this ticket is unknown, used or too old: join again")
    ticket = Ticket.model_validate_json(value)
    if (ticket.meeting_id, ticket.device_id) != (request.meeting_id, request.device_id):
        raise TicketInvalid("this ticket is for another meeting or device: join again")
    # Read now, not at the join: who was removed in between does not get in.
    async with context.ports.database.reading() as connection:
        row = await runs.find_admissible(connection, ticket.run_id, ticket.participant_id)
    if row is not None and row.state == "waiting":
        await lobby.ask(context, ticket.meeting_id, ticket.run_id, ticket.participant_id)
        async with context.ports.database.reading() as connection:
            row = await runs.find_admissible(connection, ticket.run_id, ticket.participant_id)
    if row is None:
        raise TicketInvalid("this ticket holds no more: join again")
    return Admission(
        meeting_id=ticket.meeting_id,
        run_id=ticket.run_id,
        participant_id=ticket.participant_id,
        user_id=row.user_id,
        device_id=ticket.device_id,
        display_name=row.display_name,
        role=MeetingRole(row.role),
        is_guest=row.user_id is None,
        avatar_url=ticket.avatar_url,
        waiting=row.state == "waiting",
        traceparent=ticket.traceparent,
    )
