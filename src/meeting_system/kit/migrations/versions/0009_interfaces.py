"""What other programs use: keys of requests that were answered, webhooks and their deliveries, meetings that
other software runs over the BigBlueButton-compatible API."""

from alembic import op

revision = "0009_interfaces"
down_revision = "0008_talk"
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
    "CREATE SCHEMA webhooks",
    """
    CREATE TABLE webhooks.webhooks (
        webhook_id uuid PRIMARY KEY,
        hook_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT webhooks_hook_key UNIQUE,
        owner_id uuid,
        covers text NOT NULL CONSTRAINT webhooks_covers_check CHECK (covers IN ('everything', 'mine')),
        form text NOT NULL CONSTRAINT webhooks_form_check CHECK (form IN ('standard', 'bigbluebutton')),
        external_id text,
        url text NOT NULL,
        description text NOT NULL,
        events text[] NOT NULL,
        secret text NOT NULL,
        former_secret text,
        former_until timestamptz,
        active boolean NOT NULL,
        disabled_why text,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX webhooks_owner_idx ON webhooks.webhooks (owner_id, webhook_id)",
    """
    CREATE TABLE webhooks.deliveries (
        delivery_id uuid PRIMARY KEY,
        webhook_id uuid NOT NULL REFERENCES webhooks.webhooks ON DELETE CASCADE,
        event_id text NOT NULL,
        type text NOT NULL,
        occurred_at text NOT NULL,
        data jsonb NOT NULL,
        state text NOT NULL CONSTRAINT deliveries_state_check
            CHECK (state IN ('pending', 'delivered', 'failed')),
        attempts integer NOT NULL,
        log jsonb NOT NULL,
        next_at timestamptz NOT NULL,
        leased_until timestamptz,
        created_at timestamptz NOT NULL,
        finished_at timestamptz,
        CONSTRAINT deliveries_event_key UNIQUE (webhook_id, event_id)
    )
    """,
    "CREATE INDEX deliveries_due_idx ON webhooks.deliveries (webhook_id, next_at) WHERE state = 'pending'",
    "CREATE INDEX deliveries_failed_idx ON webhooks.deliveries (webhook_id) WHERE state = 'failed'",
    "CREATE INDEX deliveries_list_idx ON webhooks.deliveries (webhook_id, created_at, delivery_id)",
    "CREATE INDEX deliveries_finished_idx ON webhooks.deliveries (finished_at)",
    """
    CREATE TABLE meetings.outside (
        meeting_id uuid PRIMARY KEY REFERENCES meetings.meetings ON DELETE CASCADE,
        external_id text NOT NULL,
        metadata jsonb NOT NULL,
        logout_url text
    )
    """,
    """
    CREATE TABLE meetings.passes (
        pass_hash bytea PRIMARY KEY,
        meeting_id uuid NOT NULL REFERENCES meetings.meetings ON DELETE CASCADE,
        display_name text NOT NULL,
        role text NOT NULL,
        external_id text,
        device_id text,
        participant_id uuid,
        created_at timestamptz NOT NULL,
        used_at timestamptz,
        expires_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX passes_meeting_idx ON meetings.passes (meeting_id)",
    "CREATE INDEX passes_participant_idx ON meetings.passes (participant_id)",
    "CREATE INDEX passes_expires_idx ON meetings.passes (expires_at)",
    "CREATE SCHEMA bigbluebutton",
    """
    CREATE TABLE bigbluebutton.meetings (
        meeting_id uuid PRIMARY KEY,
        external_id text NOT NULL,
        attendee_pw text NOT NULL,
        moderator_pw text NOT NULL,
        parameters jsonb NOT NULL,
        metadata jsonb NOT NULL,
        forcibly_ended boolean NOT NULL,
        over boolean NOT NULL,
        created_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX meetings_external_idx ON bigbluebutton.meetings (external_id, created_at)",
    "CREATE INDEX meetings_open_idx ON bigbluebutton.meetings (created_at) WHERE NOT over",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP SCHEMA bigbluebutton CASCADE")
    op.execute("DROP SCHEMA webhooks CASCADE")
    op.execute("DROP TABLE meetings.passes, meetings.outside, kit.idempotency")
