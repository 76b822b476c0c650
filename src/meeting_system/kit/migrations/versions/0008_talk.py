"""Chat that lasts (replies, reactions, edits, private messages, search), files in chat, polls."""

from alembic import op

revision = "0008_talk"
down_revision = "0007_floor"
branch_labels = None
depends_on = None

_CHAT = (
    """
    ALTER TABLE meetings.messages
        ADD COLUMN person_id uuid,
        ADD COLUMN reply_to uuid,
        ADD COLUMN edited_at timestamptz,
        ADD COLUMN deleted_at timestamptz,
        ADD COLUMN deleted_by text
            CONSTRAINT messages_deleted_by_check CHECK (deleted_by IN ('author', 'host')),
        ADD COLUMN version bigint NOT NULL DEFAULT 1,
        ADD COLUMN reactions jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN files jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN search tsvector
    """,
    """
    UPDATE meetings.messages AS m SET person_id = coalesce(p.user_id, p.participant_id)
      FROM meetings.participants AS p WHERE p.participant_id = m.participant_id
    """,
    "CREATE INDEX messages_search_idx ON meetings.messages USING gin (search)",
    # A table of their own: nothing that reads messages to everyone, of this version or the one before, can
    # come upon a private one.
    """
    CREATE TABLE meetings.private_messages (
        message_id uuid PRIMARY KEY,
        meeting_id uuid NOT NULL REFERENCES meetings.meetings ON DELETE CASCADE,
        run_id uuid NOT NULL,
        pair_low uuid NOT NULL,
        pair_high uuid NOT NULL,
        seq bigint NOT NULL,
        participant_id uuid NOT NULL,
        person_id uuid NOT NULL,
        display_name text NOT NULL,
        recipient_id uuid NOT NULL,
        recipient_name text NOT NULL,
        body text NOT NULL,
        sent_at timestamptz NOT NULL,
        reply_to uuid,
        edited_at timestamptz,
        deleted_at timestamptz,
        deleted_by text CONSTRAINT private_messages_deleted_by_check CHECK (deleted_by IN ('author', 'host')),
        version bigint NOT NULL DEFAULT 1,
        reactions jsonb NOT NULL DEFAULT '[]',
        files jsonb NOT NULL DEFAULT '[]',
        search tsvector,
        CONSTRAINT private_messages_seq_key UNIQUE (meeting_id, pair_low, pair_high, seq)
    )
    """,
    "CREATE INDEX private_messages_high_idx ON meetings.private_messages (meeting_id, pair_high)",
    "CREATE INDEX private_messages_search_idx ON meetings.private_messages USING gin (search)",
    """
    CREATE TABLE meetings.message_edits (
        message_id uuid NOT NULL,
        version bigint NOT NULL,
        meeting_id uuid NOT NULL REFERENCES meetings.meetings ON DELETE CASCADE,
        body text NOT NULL,
        replaced_at timestamptz NOT NULL,
        PRIMARY KEY (message_id, version)
    )
    """,
    "CREATE INDEX message_edits_meeting_idx ON meetings.message_edits (meeting_id)",
    "ALTER TABLE meetings.runs ADD COLUMN personal_seq bigint NOT NULL DEFAULT 0",
)
_FILES = (
    # Without a foreign key: a row outlives its meeting until its objects are deleted.
    """
    CREATE TABLE meetings.files (
        file_id uuid PRIMARY KEY,
        meeting_id uuid NOT NULL,
        message_id uuid,
        person_id uuid NOT NULL,
        name text NOT NULL,
        media_type text NOT NULL,
        size bigint NOT NULL,
        width integer,
        height integer,
        ready boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX files_meeting_idx ON meetings.files (meeting_id)",
    "CREATE INDEX files_waiting_idx ON meetings.files (created_at) WHERE message_id IS NULL",
)
_POLLS = (
    """
    CREATE TABLE meetings.polls (
        poll_id uuid PRIMARY KEY,
        meeting_id uuid NOT NULL REFERENCES meetings.meetings ON DELETE CASCADE,
        run_id uuid,
        creator_id uuid NOT NULL,
        creator_name text NOT NULL,
        question text NOT NULL,
        kind text NOT NULL CONSTRAINT polls_kind_check CHECK (kind IN ('single', 'multiple')),
        options jsonb NOT NULL,
        anonymous boolean NOT NULL,
        changeable boolean NOT NULL,
        live_results boolean NOT NULL,
        correct jsonb,
        phase text NOT NULL
            CONSTRAINT polls_phase_check CHECK (phase IN ('draft', 'open', 'closed', 'published')),
        secret text,
        voters integer NOT NULL DEFAULT 0,
        counts jsonb,
        version bigint NOT NULL DEFAULT 1,
        told_version bigint NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL,
        started_at timestamptz,
        closed_at timestamptz
    )
    """,
    "CREATE INDEX polls_meeting_idx ON meetings.polls (meeting_id)",
    "CREATE INDEX polls_run_idx ON meetings.polls (run_id)",
    """
    CREATE INDEX polls_untold_idx ON meetings.polls (poll_id)
        WHERE phase = 'open' AND version > told_version
    """,
    """
    CREATE TABLE meetings.votes (
        poll_id uuid NOT NULL REFERENCES meetings.polls ON DELETE CASCADE,
        voter text NOT NULL,
        display_name text,
        choice jsonb NOT NULL,
        voted_at timestamptz,
        PRIMARY KEY (poll_id, voter)
    )
    """,
)


def upgrade() -> None:
    for statement in (*_CHAT, *_FILES, *_POLLS):
        op.execute(statement)


def downgrade() -> None:
    for table in ("votes", "polls", "files", "message_edits", "private_messages"):
        op.execute(f"DROP TABLE meetings.{table}")
    op.execute("ALTER TABLE meetings.runs DROP COLUMN personal_seq")
    op.execute(
        """
        ALTER TABLE meetings.messages
            DROP COLUMN person_id, DROP COLUMN reply_to, DROP COLUMN edited_at, DROP COLUMN deleted_at,
            DROP COLUMN deleted_by, DROP COLUMN version, DROP COLUMN reactions, DROP COLUMN files,
            DROP COLUMN search
        """
    )
