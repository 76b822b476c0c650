"""The tables of schema `webhooks`."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

METADATA = MetaData(schema="webhooks")

_ID = Uuid(as_uuid=False)
_TIME = DateTime(timezone=True)

webhooks = Table(
    "webhooks",
    METADATA,
    Column("webhook_id", _ID, primary_key=True),
    Column("hook_id", BigInteger, Identity(always=True), nullable=False),
    Column("owner_id", _ID),
    Column("covers", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("external_id", Text),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("events", ARRAY(Text), nullable=False),
    Column("secret", Text, nullable=False),
    Column("former_secret", Text),
    Column("former_until", _TIME),
    Column("active", Boolean, nullable=False),
    Column("disabled_why", Text),
    Column("created_at", _TIME, nullable=False),
    Column("updated_at", _TIME, nullable=False),
    UniqueConstraint("hook_id", name="webhooks_hook_key"),
    Index("webhooks_owner_idx", "owner_id", "webhook_id"),
)
"""`covers`: `everything` or the owner's own meetings. `form`: how a delivery is written. `hook_id`: a number
for the BigBlueButton-compatible API, whose webhooks have no owner."""

deliveries = Table(
    "deliveries",
    METADATA,
    Column("delivery_id", _ID, primary_key=True),
    Column("webhook_id", _ID, ForeignKey(webhooks.c.webhook_id, ondelete="CASCADE"), nullable=False),
    Column("event_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("occurred_at", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("log", JSONB, nullable=False),
    Column("next_at", _TIME, nullable=False),
    Column("leased_until", _TIME),
    Column("created_at", _TIME, nullable=False),
    Column("finished_at", _TIME),
    UniqueConstraint("webhook_id", "event_id", name="deliveries_event_key"),
    Index("deliveries_due_idx", "webhook_id", "next_at", postgresql_where=text("state = 'pending'")),
    Index("deliveries_failed_idx", "webhook_id", postgresql_where=text("state = 'failed'")),
    Index("deliveries_list_idx", "webhook_id", "created_at", "delivery_id"),
    Index("deliveries_finished_idx", "finished_at"),
)
"""`state`: pending, delivered, or failed for good (a dead letter). `log`: the attempts, oldest first."""
