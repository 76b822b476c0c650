"""The floor: who waits, whom hosts renamed or gave a role, accounts that are banned, freeze, spotlight."""

from alembic import op

revision = "0007_floor"
down_revision = "0006_schedule"
branch_labels = None
depends_on = None

_STATES = "'joining', 'connected', 'reconnecting', 'left', 'removed'"
_STATEMENTS = (
    # NOT VALID does not look at the rows there are: they kept a narrower rule.
    "ALTER TABLE meetings.participants DROP CONSTRAINT participants_state_check",
    f"""
    ALTER TABLE meetings.participants ADD CONSTRAINT participants_state_check
        CHECK (state IN ({_STATES}, 'waiting', 'admitted', 'denied')) NOT VALID
    """,
    """
    ALTER TABLE meetings.participants
        ADD COLUMN asked_at timestamptz,
        ADD COLUMN admitted_at timestamptz,
        ADD COLUMN renamed boolean NOT NULL DEFAULT false,
        ADD COLUMN role_given boolean NOT NULL DEFAULT false,
        ADD COLUMN may_unmute boolean NOT NULL DEFAULT false
    """,
    """
    CREATE INDEX participants_waiting_idx ON meetings.participants (run_id, asked_at)
        WHERE state = 'waiting'
    """,
    """
    ALTER TABLE meetings.runs
        ADD COLUMN frozen boolean NOT NULL DEFAULT false,
        ADD COLUMN spotlight_id uuid
    """,
    """
    ALTER TABLE meetings.bans
        ADD COLUMN user_id uuid,
        ADD COLUMN display_name text NOT NULL DEFAULT '',
        ADD COLUMN banned_by text NOT NULL DEFAULT ''
    """,
    "CREATE INDEX bans_user_idx ON meetings.bans (meeting_id, user_id) WHERE user_id IS NOT NULL",
    """
    CREATE TABLE meetings.lobby_messages (
        run_id uuid NOT NULL REFERENCES meetings.runs ON DELETE CASCADE,
        seq bigint NOT NULL,
        display_name text NOT NULL,
        body text NOT NULL,
        sent_at timestamptz NOT NULL,
        PRIMARY KEY (run_id, seq)
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE meetings.lobby_messages")
    op.execute("DROP INDEX meetings.bans_user_idx")
    for column in ("user_id", "display_name", "banned_by"):
        op.execute(f"ALTER TABLE meetings.bans DROP COLUMN {column}")
    op.execute("ALTER TABLE meetings.runs DROP COLUMN frozen, DROP COLUMN spotlight_id")
    op.execute("DROP INDEX meetings.participants_waiting_idx")
    for column in ("asked_at", "admitted_at", "renamed", "role_given", "may_unmute"):
        op.execute(f"ALTER TABLE meetings.participants DROP COLUMN {column}")
    op.execute("DELETE FROM meetings.participants WHERE state IN ('waiting', 'admitted', 'denied')")
    op.execute("ALTER TABLE meetings.participants DROP CONSTRAINT participants_state_check")
    op.execute(
        f"""
        ALTER TABLE meetings.participants ADD CONSTRAINT participants_state_check
            CHECK (state IN ({_STATES}))
        """
    )
