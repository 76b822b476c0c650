"""Meetings of other software: guests who wait, an end by time. The audit trail: what hosts do, told once."""

from alembic import op

revision = "0013_moderation"
down_revision = "0012_breakouts"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE meetings.outside ADD COLUMN ends_at timestamptz",
    "CREATE INDEX outside_ends_idx ON meetings.outside (ends_at) WHERE ends_at IS NOT NULL",
    "ALTER TABLE meetings.passes ADD COLUMN is_guest boolean NOT NULL DEFAULT false",
    "ALTER TABLE users.audit ADD COLUMN note_id uuid",
    "CREATE UNIQUE INDEX audit_note_key ON users.audit (note_id) WHERE note_id IS NOT NULL",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE users.audit DROP COLUMN note_id")
    op.execute("ALTER TABLE meetings.passes DROP COLUMN is_guest")
    op.execute("ALTER TABLE meetings.outside DROP COLUMN ends_at")
