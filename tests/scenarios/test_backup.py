"""Everything is lost, and a backup brings it back; a kill in the middle loses nothing."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import httpx2
import pytest
from tests.e2e.server import Server
from tests.scenarios.test_killed_servers import Meeting, open_meeting

from meeting_system.adapters.postgres_dump import connected
from meeting_system.app.backup.target import reach_database
from meeting_system.app.settings import Settings

ENDED_S = 60.0
FILE = "计划\n".encode() * 1000
CREDENTIALS = {"email": "host@example.org", "password": "correct horse battery staple"}

pytestmark = pytest.mark.e2e


async def start(folder: Path, *arguments: str) -> asyncio.subprocess.Process:
    """Start a command of ours on the data of `folder`."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MEETING_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "meeting_system.cli", *arguments),
        env=ours | {"MEETING_DATA": str(folder / "data")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run a command of ours; return its exit code and what it said."""
    process = await start(folder, *arguments)
    async with asyncio.timeout(ENDED_S):
        said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def talk(meeting: Meeting, said: list[str]) -> None:
    async with meeting.client(None).running() as host:
        for body in said:
            await host.send_chat(body)


async def upload(meeting: Meeting) -> str:
    """Put a file into the meeting; return its path."""
    path, headers = (
        f"/api/v1/meetings/{meeting.meeting_id}/files",
        {"Authorization": f"Bearer {meeting.token}"},
    )
    async with meeting.client(None).running():
        sent = await meeting.http.post(path, params={"name": "plan.txt"}, content=FILE, headers=headers)
    assert sent.status_code == 201, sent.text
    return f"{path}/{sent.json()['file_id']}"


async def check_all_there(server: Server, meeting: Meeting, said: list[str], file: str) -> None:
    """Log in as before, and read the meeting's messages and file; the token of before is still good."""
    async with httpx2.AsyncClient(base_url=server.url, timeout=30) as http:
        login = await http.post("/api/v1/auth/login", json=CREDENTIALS)
        assert login.status_code == 200, login.text
        assert await meeting.stored() == said
        headers = {"Authorization": f"Bearer {meeting.token}"}
        assert (await http.get(file, headers=headers)).content == FILE


@pytest.mark.timeout(240)
async def test_after_everything_was_lost_a_backup_brings_it_back(tmp_path: Path) -> None:
    said = ["first", "第二", "third"]
    async with open_meeting(tmp_path) as meeting:
        await talk(meeting, said)
        file = await upload(meeting)
        await kill_backup(tmp_path)
        code, told = await run(tmp_path, "backup", str(tmp_path / "whole.backup"))
        assert code == 0, told
        await talk(meeting, ["after the backup"])
        code, told = await run(tmp_path, "restore", "--replace", str(tmp_path / "whole.backup"))
        assert code == 1
        assert "stop it first" in told

        await meeting.server.stop()
        await kill_restores(tmp_path)
        assert await count_messages(tmp_path) == len(said) + 1
        shutil.rmtree(tmp_path / "data")
        code, told = await run(tmp_path, "restore", str(tmp_path / "whole.backup"))
        assert code == 0, told
        await meeting.server.start()
        await check_all_there(meeting.server, meeting, said, file)


async def kill_backup(folder: Path) -> None:
    """kill -9 a backup while it writes: there is none."""
    process = await start(folder, "backup", str(folder / "killed.backup"))
    await wait_for(folder, ".killed.backup.*")
    process.kill()
    await process.wait()
    assert not is_there(folder, "killed.backup")


async def kill_restores(folder: Path) -> None:
    """kill -9 restores at several moments, over data that is there."""
    for moment in ("data/restore/new", "data/restore/new/postgres/PG_VERSION"):
        process = await start(folder, "restore", "--replace", str(folder / "whole.backup"))
        await wait_for(folder, moment)
        process.kill()
        await process.wait()


async def count_messages(folder: Path) -> int:
    """Start the database alone, and count."""
    settings = Settings(data=folder / "data")
    async with reach_database(settings) as url, connected(url) as connection:
        return int(await connection.fetchval("SELECT count(*) FROM meetings.messages"))


def is_there(folder: Path, pattern: str) -> bool:
    return any(folder.glob(pattern))


async def wait_for(folder: Path, pattern: str) -> None:
    async with asyncio.timeout(ENDED_S):
        while not is_there(folder, pattern):  # noqa: ASYNC110  # another process makes it
            await asyncio.sleep(0.005)
