"""Every SQL statement of the webhook service."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.webhook import ALL_WEBHOOKS, WANTED_EVENTS
from meeting_system.kit.sql import mark_change
from meeting_system.webhook.models import deliveries, webhooks

COUNTED = 1000
"""More deliveries than this are told as this many."""


@dataclass(frozen=True)
class Due:
    """A delivery to be sent now, with where and how."""

    delivery_id: str
    webhook_id: str
    event_id: str
    type: str
    occurred_at: str
    data: dict[str, Any]
    attempts: int
    url: str
    form: str
    secret: str
    former_secret: str | None
    former_until: datetime | None


def _counted(state: str) -> ColumnElement[int]:
    some = (
        select(literal(1))
        .where(deliveries.c.webhook_id == webhooks.c.webhook_id, deliveries.c.state == state)
        .limit(COUNTED)
        .correlate(webhooks)
        .subquery()
    )
    return select(func.count()).select_from(some).scalar_subquery().label(state)


def _shown() -> Select[*tuple[object, ...]]:
    return select(webhooks, _counted("pending"), _counted("failed"))


def _owned_by(owner_id: str | None) -> ColumnElement[bool]:
    """The condition for what an account manages; None: all but those of the BigBlueButton-compatible API."""
    if owner_id is None:
        return webhooks.c.form == "standard"
    return and_(webhooks.c.owner_id == owner_id, webhooks.c.form == "standard")


async def insert_webhook(connection: AsyncConnection, values: dict[str, object]) -> None:
    await mark_change(connection, WANTED_EVENTS, ALL_WEBHOOKS)
    await connection.execute(insert(webhooks).values(**values))


async def count_webhooks(connection: AsyncConnection, owner_id: str | None) -> tuple[int, int]:
    """Return how many webhooks an owner has, and how many there are."""
    own = func.count().filter(webhooks.c.owner_id == owner_id)
    row = (await connection.execute(select(own, func.count()).select_from(webhooks))).one()
    return int(row[0]), int(row[1])


async def lock_creation(connection: AsyncConnection) -> None:
    """One after the other, so that a limit holds also for those who ask at the same time."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('webhooks.create', 7))"))


async def find_webhook(
    connection: AsyncConnection, webhook_id: str, *, owner_id: str | None
) -> RowMapping | None:
    statement = _shown().where(webhooks.c.webhook_id == webhook_id, _owned_by(owner_id))
    return (await connection.execute(statement)).mappings().first()


async def list_webhooks(
    connection: AsyncConnection, *, owner_id: str | None, before: str | None, limit: int
) -> list[RowMapping]:
    statement = _shown().where(_owned_by(owner_id)).order_by(webhooks.c.webhook_id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(webhooks.c.webhook_id < before)
    return list((await connection.execute(statement)).mappings())


async def update_webhook(connection: AsyncConnection, webhook_id: str, changes: dict[str, object]) -> None:
    # Less that is wanted is seen when what is cached has had its time: an event too many, none too few.
    if "events" in changes or changes.get("active"):
        await mark_change(connection, WANTED_EVENTS, ALL_WEBHOOKS)
    await connection.execute(update(webhooks).where(webhooks.c.webhook_id == webhook_id).values(**changes))


async def find_wanted(connection: AsyncConnection) -> frozenset[str]:
    """Return the types of events that any webhook wants which is switched on."""
    statement = select(func.unnest(webhooks.c.events)).where(webhooks.c.active).distinct()
    return frozenset((await connection.execute(statement)).scalars())


async def disown(connection: AsyncConnection, owner_id: str) -> None:
    """Delete what is of an account's own meetings, and take its name from what is of everybody's."""
    theirs = webhooks.c.owner_id == owner_id
    await connection.execute(delete(webhooks).where(theirs, webhooks.c.covers == "mine"))
    await connection.execute(update(webhooks).where(theirs).values(owner_id=None))


async def delete_webhook(connection: AsyncConnection, webhook_id: str) -> None:
    await connection.execute(delete(webhooks).where(webhooks.c.webhook_id == webhook_id))


async def find_outside(
    connection: AsyncConnection, *, url: str, external_id: str | None
) -> RowMapping | None:
    statement = select(webhooks).where(
        webhooks.c.form != "standard",
        webhooks.c.url == url,
        webhooks.c.external_id.is_not_distinct_from(external_id),
    )
    return (await connection.execute(statement)).mappings().first()


async def list_outside(connection: AsyncConnection, *, external_id: str | None) -> list[RowMapping]:
    statement = select(webhooks).where(webhooks.c.form != "standard").order_by(webhooks.c.hook_id)
    if external_id is not None:
        named = or_(webhooks.c.external_id.is_(None), webhooks.c.external_id == external_id)
        statement = statement.where(named)
    return list((await connection.execute(statement)).mappings())


async def delete_outside(connection: AsyncConnection, hook_id: int) -> bool:
    statement = delete(webhooks).where(webhooks.c.hook_id == hook_id, webhooks.c.form != "standard")
    return (await connection.execute(statement.returning(literal(1)))).first() is not None


# An event that is told twice makes no second delivery.
_DELIVER = text(
    """
    INSERT INTO webhooks.deliveries
           (delivery_id, webhook_id, event_id, type, occurred_at, data, state, attempts, log, next_at,
            created_at)
    SELECT gen_random_uuid(), w.webhook_id, :event_id, :type, :occurred_at, CAST(:data AS jsonb),
           'pending', 0, '[]', :now, :now
      FROM webhooks.webhooks w
     WHERE w.active AND :type = ANY (w.events)
       AND (w.covers = 'everything' OR w.owner_id = CAST(:owner_id AS uuid))
       AND (w.external_id IS NULL OR w.external_id = :external_id)
       AND (w.form = 'standard' OR CAST(:external_id AS text) IS NOT NULL)
    ON CONFLICT (webhook_id, event_id) DO NOTHING
    RETURNING 1
    """
)


async def insert_deliveries(
    connection: AsyncConnection,
    *,
    event_id: str,
    type: str,  # noqa: A002  # as the event calls it
    occurred_at: str,
    owner_id: str,
    external_id: str | None,
    data: str,
    now: datetime,
) -> int:
    """Make a delivery of an event for every webhook that wants it; return how many."""
    values = {
        "event_id": event_id,
        "type": type,
        "occurred_at": occurred_at,
        "owner_id": owner_id,
        "external_id": external_id,
        "data": data,
        "now": now,
    }
    return len((await connection.execute(_DELIVER, values)).all())


async def insert_delivery(connection: AsyncConnection, values: dict[str, object]) -> None:
    await connection.execute(insert(deliveries).values(**values))


# A few of each webhook: one that is slow doesn't hold up the others.
_TAKE = text(
    """
    UPDATE webhooks.deliveries d SET leased_until = :lease, attempts = d.attempts + 1
      FROM webhooks.webhooks w
     WHERE w.webhook_id = d.webhook_id AND d.delivery_id IN (
        SELECT due.delivery_id FROM webhooks.webhooks a CROSS JOIN LATERAL (
            SELECT p.delivery_id FROM webhooks.deliveries p
             WHERE p.webhook_id = a.webhook_id AND p.state = 'pending' AND p.next_at <= :now
               AND (p.leased_until IS NULL OR p.leased_until <= :now)
             ORDER BY p.next_at, p.created_at LIMIT :of_each FOR UPDATE SKIP LOCKED
        ) due WHERE a.active LIMIT :most
     )
    RETURNING CAST(d.delivery_id AS text), CAST(d.webhook_id AS text), d.event_id, d.type, d.occurred_at,
              d.data, d.attempts, w.url, w.form, w.secret, w.former_secret, w.former_until
    """
)


async def take_due(
    connection: AsyncConnection, *, now: datetime, lease: datetime, most: int, of_each: int
) -> list[Due]:
    """Take deliveries in hand until `lease`; a process that dies leaves them to another one."""
    values = {"now": now, "lease": lease, "most": most, "of_each": of_each}
    return [Due(*row) for row in await connection.execute(_TAKE, values)]


_NOTE = text(
    """
    UPDATE webhooks.deliveries
       SET state = :state, log = log || CAST(:attempt AS jsonb), next_at = coalesce(:next_at, next_at),
           leased_until = NULL, finished_at = CASE WHEN :state <> 'pending' THEN CAST(:now AS timestamptz) END
     WHERE delivery_id = CAST(:delivery_id AS uuid)
    """
)


async def note_attempt(
    connection: AsyncConnection,
    delivery_id: str,
    *,
    state: str,
    attempt: str,
    next_at: datetime | None,
    now: datetime,
) -> None:
    """Write down how an attempt went; `attempt` is JSON, a list of one."""
    values = {"delivery_id": delivery_id, "state": state, "attempt": attempt, "next_at": next_at, "now": now}
    await connection.execute(_NOTE, values)


async def list_deliveries(
    connection: AsyncConnection,
    webhook_id: str,
    *,
    state: str | None,
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[RowMapping]:
    order = (deliveries.c.created_at, deliveries.c.delivery_id)
    statement = (
        select(deliveries)
        .where(deliveries.c.webhook_id == webhook_id)
        .order_by(*(column.desc() for column in order))
        .limit(limit)
    )
    if state is not None:
        statement = statement.where(deliveries.c.state == state)
    if before is not None:
        moment, delivery_id = before
        older = or_(order[0] < moment, and_(order[0] == moment, order[1] < delivery_id))
        statement = statement.where(older)
    return list((await connection.execute(statement)).mappings())


async def replay(
    connection: AsyncConnection, webhook_id: str, delivery_id: str | None, *, now: datetime
) -> int:
    """Send a delivery again, or all that failed; return how many."""
    chosen = (
        deliveries.c.state == "failed" if delivery_id is None else deliveries.c.delivery_id == delivery_id
    )
    statement = (
        update(deliveries)
        .where(deliveries.c.webhook_id == webhook_id, chosen)
        .values(state="pending", attempts=0, next_at=now, finished_at=None)
    )
    return (await connection.execute(statement)).rowcount


async def delete_old(connection: AsyncConnection, *, before: datetime) -> int:
    """Delete deliveries that were over before a moment."""
    statement = delete(deliveries).where(deliveries.c.finished_at < before)
    return (await connection.execute(statement)).rowcount


async def count_waiting(connection: AsyncConnection) -> int:
    """Return how many deliveries wait, counted to COUNTED."""
    some = select(literal(1)).where(deliveries.c.state == "pending").limit(COUNTED).subquery()
    return int((await connection.execute(select(func.count()).select_from(some))).scalar_one())
