"""What other programs use: keys of requests that were answered, webhooks and their deliveries, meetings that
other software runs over the BigBlueButton-compatible API."""

from alembic import op

revision = "0009_interfaces"
down_revision = "0004_streams"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE kit.idempotency (
        owner text NOT NULL,
        key_hash bytea NOT NULL,
        request_hash bytea NOT NULL,
        claimed_at timestamptz NOT NULL,
        answer bytea,
        PRIMARY KEY (owner, key_hash)
    )
    """,
    "CREATE INDEX idempotency_claimed_idx ON kit.idempotency (claimed_at)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE kit.idempotency")
