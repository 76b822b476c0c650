"""Rooms with defaults and members, schedules and series, invitees, calendar feeds, who was in and when."""

from alembic import op

revision = "0006_schedule"
down_revision = "0005_accounts"
branch_labels = None
depends_on = None

# A constant default touches no row (PostgreSQL since 11).
_OPTIONS = (
    "ALTER TABLE meetings.rooms ADD COLUMN options jsonb NOT NULL DEFAULT '{}'",
    "ALTER TABLE meetings.meetings ADD COLUMN options jsonb NOT NULL DEFAULT '{}'",
)
_ROOMS = (
    "ALTER TABLE meetings.rooms ADD COLUMN password_hash text",
    "ALTER TABLE meetings.rooms ADD COLUMN version integer NOT NULL DEFAULT 1",
    "ALTER TABLE meetings.rooms ADD COLUMN closed_at timestamptz",
    """
    CREATE TABLE meetings.room_members (
        room_id uuid NOT NULL REFERENCES meetings.rooms ON DELETE CASCADE,
        user_id uuid NOT NULL,
        role text NOT NULL CONSTRAINT room_members_role_check CHECK (role IN ('owner', 'member')),
        display_name text NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (room_id, user_id)
    )
    """,
    "CREATE INDEX room_members_user_idx ON meetings.room_members (user_id)",
    """
    INSERT INTO meetings.room_members (room_id, user_id, role, display_name, created_at)
    SELECT room_id, owner_id, 'owner', display_name, created_at FROM meetings.rooms
    """,
)
_SERIES = (
    """
    CREATE TABLE meetings.series (
        series_id uuid PRIMARY KEY,
        continues_id uuid REFERENCES meetings.series ON DELETE SET NULL,
        room_id uuid NOT NULL REFERENCES meetings.rooms,
        host_id uuid NOT NULL,
        host_name text NOT NULL,
        host_email text,
        host_locale text,
        meeting_no text NOT NULL CONSTRAINT series_meeting_no_check CHECK (meeting_no ~ '^9[0-9]{8}$'),
        title text NOT NULL,
        description text,
        password_hash text,
        guests_allowed boolean NOT NULL,
        options jsonb NOT NULL DEFAULT '{}',
        time_zone text NOT NULL,
        starts_local timestamp NOT NULL,
        duration_min integer NOT NULL CONSTRAINT series_duration_check CHECK (duration_min > 0),
        rrule text NOT NULL,
        sequence integer NOT NULL DEFAULT 0,
        made_until timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        over_at timestamptz
    )
    """,
    # A series keeps its number for ever: an old link never leads into a stranger's meeting.
    "CREATE UNIQUE INDEX series_number_key ON meetings.series (meeting_no) WHERE continues_id IS NULL",
    "CREATE INDEX series_made_idx ON meetings.series (made_until) WHERE over_at IS NULL",
)
_MEETINGS = (
    """
    ALTER TABLE meetings.meetings
        ADD COLUMN series_id uuid REFERENCES meetings.series ON DELETE CASCADE,
        ADD COLUMN recurrence_id timestamptz,
        ADD COLUMN starts_at timestamptz,
        ADD COLUMN opens_at timestamptz,
        ADD COLUMN ends_at timestamptz,
        ADD COLUMN time_zone text,
        ADD COLUMN description text,
        ADD COLUMN sequence integer NOT NULL DEFAULT 0,
        ADD COLUMN version integer NOT NULL DEFAULT 1,
        ADD COLUMN host_email text,
        ADD COLUMN host_locale text,
        ADD COLUMN changed_alone boolean NOT NULL DEFAULT false
    """,
    "CREATE UNIQUE INDEX meetings_recurrence_key ON meetings.meetings (series_id, recurrence_id)",
    "CREATE INDEX meetings_opening_idx ON meetings.meetings (opens_at) WHERE status = 'scheduled'",
    # The occurrences of a series share its number, which no other meeting can have: it begins with a 9.
    "DROP INDEX meetings.meetings_number_key",
    """
    CREATE UNIQUE INDEX meetings_number_key ON meetings.meetings (meeting_no)
        WHERE status IN ('scheduled', 'lobby_open', 'live') AND series_id IS NULL
    """,
)
_PEOPLE = (
    """
    CREATE TABLE meetings.invitees (
        invitee_id uuid PRIMARY KEY,
        series_id uuid REFERENCES meetings.series ON DELETE CASCADE,
        meeting_id uuid REFERENCES meetings.meetings ON DELETE CASCADE,
        email text NOT NULL,
        display_name text NOT NULL,
        user_id uuid,
        locale text NOT NULL,
        token text NOT NULL CONSTRAINT invitees_token_key UNIQUE,
        answer text NOT NULL CONSTRAINT invitees_answer_check
            CHECK (answer IN ('needs_action', 'accepted', 'declined', 'tentative')),
        answered_at timestamptz,
        created_at timestamptz NOT NULL,
        CONSTRAINT invitees_of_check CHECK (num_nonnulls(series_id, meeting_id) = 1)
    )
    """,
    "CREATE UNIQUE INDEX invitees_series_key ON meetings.invitees (series_id, email)",
    "CREATE UNIQUE INDEX invitees_meeting_key ON meetings.invitees (meeting_id, email)",
    "CREATE INDEX invitees_user_idx ON meetings.invitees (user_id)",
    """
    CREATE TABLE meetings.feeds (
        user_id uuid PRIMARY KEY,
        token_hash text NOT NULL CONSTRAINT feeds_token_key UNIQUE,
        created_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE meetings.stays (
        participant_id uuid NOT NULL REFERENCES meetings.participants ON DELETE CASCADE,
        entered_at timestamptz NOT NULL,
        left_at timestamptz,
        PRIMARY KEY (participant_id, entered_at)
    )
    """,
)


def upgrade() -> None:
    for statement in (*_OPTIONS, *_ROOMS, *_SERIES, *_MEETINGS, *_PEOPLE):
        op.execute(statement)


def downgrade() -> None:
    for table in ("stays", "feeds", "invitees", "room_members"):
        op.execute(f"DROP TABLE meetings.{table}")
    op.execute("DELETE FROM meetings.meetings WHERE series_id IS NOT NULL")
    op.execute(
        """
        ALTER TABLE meetings.meetings
            DROP COLUMN series_id, DROP COLUMN recurrence_id, DROP COLUMN starts_at, DROP COLUMN opens_at,
            DROP COLUMN ends_at, DROP COLUMN time_zone, DROP COLUMN description, DROP COLUMN sequence,
            DROP COLUMN version, DROP COLUMN changed_alone, DROP COLUMN options,
            DROP COLUMN host_email, DROP COLUMN host_locale
        """
    )
    op.execute(
        """
        CREATE UNIQUE INDEX meetings_number_key ON meetings.meetings (meeting_no)
            WHERE status IN ('scheduled', 'lobby_open', 'live')
        """
    )
    op.execute("DROP TABLE meetings.series")
    for column in ("options", "password_hash", "version", "closed_at"):
        op.execute(f"ALTER TABLE meetings.rooms DROP COLUMN {column}")
