"""What other software wants of its meetings: guests who wait, and an end by time."""

from alembic import op

revision = "0013_moderation"
down_revision = "0012_breakouts"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE meetings.outside ADD COLUMN ends_at timestamptz",
    "CREATE INDEX outside_ends_idx ON meetings.outside (ends_at) WHERE ends_at IS NOT NULL",
    "ALTER TABLE meetings.passes ADD COLUMN is_guest boolean NOT NULL DEFAULT false",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE meetings.passes DROP COLUMN is_guest")
    op.execute("ALTER TABLE meetings.outside DROP COLUMN ends_at")
