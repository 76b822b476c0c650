"""Letters on their way."""

from alembic import op

revision = "0005_accounts"
down_revision = "0004_streams"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE users.letters (
        letter_id text PRIMARY KEY,
        content jsonb,
        created_at timestamptz NOT NULL,
        next_at timestamptz NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        problem text,
        done_at timestamptz
    )
    """,
    "CREATE INDEX letters_due_idx ON users.letters (next_at) WHERE content IS NOT NULL",
    "CREATE INDEX letters_done_idx ON users.letters (done_at) WHERE content IS NULL",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE users.letters")
