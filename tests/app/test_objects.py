"""What doctor says of the store of pictures and files."""

from collections.abc import Iterator

import pytest
from tests.s3 import ACCESS_KEY, SECRET_KEY, S3Server, make_bucket, s3_server

from meeting_system.app.finding import Level
from meeting_system.app.objects import check_objects
from meeting_system.app.settings import ObjectsSettings, Settings


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


def settings_of(server: S3Server, **others: str) -> Settings:
    given = {
        "url": "s3://meetings/files",
        "endpoint": server.endpoint,
        "access_key": ACCESS_KEY,
        "secret_key": SECRET_KEY,
    } | others
    return Settings(objects=ObjectsSettings(**given))  # type: ignore[arg-type]


async def test_a_store_that_can_be_used_is_named_and_none_is_nothing_to_tell(s3: S3Server) -> None:
    await make_bucket(s3, "meetings")
    (found,) = await check_objects(settings_of(s3))
    assert (found.level, found.seen.en) == (Level.GOOD, "s3://meetings/files")
    assert await check_objects(Settings()) == []


@pytest.mark.parametrize(
    ("others", "says"),
    [
        ({"url": "s3://missing"}, "make it first"),
        ({"secret_key": "wrong"}, "check the keys"),
        ({"endpoint": "http://127.0.0.1:1"}, "away"),
    ],
)
async def test_one_that_can_not_is_told_with_the_reason(
    s3: S3Server, others: dict[str, str], says: str
) -> None:
    (found,) = await check_objects(settings_of(s3, **others))
    assert found.level is Level.BAD
    assert says in found.seen.en
