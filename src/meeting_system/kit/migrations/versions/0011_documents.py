"""Documents by collection and id, and what they are found by."""

from alembic import op

revision = "0011_documents"
down_revision = "0009_interfaces"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "CREATE SCHEMA documents",
    # COLLATE "C": ids are compared by their bytes, as MongoDB does.
    """
    CREATE TABLE documents.documents (
        collection text COLLATE "C" NOT NULL,
        id text COLLATE "C" NOT NULL,
        version bigint NOT NULL,
        content jsonb NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (collection, id)
    )
    """,
    """
    CREATE TABLE documents.fields (
        collection text COLLATE "C" NOT NULL,
        field text COLLATE "C" NOT NULL,
        value text COLLATE "C" NOT NULL,
        id text COLLATE "C" NOT NULL,
        PRIMARY KEY (collection, field, value, id),
        CONSTRAINT fields_document_fkey FOREIGN KEY (collection, id)
            REFERENCES documents.documents ON DELETE CASCADE
    )
    """,
    "CREATE INDEX fields_document_idx ON documents.fields (collection, id)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP SCHEMA documents CASCADE")
