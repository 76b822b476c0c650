"""The meetings that go on now, for administrators: who is in them, and how their connections do."""

from typing import cast

from meeting_system.contracts.media import PeerQualityChanged
from meeting_system.contracts.permissions import check_account
from meeting_system.kernel.principal import Account
from meeting_system.kit.paging import decode_id, encode_cursor
from meeting_system.meeting.context import Context
from meeting_system.meeting.repository import live
from meeting_system.meeting.repository.live import LiveRow
from meeting_system.meeting.schemas import LiveMeeting, LivePage, LiveParticipant, Quality

KEPT_S = 24 * 3600.0
_READ = "return redis.call('MGET', unpack(KEYS))"


async def note_quality(context: Context, changed: PeerQualityChanged) -> None:
    """Remember how somebody's connection does; media tells it when it changes."""
    await context.ports.store.set(_key(changed.participant_id), changed.quality.encode(), ttl_s=KEPT_S)


async def list_live(context: Context, account: Account, *, cursor: str | None, limit: int) -> LivePage:
    """Return a page of the live meetings, the newest first, each with everybody who is in it."""
    check_account(account, "live:read")
    before = decode_id(cursor) if cursor else None
    async with context.ports.database.reading() as connection:
        rows = await live.list_live(connection, before=before, limit=limit + 1)
        inside = await live.list_inside(connection, [row.run_id for row in rows[:limit]])
    qualities = await _read_qualities(context, [row.participant_id for row in inside])
    people: dict[str, list[LiveParticipant]] = {}
    for row in inside:
        quality = qualities.get(row.participant_id)
        person = LiveParticipant.model_validate({**vars(row), "quality": quality})
        people.setdefault(row.run_id, []).append(person)
    items = [_show(row, people.get(row.run_id, [])) for row in rows[:limit]]
    return LivePage(
        items=items, next_cursor=encode_cursor(rows[limit - 1].run_id) if len(rows) > limit else None
    )


async def _read_qualities(context: Context, participant_ids: list[str]) -> dict[str, Quality]:
    if not participant_ids:
        return {}
    values = await context.ports.store.run(_READ, keys=[_key(each) for each in participant_ids], args=[])
    return {
        participant_id: cast("Quality", value.decode())
        for participant_id, value in zip(participant_ids, values, strict=True)
        if value is not None
    }


def _key(participant_id: str) -> str:
    return f"quality:{participant_id}"


def _show(row: LiveRow, people: list[LiveParticipant]) -> LiveMeeting:
    return LiveMeeting(
        meeting_id=row.meeting_id,
        meeting_no=row.meeting_no,
        title=row.title,
        host_name=row.host_name,
        started_at=row.started_at,
        participants=people,
    )
