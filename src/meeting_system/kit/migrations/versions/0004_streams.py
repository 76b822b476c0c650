"""Streams over WHIP and WHEP: their tokens, and which participants they are."""

from alembic import op

revision = "0004_streams"
down_revision = "0003_meeting"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE meetings.streams (
        stream_id uuid PRIMARY KEY,
        meeting_id uuid NOT NULL REFERENCES meetings.meetings ON DELETE CASCADE,
        direction text NOT NULL CONSTRAINT streams_direction_check CHECK (direction IN ('publish', 'watch')),
        display_name text NOT NULL,
        source text NOT NULL CONSTRAINT streams_source_check CHECK (source IN ('camera', 'screen')),
        token_hash text NOT NULL CONSTRAINT streams_token_key UNIQUE,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz
    )
    """,
    "CREATE INDEX streams_meeting_idx ON meetings.streams (meeting_id)",
    # Without a default and nullable: adding it touches no row.
    "ALTER TABLE meetings.participants ADD COLUMN stream_id uuid",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE meetings.participants DROP COLUMN stream_id")
    op.execute("DROP TABLE meetings.streams")
