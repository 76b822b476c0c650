"""Rooms, meetings, their runs and participants, chat, and the durable events of a run."""

from alembic import op

revision = "0003_meeting"
down_revision = "0002_user"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "CREATE SCHEMA meetings",
    """
    CREATE TABLE meetings.rooms (
        room_id uuid PRIMARY KEY,
        owner_id uuid NOT NULL,
        personal boolean NOT NULL,
        slug text NOT NULL CONSTRAINT rooms_slug_key UNIQUE,
        display_name text NOT NULL,
        guests_allowed boolean NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX rooms_personal_key ON meetings.rooms (owner_id) WHERE personal",
    """
    CREATE TABLE meetings.meetings (
        meeting_id uuid PRIMARY KEY,
        room_id uuid NOT NULL REFERENCES meetings.rooms,
        host_id uuid NOT NULL,
        host_name text NOT NULL,
        meeting_no text NOT NULL CONSTRAINT meetings_meeting_no_check CHECK (meeting_no ~ '^[1-9][0-9]{8}$'),
        title text NOT NULL,
        status text NOT NULL CONSTRAINT meetings_status_check
            CHECK (status IN ('scheduled', 'lobby_open', 'live', 'ended', 'cancelled', 'expired')),
        password_hash text,
        guests_allowed boolean NOT NULL,
        locked boolean NOT NULL DEFAULT false,
        chat_seq bigint NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL,
        started_at timestamptz,
        ended_at timestamptz
    )
    """,
    """
    CREATE UNIQUE INDEX meetings_number_key ON meetings.meetings (meeting_no)
        WHERE status IN ('scheduled', 'lobby_open', 'live')
    """,
    "CREATE INDEX meetings_number_idx ON meetings.meetings (meeting_no)",
    "CREATE INDEX meetings_unused_idx ON meetings.meetings (created_at) WHERE status = 'scheduled'",
    """
    CREATE TABLE meetings.members (
        meeting_id uuid NOT NULL REFERENCES meetings.meetings ON DELETE CASCADE,
        user_id uuid NOT NULL,
        role text NOT NULL CONSTRAINT members_role_check
            CHECK (role IN ('host', 'co_host', 'presenter', 'attendee', 'observer')),
        created_at timestamptz NOT NULL,
        PRIMARY KEY (meeting_id, user_id)
    )
    """,
    "CREATE INDEX members_user_idx ON meetings.members (user_id, meeting_id DESC)",
    """
    CREATE TABLE meetings.runs (
        run_id uuid PRIMARY KEY,
        meeting_id uuid NOT NULL REFERENCES meetings.meetings ON DELETE CASCADE,
        started_at timestamptz NOT NULL,
        ended_at timestamptz,
        ended_why text,
        log_seq bigint NOT NULL DEFAULT 0
    )
    """,
    "CREATE UNIQUE INDEX runs_live_key ON meetings.runs (meeting_id) WHERE ended_at IS NULL",
    "CREATE INDEX runs_meeting_idx ON meetings.runs (meeting_id, run_id DESC)",
    "CREATE INDEX runs_started_idx ON meetings.runs (started_at) WHERE ended_at IS NULL",
    """
    CREATE TABLE meetings.participants (
        participant_id uuid PRIMARY KEY,
        run_id uuid NOT NULL REFERENCES meetings.runs ON DELETE CASCADE,
        meeting_id uuid NOT NULL,
        user_id uuid,
        device_id text NOT NULL,
        display_name text NOT NULL,
        role text NOT NULL CONSTRAINT participants_role_check
            CHECK (role IN ('host', 'co_host', 'presenter', 'attendee', 'observer')),
        state text NOT NULL CONSTRAINT participants_state_check
            CHECK (state IN ('joining', 'connected', 'reconnecting', 'left', 'removed')),
        joined_at timestamptz NOT NULL,
        changed_at timestamptz NOT NULL,
        connected_at timestamptz,
        left_at timestamptz,
        left_why text,
        CONSTRAINT participants_device_key UNIQUE NULLS NOT DISTINCT (run_id, device_id, user_id)
    )
    """,
    "CREATE INDEX participants_user_idx ON meetings.participants (meeting_id, user_id)",
    """
    CREATE TABLE meetings.bans (
        meeting_id uuid NOT NULL REFERENCES meetings.meetings ON DELETE CASCADE,
        device_id text NOT NULL,
        participant_id uuid NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (meeting_id, device_id)
    )
    """,
    """
    CREATE TABLE meetings.messages (
        message_id uuid PRIMARY KEY,
        meeting_id uuid NOT NULL REFERENCES meetings.meetings ON DELETE CASCADE,
        run_id uuid NOT NULL,
        seq bigint NOT NULL,
        participant_id uuid NOT NULL,
        display_name text NOT NULL,
        body text NOT NULL,
        sent_at timestamptz NOT NULL,
        CONSTRAINT messages_seq_key UNIQUE (meeting_id, seq)
    )
    """,
    """
    CREATE TABLE meetings.events (
        run_id uuid NOT NULL REFERENCES meetings.runs ON DELETE CASCADE,
        log_seq bigint NOT NULL,
        event_id uuid NOT NULL,
        t text NOT NULL,
        ts timestamptz NOT NULL,
        by_id uuid,
        d jsonb NOT NULL,
        PRIMARY KEY (run_id, log_seq)
    )
    """,
    """
    CREATE TABLE meetings.commands (
        sid text NOT NULL,
        cid bigint NOT NULL,
        participant_id uuid,
        answer jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (sid, cid)
    )
    """,
    "CREATE INDEX commands_created_idx ON meetings.commands (created_at)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP SCHEMA meetings CASCADE")
