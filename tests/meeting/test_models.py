"""The tables that the code believes in are those that the migrations make."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData

from meeting_system.bigbluebutton import models as of_bigbluebutton
from meeting_system.kit.sql import Database
from meeting_system.meeting import outside_models as of_meeting
from meeting_system.user import models as of_user
from meeting_system.webhook import models as of_webhook


# SQLAlchemy 2.1.9 warns of an argument that it passes itself when it reads CHECK constraints.
@pytest.mark.filterwarnings("ignore:Can't validate argument 'dialect_options'")
@pytest.mark.parametrize(
    "metadata",
    [of_user.METADATA, of_meeting.METADATA, of_webhook.METADATA, of_bigbluebutton.METADATA],
    ids=["users", "meetings", "webhooks", "bigbluebutton"],
)
async def test_models_and_migrations_agree(database: Database, metadata: MetaData) -> None:
    def compare(connection: Connection) -> list[Any]:
        options = {
            "include_schemas": True,
            "include_name": lambda name, kind, _parents: kind != "schema" or name == metadata.schema,
        }
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    async with database.reading() as connection:
        assert await connection.run_sync(compare) == []
