"""Files where their store is away: a clear answer, and nothing that takes room or is left behind."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.meeting.conftest import MakePerson, Person
from tests.meeting.test_files import upload

from meeting_system.adapters.objects import open_objects
from meeting_system.adapters.objects_guarded import GuardedObjects
from meeting_system.contracts.meeting import Admission
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import Unavailable
from meeting_system.kit.plug import Ports
from meeting_system.meeting import files
from meeting_system.meeting.context import Context
from meeting_system.meeting.models import files as files_table
from meeting_system.meeting.settings import MeetingSettings


@pytest.fixture
def settings() -> MeetingSettings:
    return MeetingSettings(file_limit=1024, files_of_meeting=1024)


@pytest.fixture
def ports(ports: Ports, clock: ManualClock) -> Ports:
    away = open_objects("s3://bucket", endpoint="http://127.0.0.1:1", access_key="a", secret_key="b")
    return replace(ports, objects=GuardedObjects(away, clock))


@pytest.fixture
def ada(account: MakePerson) -> Person:
    return account("Ada")


@pytest.fixture
async def host(ada: Person) -> Admission:
    return await ada.enter((await ada.create())["meeting_no"])


async def test_an_upload_is_refused_with_when_to_come_again_and_takes_no_room(
    ada: Person, host: Admission
) -> None:
    for _ in range(3):
        answer = await upload(ada, host.meeting_id, b"x" * 900)
        assert (answer.status_code, answer.json()["code"]) == (503, "objects_away")
        assert int(answer.headers["retry-after"]) >= 1
        assert "127.0.0.1" not in answer.text


async def test_what_could_not_be_deleted_waits_until_the_store_is_back(
    ada: Person, host: Admission, ports: Ports, context: Context, clock: ManualClock, tmp_path: Path
) -> None:
    async def count() -> int:
        async with ports.database.reading() as connection:
            return int((await connection.execute(select(func.count()).select_from(files_table))).scalar_one())

    await upload(ada, host.meeting_id, b"x")
    clock.advance(2 * 3600)
    with pytest.raises(Unavailable):
        await files.collect_orphans(context)
    assert await count() == 1
    back = replace(ports, objects=open_objects((tmp_path / "objects").as_uri()))
    assert await files.collect_orphans(replace(context, ports=back)) == 1
    assert await count() == 0
