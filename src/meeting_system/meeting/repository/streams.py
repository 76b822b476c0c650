"""Tokens of streams, and the participants that come by them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.models import meetings, participants, streams
from meeting_system.meeting.rules import PRESENT


@dataclass(frozen=True)
class StreamRow:
    """A stream; `active` counts its connections."""

    stream_id: str
    direction: str
    display_name: str
    source: str
    created_at: datetime
    expires_at: datetime
    active: int


@dataclass(frozen=True)
class TokenRow:
    """What a token stands for, and the meeting it is for."""

    stream_id: str
    meeting_id: str
    meeting_no: str
    direction: str
    display_name: str
    source: str
    expires_at: datetime


def _shown() -> Select[*tuple[object, ...]]:
    active = (
        select(func.count())
        .where(participants.c.stream_id == streams.c.stream_id, participants.c.state.in_(PRESENT))
        # Without it every participant of the installation would be looked at.
        .where(participants.c.meeting_id == streams.c.meeting_id)
        .scalar_subquery()
        .label("active")
    )
    return select(
        streams.c.stream_id,
        streams.c.direction,
        streams.c.display_name,
        streams.c.source,
        streams.c.created_at,
        streams.c.expires_at,
        active,
    )


async def insert_stream(
    connection: AsyncConnection, meeting_id: str, stream: StreamRow, *, token_hash: str
) -> None:
    values = vars(stream) | {"meeting_id": meeting_id, "token_hash": token_hash}
    del values["active"]
    await connection.execute(insert(streams).values(**values))


async def replace_token(
    connection: AsyncConnection, meeting_id: str, stream_id: str, *, token_hash: str
) -> bool:
    """Give a stream another token; False when it was revoked."""
    return await _change_held(connection, meeting_id, stream_id, token_hash=token_hash)


async def find_stream(connection: AsyncConnection, meeting_id: str, stream_id: str) -> StreamRow | None:
    statement = _shown().where(streams.c.meeting_id == meeting_id, streams.c.stream_id == stream_id)
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else StreamRow(**row)


async def list_streams(connection: AsyncConnection, meeting_id: str, *, now: datetime) -> list[StreamRow]:
    """Return the streams of a meeting whose tokens hold, oldest first."""
    statement = (
        _shown()
        .where(streams.c.meeting_id == meeting_id, streams.c.revoked_at.is_(None), streams.c.expires_at > now)
        .order_by(streams.c.stream_id)
    )
    return [StreamRow(**row) for row in (await connection.execute(statement)).mappings()]


async def revoke_stream(
    connection: AsyncConnection, meeting_id: str, stream_id: str, *, now: datetime
) -> bool:
    """Let a token hold no more; False when there is none, or it was revoked before."""
    return await _change_held(connection, meeting_id, stream_id, revoked_at=now)


async def _change_held(
    connection: AsyncConnection, meeting_id: str, stream_id: str, **values: str | datetime
) -> bool:
    """Change a stream that was not revoked; whether there was one."""
    statement = (
        update(streams)
        .where(
            streams.c.meeting_id == meeting_id,
            streams.c.stream_id == stream_id,
            streams.c.revoked_at.is_(None),
        )
        .values(**values)
        .returning(literal(1))
    )
    return (await connection.execute(statement)).first() is not None


async def find_token(connection: AsyncConnection, token_hash: str, *, now: datetime) -> TokenRow | None:
    """Return what a token stands for while it holds; it is held against a revocation until the commit."""
    statement = (
        select(
            streams.c.stream_id,
            streams.c.meeting_id,
            meetings.c.meeting_no,
            streams.c.direction,
            streams.c.display_name,
            streams.c.source,
            streams.c.expires_at,
        )
        .join_from(streams, meetings)
        .where(streams.c.token_hash == token_hash, streams.c.revoked_at.is_(None), streams.c.expires_at > now)
        .with_for_update(read=True, of=streams)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else TokenRow(**row)


async def mark_participant(connection: AsyncConnection, participant_id: str, stream_id: str) -> None:
    """Write down that a participant came by a stream's token."""
    await connection.execute(
        update(participants)
        .where(participants.c.participant_id == participant_id)
        .values(stream_id=stream_id)
    )
