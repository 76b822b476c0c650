"""The table of schema `bigbluebutton`."""

from sqlalchemy import Boolean, Column, DateTime, Index, MetaData, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

METADATA = MetaData(schema="bigbluebutton")

meetings = Table(
    "meetings",
    METADATA,
    Column("meeting_id", Uuid(as_uuid=False), primary_key=True),
    Column("external_id", Text, nullable=False),
    Column("attendee_pw", Text, nullable=False),
    Column("moderator_pw", Text, nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("forcibly_ended", Boolean, nullable=False),
    Column("over", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index("meetings_external_idx", "external_id", "created_at"),
    Index("meetings_open_idx", "created_at", postgresql_where=text("NOT over")),
)
"""What that API knows of a meeting beside what the meeting service does. The same `external_id` may come
again when the former one is `over`."""
