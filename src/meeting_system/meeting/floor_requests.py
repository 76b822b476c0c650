"""What is asked over HTTP about the floor and is not one command: options, bans, relays."""

from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.signal_floor import MeetingSetOptions
from meeting_system.kernel.principal import Principal
from meeting_system.kit.paging import encode_cursor
from meeting_system.meeting import floor, requests
from meeting_system.meeting.access import find_standing
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import MeetingEnded
from meeting_system.meeting.floor_schemas import Ban, BanPage, IceServers
from meeting_system.meeting.positions import decode_id
from meeting_system.meeting.repository import floor as floor_rows
from meeting_system.meeting.repository import runs


async def get_options(context: Context, principal: Principal, meeting_id: str) -> MeetingOptions:
    """Return the options to whoever belongs to the meeting. Errors: meeting_not_found, in_lobby."""
    async with context.ports.database.reading() as connection:
        await find_standing(connection, meeting_id, principal)
        return await floor_rows.find_options(connection, meeting_id)


async def set_options(
    context: Context, principal: Principal, meeting_id: str, change: MeetingSetOptions, *, key: str | None
) -> MeetingOptions:
    """Change options. Errors: forbidden, meeting_ended."""
    async with context.ports.database.reading() as connection:
        standing = await find_standing(connection, meeting_id, principal)
        check_participant(standing.role, "meeting:set_options")
        run = await runs.find_latest_run(connection, meeting_id)
    if run is not None and run.ended_at is None:
        await requests.ask(context, principal, meeting_id, floor.setting_options(change), key=key)
    elif not await floor.change_unstarted(context, meeting_id, change):
        raise MeetingEnded("this meeting is over")
    return await get_options(context, principal, meeting_id)


async def list_bans(
    context: Context, principal: Principal, meeting_id: str, *, cursor: str | None, limit: int
) -> BanPage:
    """Return whom hosts keep out. Errors: forbidden, meeting_not_found."""
    after = decode_id(cursor)
    async with context.ports.database.reading() as connection:
        standing = await find_standing(connection, meeting_id, principal)
        check_participant(standing.role, "participant:unban")
        rows = await floor_rows.list_bans(connection, meeting_id, after=after, limit=limit + 1)
    items = [Ban(**vars(row)) for row in rows[:limit]]
    next_cursor = encode_cursor(items[-1].participant_id) if len(rows) > limit else None
    return BanPage(items=items, next_cursor=next_cursor)


async def get_ice_servers(context: Context, principal: Principal, meeting_id: str) -> IceServers:
    """Return relays to who is in. Errors: in_lobby, lobby_denied, meeting_not_found, participant_banned."""
    async with context.ports.database.reading() as connection:
        standing = await find_standing(connection, meeting_id, principal)
    if standing.participant_id is None:
        return IceServers(ice_servers=[])
    return IceServers(ice_servers=context.turn.issue(standing.participant_id))
