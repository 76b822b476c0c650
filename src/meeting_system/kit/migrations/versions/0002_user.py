"""Accounts, refresh-token families and the audit trail."""

from alembic import op

revision = "0002_user"
down_revision = "0001_kit"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "CREATE SCHEMA users",
    """
    CREATE TABLE users.accounts (
        user_id uuid PRIMARY KEY,
        email text NOT NULL CONSTRAINT accounts_email_key UNIQUE,
        display_name text NOT NULL,
        locale text NOT NULL,
        avatar_url text,
        role text NOT NULL CONSTRAINT accounts_role_check
            CHECK (role IN ('guest', 'user', 'moderator', 'admin', 'super_admin')),
        password_hash text NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        disabled_at timestamptz
    )
    """,
    """
    CREATE TABLE users.refresh_families (
        family_id uuid PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users.accounts ON DELETE CASCADE,
        created_at timestamptz NOT NULL,
        used_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz,
        revoked_why text
    )
    """,
    "CREATE INDEX ix_users_refresh_families_user_id ON users.refresh_families (user_id)",
    "CREATE INDEX ix_users_refresh_families_expires_at ON users.refresh_families (expires_at)",
    """
    CREATE TABLE users.refresh_tokens (
        token_hash bytea PRIMARY KEY,
        family_id uuid NOT NULL REFERENCES users.refresh_families ON DELETE CASCADE,
        issued_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        used_at timestamptz
    )
    """,
    "CREATE INDEX ix_users_refresh_tokens_family_id ON users.refresh_tokens (family_id)",
    "CREATE INDEX ix_users_refresh_tokens_expires_at ON users.refresh_tokens (expires_at)",
    """
    CREATE TABLE users.audit (
        audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL,
        action text NOT NULL,
        user_id uuid,
        address text,
        detail jsonb NOT NULL
    )
    """,
    "CREATE INDEX audit_user_id_idx ON users.audit (user_id, audit_id)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP SCHEMA users CASCADE")
