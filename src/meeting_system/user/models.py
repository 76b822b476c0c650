"""The tables of schema `users`."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

METADATA = MetaData(schema="users")

_ID = Uuid(as_uuid=False)
_TIME = DateTime(timezone=True)

accounts = Table(
    "accounts",
    METADATA,
    Column("user_id", _ID, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("avatar_url", Text),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("updated_at", _TIME, nullable=False),
    Column("disabled_at", _TIME),
)

refresh_families = Table(
    "refresh_families",
    METADATA,
    Column("family_id", _ID, primary_key=True),
    Column("user_id", _ID, ForeignKey(accounts.c.user_id, ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", _TIME, nullable=False),
    Column("used_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False, index=True),
    Column("revoked_at", _TIME),
    Column("revoked_why", Text),
)
"""One family a log-in: all refresh tokens that grew from it live and die together."""

refresh_tokens = Table(
    "refresh_tokens",
    METADATA,
    Column("token_hash", LargeBinary, primary_key=True),
    Column(
        "family_id",
        _ID,
        ForeignKey(refresh_families.c.family_id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("issued_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False, index=True),
    Column("used_at", _TIME),
)

letters = Table(
    "letters",
    METADATA,
    Column("letter_id", Text, primary_key=True),
    Column("content", JSONB(none_as_null=True)),
    Column("created_at", _TIME, nullable=False),
    Column("next_at", _TIME, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("problem", Text),
    Column("done_at", _TIME),
)
"""What a letter says is here until it was sent; that it was, for some days more."""

audit = Table(
    "audit",
    METADATA,
    Column("audit_id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", _TIME, nullable=False),
    Column("action", Text, nullable=False),
    Column("user_id", _ID),
    Column("address", Text),
    Column("detail", JSONB, nullable=False),
    Index("audit_user_id_idx", "user_id", "audit_id"),
)
