"""The tables of meetings that other software runs."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, LargeBinary, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from meeting_system.meeting.models import METADATA, meetings

_ID = Uuid(as_uuid=False)
_TIME = DateTime(timezone=True)

outside = Table(
    "outside",
    METADATA,
    Column("meeting_id", _ID, ForeignKey(meetings.c.meeting_id, ondelete="CASCADE"), primary_key=True),
    Column("external_id", Text, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("logout_url", Text),
    Column("ends_at", _TIME),
    Index("outside_ends_idx", "ends_at", postgresql_where=text("ends_at IS NOT NULL")),
)
"""Meetings that other software runs: what it calls them, what it noted of them, and when they end anyway."""

passes = Table(
    "passes",
    METADATA,
    Column("pass_hash", LargeBinary, primary_key=True),
    Column("meeting_id", _ID, ForeignKey(meetings.c.meeting_id, ondelete="CASCADE"), nullable=False),
    Column("display_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("external_id", Text),
    Column("device_id", Text),
    Column("participant_id", _ID),
    Column("created_at", _TIME, nullable=False),
    Column("used_at", _TIME),
    Column("expires_at", _TIME, nullable=False),
    Column("is_guest", Boolean, nullable=False, server_default="false"),
    Index("passes_meeting_idx", "meeting_id"),
    Index("passes_participant_idx", "participant_id"),
    Index("passes_expires_idx", "expires_at"),
)
"""Ways in for people whom other software vouches for: name and role are its word. The device that comes first
with one keeps it."""
