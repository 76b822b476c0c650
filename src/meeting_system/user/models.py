"""The tables of schema `users`."""

from sqlalchemy import (
    BigInteger,
    Boolean,
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
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

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
    Column("password_hash", Text),
    Column("created_at", _TIME, nullable=False),
    Column("updated_at", _TIME, nullable=False),
    Column("disabled_at", _TIME),
    Column("email_verified_at", _TIME),
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
    Column("address", Text),
    Column("user_agent", Text),
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
    Index("letters_due_idx", "next_at", postgresql_where=text("content IS NOT NULL")),
    Index("letters_done_idx", "done_at", postgresql_where=text("content IS NULL")),
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
    Column("salt", LargeBinary),
    Column("seal", LargeBinary),
    Column("previous", LargeBinary),
    Column("hash", LargeBinary),
    Column("note_id", _ID),
    Index("audit_note_key", "note_id", unique=True, postgresql_where=text("note_id IS NOT NULL")),
    Index("audit_user_id_idx", "user_id", "audit_id"),
    Index("audit_action_idx", "action", "audit_id"),
)

audit_head = Table(
    "audit_head",
    METADATA,
    Column("one", Boolean, primary_key=True, server_default=true()),
    Column("entries", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
"""The last entry, in the one row that who writes to the trail holds."""

links = Table(
    "links",
    METADATA,
    Column("link_hash", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("user_id", _ID, ForeignKey(accounts.c.user_id, ondelete="CASCADE"), nullable=False),
    Column("email", Text, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False),
    Index("links_user_idx", "user_id"),
    Index("links_expires_idx", "expires_at"),
)
"""Links in letters: each is good once."""

access_tokens = Table(
    "access_tokens",
    METADATA,
    Column("token_id", _ID, primary_key=True),
    Column("user_id", _ID, ForeignKey(accounts.c.user_id, ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("expires_at", _TIME),
    Column("used_at", _TIME),
    Index("access_tokens_user_idx", "user_id", "token_id"),
)

clients = Table(
    "clients",
    METADATA,
    Column("client_id", _ID, primary_key=True),
    Column("user_id", _ID, ForeignKey(accounts.c.user_id, ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_by", _ID, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("used_at", _TIME),
    Index("clients_user_idx", "user_id"),
)
"""Programs that get access tokens by OAuth 2 client credentials and act as `user_id`."""

identities = Table(
    "identities",
    METADATA,
    Column("provider", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("user_id", _ID, ForeignKey(accounts.c.user_id, ondelete="CASCADE"), nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("used_at", _TIME, nullable=False),
    Index("identities_user_idx", "user_id"),
)
"""Who an account is at OpenID Connect providers."""
