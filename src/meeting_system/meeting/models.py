"""The tables of schema `meetings`."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

METADATA = MetaData(schema="meetings")

_ID = Uuid(as_uuid=False)
_TIME = DateTime(timezone=True)

COUNTERS = ("chat_seq",)
"""Columns of a meeting that change without anybody changing the meeting: no part of its version."""


def _message_columns() -> list[Column[Any]]:
    """What both kinds of messages have in common, since they can be answered, changed and found."""
    return [
        Column("reply_to", _ID),
        Column("edited_at", _TIME),
        Column("deleted_at", _TIME),
        Column("deleted_by", Text),
        Column("version", BigInteger, nullable=False, server_default="1"),
        Column("reactions", JSONB, nullable=False, server_default="[]"),
        Column("files", JSONB, nullable=False, server_default="[]"),
        Column("search", TSVECTOR),
    ]


rooms = Table(
    "rooms",
    METADATA,
    Column("room_id", _ID, primary_key=True),
    Column("owner_id", _ID, nullable=False),
    Column("personal", Boolean, nullable=False),
    Column("slug", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("guests_allowed", Boolean, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("updated_at", _TIME, nullable=False),
    Column("options", JSONB, nullable=False, server_default="{}"),
    Column("password_hash", Text),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("closed_at", _TIME),
    Index("rooms_personal_key", "owner_id", unique=True, postgresql_where=text("personal")),
)

meetings = Table(
    "meetings",
    METADATA,
    Column("meeting_id", _ID, primary_key=True),
    Column("room_id", _ID, ForeignKey(rooms.c.room_id), nullable=False),
    Column("host_id", _ID, nullable=False),
    Column("host_name", Text, nullable=False),
    Column("meeting_no", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("password_hash", Text),
    Column("guests_allowed", Boolean, nullable=False),
    Column("locked", Boolean, nullable=False),
    Column("chat_seq", BigInteger, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("started_at", _TIME),
    Column("ended_at", _TIME),
    Column("options", JSONB, nullable=False, server_default="{}"),
    Column("series_id", _ID, ForeignKey("meetings.series.series_id", ondelete="CASCADE")),
    Column("recurrence_id", _TIME),
    Column("starts_at", _TIME),
    Column("opens_at", _TIME),
    Column("ends_at", _TIME),
    Column("time_zone", Text),
    Column("description", Text),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("host_email", Text),
    Column("host_locale", Text),
    Column("changed_alone", Boolean, nullable=False, server_default="false"),
    Column("parent_id", _ID),
    Column("parent_run_id", _ID),
    Index(
        "meetings_number_key",
        "meeting_no",
        unique=True,
        postgresql_where=text("status IN ('scheduled', 'lobby_open', 'live') AND series_id IS NULL"),
    ),
    Index("meetings_parent_run_idx", "parent_run_id", postgresql_where=text("parent_run_id IS NOT NULL")),
    Index("meetings_recurrence_key", "series_id", "recurrence_id", unique=True),
    Index("meetings_opening_idx", "opens_at", postgresql_where=text("status = 'scheduled'")),
    Index("meetings_number_idx", "meeting_no"),
    Index("meetings_unused_idx", "created_at", postgresql_where=text("status = 'scheduled'")),
)

room_members = Table(
    "room_members",
    METADATA,
    Column("room_id", _ID, ForeignKey(rooms.c.room_id, ondelete="CASCADE"), primary_key=True),
    Column("user_id", _ID, primary_key=True),
    Column("role", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Index("room_members_user_idx", "user_id"),
)

series = Table(
    "series",
    METADATA,
    Column("series_id", _ID, primary_key=True),
    Column("continues_id", _ID, ForeignKey("meetings.series.series_id", ondelete="SET NULL")),
    Column("room_id", _ID, ForeignKey(rooms.c.room_id), nullable=False),
    Column("host_id", _ID, nullable=False),
    Column("host_name", Text, nullable=False),
    Column("host_email", Text),
    Column("host_locale", Text),
    Column("meeting_no", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text),
    Column("password_hash", Text),
    Column("guests_allowed", Boolean, nullable=False),
    Column("options", JSONB, nullable=False, server_default="{}"),
    Column("time_zone", Text, nullable=False),
    Column("starts_local", DateTime(timezone=False), nullable=False),
    Column("duration_min", Integer, nullable=False),
    Column("rrule", Text, nullable=False),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("made_until", _TIME, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("updated_at", _TIME, nullable=False),
    Column("over_at", _TIME),
    Index("series_number_key", "meeting_no", unique=True, postgresql_where=text("continues_id IS NULL")),
    Index("series_made_idx", "made_until", postgresql_where=text("over_at IS NULL")),
)
"""The rule and the template of meetings that come again; each of those is a row of `meetings`. What goes on
after a change of *this and following* continues the first series of a number, `continues_id`."""

invitees = Table(
    "invitees",
    METADATA,
    Column("invitee_id", _ID, primary_key=True),
    Column("series_id", _ID, ForeignKey(series.c.series_id, ondelete="CASCADE")),
    Column("meeting_id", _ID, ForeignKey(meetings.c.meeting_id, ondelete="CASCADE")),
    Column("email", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("user_id", _ID),
    Column("locale", Text, nullable=False),
    Column("token", Text, nullable=False, unique=True),
    Column("answer", Text, nullable=False),
    Column("answered_at", _TIME),
    Column("created_at", _TIME, nullable=False),
    Index("invitees_series_key", "series_id", "email", unique=True),
    Index("invitees_meeting_key", "meeting_id", "email", unique=True),
    Index("invitees_user_idx", "user_id"),
)
"""Who was asked to come to a series or to one meeting. Every letter repeats `token`: it is kept as it is."""

feeds = Table(
    "feeds",
    METADATA,
    Column("user_id", _ID, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("created_at", _TIME, nullable=False),
)

members = Table(
    "members",
    METADATA,
    Column("meeting_id", _ID, ForeignKey(meetings.c.meeting_id, ondelete="CASCADE"), primary_key=True),
    Column("user_id", _ID, primary_key=True),
    Column("role", Text, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Index("members_user_idx", "user_id", text("meeting_id DESC")),
)
"""The accounts that belong to a meeting, in it or not: its host from birth, others since they joined."""

runs = Table(
    "runs",
    METADATA,
    Column("run_id", _ID, primary_key=True),
    Column("meeting_id", _ID, ForeignKey(meetings.c.meeting_id, ondelete="CASCADE"), nullable=False),
    Column("started_at", _TIME, nullable=False),
    Column("ended_at", _TIME),
    Column("ended_why", Text),
    Column("log_seq", BigInteger, nullable=False),
    Column("personal_seq", BigInteger, nullable=False, server_default="0"),
    Column("frozen", Boolean, nullable=False, server_default="false"),
    Column("spotlight_id", _ID),
    Index("runs_live_key", "meeting_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    Index("runs_meeting_idx", "meeting_id", text("run_id DESC")),
    Index("runs_started_idx", "started_at", postgresql_where=text("ended_at IS NULL")),
)

participants = Table(
    "participants",
    METADATA,
    Column("participant_id", _ID, primary_key=True),
    Column("run_id", _ID, ForeignKey(runs.c.run_id, ondelete="CASCADE"), nullable=False),
    Column("meeting_id", _ID, nullable=False),
    Column("user_id", _ID),
    Column("device_id", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("joined_at", _TIME, nullable=False),
    Column("changed_at", _TIME, nullable=False),
    Column("connected_at", _TIME),
    Column("left_at", _TIME),
    Column("left_why", Text),
    Column("stream_id", _ID),
    Column("asked_at", _TIME),
    Column("admitted_at", _TIME),
    Column("renamed", Boolean, nullable=False, server_default="false"),
    Column("role_given", Boolean, nullable=False, server_default="false"),
    Column("may_unmute", Boolean, nullable=False, server_default="false"),
    Column("origin_id", _ID),
    UniqueConstraint(
        "run_id",
        "device_id",
        "user_id",
        name="participants_device_key",
        postgresql_nulls_not_distinct=True,
    ),
    Index("participants_user_idx", "meeting_id", "user_id"),
    Index("participants_origin_idx", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
    Index("participants_waiting_idx", "run_id", "asked_at", postgresql_where=text("state = 'waiting'")),
)

stays = Table(
    "stays",
    METADATA,
    Column(
        "participant_id", _ID, ForeignKey(participants.c.participant_id, ondelete="CASCADE"), primary_key=True
    ),
    Column("entered_at", _TIME, primary_key=True),
    Column("left_at", _TIME),
)
"""When somebody was in; `left_at` null: until now, or until the participant or the run ended."""

streams = Table(
    "streams",
    METADATA,
    Column("stream_id", _ID, primary_key=True),
    Column("meeting_id", _ID, ForeignKey(meetings.c.meeting_id, ondelete="CASCADE"), nullable=False),
    Column("direction", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("created_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False),
    Column("revoked_at", _TIME),
    Index("streams_meeting_idx", "meeting_id"),
)
"""The tokens with which encoders publish and players watch; `participants.stream_id` says who came by one."""

bans = Table(
    "bans",
    METADATA,
    Column("meeting_id", _ID, ForeignKey(meetings.c.meeting_id, ondelete="CASCADE"), primary_key=True),
    Column("device_id", Text, primary_key=True),
    Column("participant_id", _ID, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("user_id", _ID),
    Column("display_name", Text, nullable=False, server_default=""),
    Column("banned_by", Text, nullable=False, server_default=""),
    Index("bans_user_idx", "meeting_id", "user_id", postgresql_where=text("user_id IS NOT NULL")),
)
"""Whom hosts keep out of a meeting: a device, and the account that was on it."""

lobby_messages = Table(
    "lobby_messages",
    METADATA,
    Column("run_id", _ID, ForeignKey(runs.c.run_id, ondelete="CASCADE"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("display_name", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("sent_at", _TIME, nullable=False),
)
"""What hosts said to all who waited."""

messages = Table(
    "messages",
    METADATA,
    Column("message_id", _ID, primary_key=True),
    Column("meeting_id", _ID, ForeignKey(meetings.c.meeting_id, ondelete="CASCADE"), nullable=False),
    Column("run_id", _ID, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("participant_id", _ID, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("sent_at", _TIME, nullable=False),
    Column("person_id", _ID),
    *_message_columns(),
    UniqueConstraint("meeting_id", "seq", name="messages_seq_key"),
    Index("messages_search_idx", "search", postgresql_using="gin"),
)
"""To everyone. `person_id`: the account, or a guest's participant."""

private_messages = Table(
    "private_messages",
    METADATA,
    Column("message_id", _ID, primary_key=True),
    Column("meeting_id", _ID, ForeignKey(meetings.c.meeting_id, ondelete="CASCADE"), nullable=False),
    Column("run_id", _ID, nullable=False),
    Column("pair_low", _ID, nullable=False),
    Column("pair_high", _ID, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("participant_id", _ID, nullable=False),
    Column("person_id", _ID, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("recipient_id", _ID, nullable=False),
    Column("recipient_name", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("sent_at", _TIME, nullable=False),
    *_message_columns(),
    UniqueConstraint("meeting_id", "pair_low", "pair_high", "seq", name="private_messages_seq_key"),
    Index("private_messages_high_idx", "meeting_id", "pair_high"),
    Index("private_messages_search_idx", "search", postgresql_using="gin"),
)
"""Between two persons, the pair, whose ids are kept in order. Every query names whose messages it wants."""

message_edits = Table(
    "message_edits",
    METADATA,
    Column("message_id", _ID, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("meeting_id", _ID, ForeignKey(meetings.c.meeting_id, ondelete="CASCADE"), nullable=False),
    Column("body", Text, nullable=False),
    Column("replaced_at", _TIME, nullable=False),
    Index("message_edits_meeting_idx", "meeting_id"),
)
"""What a message said before each edit; gone with the message."""

files = Table(
    "files",
    METADATA,
    Column("file_id", _ID, primary_key=True),
    Column("meeting_id", _ID, nullable=False),
    Column("message_id", _ID),
    Column("person_id", _ID, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("ready", Boolean, nullable=False, server_default="false"),
    Column("created_at", _TIME, nullable=False),
    Index("files_meeting_idx", "meeting_id"),
    Index("files_waiting_idx", "created_at", postgresql_where=text("message_id IS NULL")),
)
"""Written before the first byte, so that no object is without a row; `message_id` null: not sent yet."""

polls = Table(
    "polls",
    METADATA,
    Column("poll_id", _ID, primary_key=True),
    Column("meeting_id", _ID, ForeignKey(meetings.c.meeting_id, ondelete="CASCADE"), nullable=False),
    Column("run_id", _ID),
    Column("creator_id", _ID, nullable=False),
    Column("creator_name", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("options", JSONB, nullable=False),
    Column("anonymous", Boolean, nullable=False),
    Column("changeable", Boolean, nullable=False),
    Column("live_results", Boolean, nullable=False),
    Column("correct", JSONB),
    Column("phase", Text, nullable=False),
    Column("secret", Text),
    Column("voters", Integer, nullable=False, server_default="0"),
    Column("counts", JSONB),
    Column("version", BigInteger, nullable=False, server_default="1"),
    Column("told_version", BigInteger, nullable=False, server_default="1"),
    Column("created_at", _TIME, nullable=False),
    Column("started_at", _TIME),
    Column("closed_at", _TIME),
    Index("polls_meeting_idx", "meeting_id"),
    Index("polls_run_idx", "run_id"),
    Index(
        "polls_untold_idx",
        "poll_id",
        postgresql_where=text("phase = 'open' AND version > told_version"),
    ),
)
"""`secret` turns people into the voters of an anonymous poll, and is forgotten when it closes."""

votes = Table(
    "votes",
    METADATA,
    Column("poll_id", _ID, ForeignKey(polls.c.poll_id, ondelete="CASCADE"), primary_key=True),
    Column("voter", Text, primary_key=True),
    Column("display_name", Text),
    Column("choice", JSONB, nullable=False),
    Column("voted_at", _TIME),
)
"""One row a person; of an anonymous poll without name and time."""

events = Table(
    "events",
    METADATA,
    Column("run_id", _ID, ForeignKey(runs.c.run_id, ondelete="CASCADE"), primary_key=True),
    Column("log_seq", BigInteger, primary_key=True),
    Column("event_id", _ID, nullable=False),
    Column("t", Text, nullable=False),
    Column("ts", _TIME, nullable=False),
    Column("by_id", _ID),
    Column("d", JSONB, nullable=False),
)
"""The durable events of a run, numbered without gaps: the source of the room log in Valkey."""

commands = Table(
    "commands",
    METADATA,
    Column("sid", Text, primary_key=True),
    Column("cid", BigInteger, primary_key=True),
    Column("participant_id", _ID),
    Column("answer", JSONB, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Index("commands_created_idx", "created_at"),
)
"""What was done already, and the answer that was given."""

breakouts = Table(
    "breakouts",
    METADATA,
    Column("run_id", _ID, ForeignKey(runs.c.run_id, ondelete="CASCADE"), primary_key=True),
    Column("status", Text, nullable=False),
    Column("assignment", Text, nullable=False),
    Column("may_return", Boolean, nullable=False),
    Column("ends_at", _TIME),
    Index("breakouts_ends_idx", "ends_at", postgresql_where=text("status <> 'planned'")),
)
"""The breakout rooms of a run, as one: at `ends_at` everybody returns, or, returning, the rooms end."""

breakout_rooms = Table(
    "breakout_rooms",
    METADATA,
    Column("breakout_id", _ID, primary_key=True),
    Column("run_id", _ID, ForeignKey(breakouts.c.run_id, ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("help_by", Text),
    UniqueConstraint("run_id", "position", name="breakout_rooms_position_key"),
)
"""Open, each is a meeting with the same id, whose `parent_run_id` is this run."""

_PERSON = participants.c.participant_id
breakout_places = Table(
    "breakout_places",
    METADATA,
    Column("run_id", _ID, ForeignKey(breakouts.c.run_id, ondelete="CASCADE"), primary_key=True),
    Column("participant_id", _ID, ForeignKey(_PERSON, ondelete="CASCADE"), primary_key=True),
    Column("breakout_id", _ID),
    Column("inside_id", _ID),
)
"""Where people of the main room belong (null: there), and which breakout they are connected to;
`participants.origin_id` is who somebody in a breakout is in the main room."""
