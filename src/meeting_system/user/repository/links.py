"""Links in letters, each good once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.user.models import links


@dataclass(frozen=True)
class LinkRow:
    """Whose link it was, and the address that the letter went to."""

    user_id: str
    email: str
    expires_at: datetime


async def insert_link(
    connection: AsyncConnection,
    *,
    link_hash: bytes,
    purpose: str,
    user_id: str,
    email: str,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Keep a link; older ones of its purpose are good no more."""
    await delete_links_of(connection, user_id, purpose)
    await connection.execute(
        insert(links).values(
            link_hash=link_hash,
            purpose=purpose,
            user_id=user_id,
            email=email,
            created_at=now,
            expires_at=expires_at,
        )
    )


async def take_link(connection: AsyncConnection, link_hash: bytes, purpose: str) -> LinkRow | None:
    """Read a link and delete it: of two at the same time one gets it."""
    statement = (
        delete(links)
        .where(links.c.link_hash == link_hash, links.c.purpose == purpose)
        .returning(links.c.user_id, links.c.email, links.c.expires_at)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else LinkRow(**row)


async def delete_links_of(connection: AsyncConnection, user_id: str, purpose: str) -> None:
    await connection.execute(delete(links).where(links.c.user_id == user_id, links.c.purpose == purpose))


async def delete_old_links(connection: AsyncConnection, *, now: datetime) -> None:
    await connection.execute(delete(links).where(links.c.expires_at < now))
