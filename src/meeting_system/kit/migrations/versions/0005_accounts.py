"""Letters on their way; log-ins with where they are from; one-time links, tokens of programs, OAuth clients,
identities of other providers; the audit trail as a chain of hashes, with what is there already."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from alembic import op
from sqlalchemy import Connection, text

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
    # Who logs in through another provider has no password.
    "ALTER TABLE users.accounts ALTER COLUMN password_hash DROP NOT NULL",
    "ALTER TABLE users.accounts ADD COLUMN email_verified_at timestamptz",
    "ALTER TABLE users.refresh_families ADD COLUMN address text, ADD COLUMN user_agent text",
    """
    CREATE TABLE users.links (
        link_hash bytea PRIMARY KEY,
        purpose text NOT NULL,
        user_id uuid NOT NULL REFERENCES users.accounts ON DELETE CASCADE,
        email text NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX links_user_idx ON users.links (user_id)",
    "CREATE INDEX links_expires_idx ON users.links (expires_at)",
    """
    CREATE TABLE users.access_tokens (
        token_id uuid PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users.accounts ON DELETE CASCADE,
        name text NOT NULL,
        hint text NOT NULL,
        token_hash text NOT NULL CONSTRAINT access_tokens_hash_key UNIQUE,
        scopes text[] NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz,
        used_at timestamptz
    )
    """,
    "CREATE INDEX access_tokens_user_idx ON users.access_tokens (user_id, token_id)",
    """
    CREATE TABLE users.clients (
        client_id uuid PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users.accounts ON DELETE CASCADE,
        name text NOT NULL,
        secret_hash text NOT NULL,
        scopes text[] NOT NULL,
        created_by uuid NOT NULL,
        created_at timestamptz NOT NULL,
        used_at timestamptz
    )
    """,
    "CREATE INDEX clients_user_idx ON users.clients (user_id)",
    """
    CREATE TABLE users.identities (
        provider text NOT NULL,
        subject text NOT NULL,
        user_id uuid NOT NULL REFERENCES users.accounts ON DELETE CASCADE,
        created_at timestamptz NOT NULL,
        used_at timestamptz NOT NULL,
        PRIMARY KEY (provider, subject)
    )
    """,
    "CREATE INDEX identities_user_idx ON users.identities (user_id)",
    """
    ALTER TABLE users.audit
        ADD COLUMN salt bytea, ADD COLUMN seal bytea, ADD COLUMN previous bytea, ADD COLUMN hash bytea
    """,
    "CREATE INDEX audit_action_idx ON users.audit (action, audit_id)",
    # One row: who writes to the trail holds it, so that entries come one after the other.
    """
    CREATE TABLE users.audit_head (
        one boolean PRIMARY KEY DEFAULT true CONSTRAINT audit_head_one_check CHECK (one),
        entries bigint NOT NULL,
        hash bytea NOT NULL
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    _chain(op.get_bind())


def downgrade() -> None:
    op.execute("DROP TABLE users.audit_head")
    op.execute("DROP INDEX users.audit_action_idx")
    op.execute(
        "ALTER TABLE users.audit DROP COLUMN salt, DROP COLUMN seal, DROP COLUMN previous, DROP COLUMN hash"
    )
    for table in ("identities", "clients", "access_tokens", "links", "letters"):
        op.execute(f"DROP TABLE users.{table}")
    op.execute("ALTER TABLE users.refresh_families DROP COLUMN address, DROP COLUMN user_agent")
    op.execute("ALTER TABLE users.accounts DROP COLUMN email_verified_at")


def _chain(connection: Connection) -> None:
    """Seal the entries that are there. As user/chain.py did when this was written."""
    # Nobody writes meanwhile; what an older process writes later is found as not sealed.
    connection.execute(text("LOCK TABLE users.audit IN EXCLUSIVE MODE"))
    previous, entries = bytes(32), 0
    change = text(
        "UPDATE users.audit SET salt = :salt, seal = :seal, previous = :previous, hash = :hash "
        "WHERE audit_id = :audit_id"
    )
    for batch in _batches(connection):
        rows = []
        for row in batch:
            salt = None if row["address"] is None else secrets.token_bytes(16)
            seal = None if salt is None else hashlib.sha256(salt + row["address"].encode()).digest()
            content = [_moment(row["at"]), row["action"], _text(row["user_id"]), _hex(seal), row["detail"]]
            digest = hashlib.sha256(previous + orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()
            rows.append(
                {
                    "audit_id": row["audit_id"],
                    "salt": salt,
                    "seal": seal,
                    "previous": previous,
                    "hash": digest,
                }
            )
            previous = digest
        connection.execute(change, rows)
        entries += len(rows)
    connection.execute(
        text("INSERT INTO users.audit_head (entries, hash) VALUES (:entries, :hash)"),
        {"entries": entries, "hash": previous},
    )


def _batches(connection: Connection) -> Iterator[list[Any]]:
    after = 0
    while rows := list(
        connection.execute(
            text(
                "SELECT audit_id, at, action, user_id, address, detail FROM users.audit "
                "WHERE audit_id > :after ORDER BY audit_id LIMIT 1000"
            ),
            {"after": after},
        ).mappings()
    ):
        yield rows
        after = rows[-1]["audit_id"]


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()
