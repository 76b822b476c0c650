"""Breakout rooms: meetings of a meeting's run, and who belongs to which."""

from alembic import op

revision = "0012_breakouts"
down_revision = "0011_documents"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    ALTER TABLE meetings.meetings
        ADD COLUMN parent_id uuid,
        ADD COLUMN parent_run_id uuid
    """,
    """
    CREATE INDEX meetings_parent_run_idx ON meetings.meetings (parent_run_id)
        WHERE parent_run_id IS NOT NULL
    """,
    "ALTER TABLE meetings.participants ADD COLUMN origin_id uuid",
    """
    CREATE INDEX participants_origin_idx ON meetings.participants (origin_id)
        WHERE origin_id IS NOT NULL
    """,
    """
    CREATE TABLE meetings.breakouts (
        run_id uuid PRIMARY KEY REFERENCES meetings.runs ON DELETE CASCADE,
        status text NOT NULL CONSTRAINT breakouts_status_check
            CHECK (status IN ('planned', 'open', 'closing', 'returning')),
        assignment text NOT NULL CONSTRAINT breakouts_assignment_check
            CHECK (assignment IN ('random', 'manual', 'choose')),
        may_return boolean NOT NULL,
        ends_at timestamptz
    )
    """,
    """
    CREATE INDEX breakouts_ends_idx ON meetings.breakouts (ends_at) WHERE status <> 'planned'
    """,
    """
    CREATE TABLE meetings.breakout_rooms (
        breakout_id uuid PRIMARY KEY,
        run_id uuid NOT NULL REFERENCES meetings.breakouts ON DELETE CASCADE,
        position integer NOT NULL,
        title text NOT NULL,
        help_by text,
        CONSTRAINT breakout_rooms_position_key UNIQUE (run_id, position)
    )
    """,
    """
    CREATE TABLE meetings.breakout_places (
        run_id uuid NOT NULL REFERENCES meetings.breakouts ON DELETE CASCADE,
        participant_id uuid NOT NULL REFERENCES meetings.participants ON DELETE CASCADE,
        breakout_id uuid,
        inside_id uuid,
        PRIMARY KEY (run_id, participant_id)
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("breakout_places", "breakout_rooms", "breakouts"):
        op.execute(f"DROP TABLE meetings.{table}")
    op.execute("DROP INDEX meetings.participants_origin_idx")
    op.execute("ALTER TABLE meetings.participants DROP COLUMN origin_id")
    op.execute("DROP INDEX meetings.meetings_parent_run_idx")
    op.execute("ALTER TABLE meetings.meetings DROP COLUMN parent_id, DROP COLUMN parent_run_id")
