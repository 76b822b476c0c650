"""Files in the chat: what is kept, who may have it, and that nothing of it runs or is left behind."""

import asyncio
import io
import struct
import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from PIL import Image
from sqlalchemy import delete, func, select
from tests.meeting.conftest import MakePerson, Person, deliver

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.chat import DeleteMessage
from meeting_system.contracts.meeting import Admission, SendChat
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import AppError
from meeting_system.kit.outbox import OutboxRelay
from meeting_system.kit.plug import Ports
from meeting_system.meeting import files
from meeting_system.meeting.context import Context
from meeting_system.meeting.models import files as files_table
from meeting_system.meeting.models import meetings, members, messages, participants, runs
from meeting_system.meeting.pictures import draw_preview, sniff
from meeting_system.meeting.settings import MeetingSettings

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def settings() -> MeetingSettings:
    return MeetingSettings(file_limit=2 << 20, files_of_meeting=4 << 20)


@pytest.fixture
def ada(account: MakePerson) -> Person:
    return account("Ada")


@pytest.fixture
async def host(ada: Person) -> Admission:
    return await ada.enter((await ada.create())["meeting_no"])


@pytest.fixture
def gus(guest: MakePerson) -> Person:
    return guest("Gus")


@pytest.fixture
async def attendee(gus: Person, host: Admission) -> Admission:
    return await gus.enter(host.meeting_id)


def picture(form: str = "PNG", size: tuple[int, int] = (1200, 800), **save: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(buffer, form, **save)
    return buffer.getvalue()


async def upload(person: Person, meeting_id: str, content: Any, name: str = "a.bin") -> httpx2.Response:
    return await person.client.post(
        f"/api/v1/meetings/{meeting_id}/files", params={"name": name}, content=content, headers=person.headers
    )


def by(who: Admission, cid: int) -> dict[str, Any]:
    return {
        "meeting_id": who.meeting_id,
        "run_id": who.run_id,
        "participant_id": who.participant_id,
        "sid": f"sid-{who.participant_id}",
        "cid": cid,
    }


async def keys(ports: Ports) -> list[str]:
    return [each.key for each in await ports.objects.list()]


async def test_a_file_goes_with_its_message_to_who_reads_it(
    ada: Person, gus: Person, host: Admission, attendee: Admission, bus: LocalBus, account: MakePerson
) -> None:
    content = bytes(range(256)) * 4096
    stored = (await upload(gus, host.meeting_id, content, "年度 报告.pdf")).json()
    url = f"/meetings/{host.meeting_id}/files/{stored['file_id']}"
    assert (await ada.get(url)).json()["code"] == "file_not_found", "not sent yet: its owner's alone"
    sent = await bus.call(SendChat(**by(attendee, 1), body="", file_ids=[stored["file_id"]]))
    assert [(file.name, file.size) for file in sent.files] == [("年度 报告.pdf", len(content))]
    answer = await ada.get(url)
    assert answer.content == content
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E5%B9%B4")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert (await account("Eve").get(url)).status_code == 404
    anonymous = await ada.client.get(f"/api/v1{url}")
    assert anonymous.status_code == 401


async def test_a_file_of_a_private_message_is_the_twos_alone(
    ada: Person, gus: Person, host: Admission, attendee: Admission, bus: LocalBus, account: MakePerson
) -> None:
    bo = account("Bo")
    member = await bo.enter(host.meeting_id)
    stored = (await upload(gus, host.meeting_id, picture(), "secret.png")).json()
    await bus.call(
        SendChat(**by(attendee, 1), body="", to=member.participant_id, file_ids=[stored["file_id"]])
    )
    url = f"/meetings/{host.meeting_id}/files/{stored['file_id']}"
    for path in (url, f"{url}/preview"):
        assert (await ada.get(path)).status_code == 404, "the host is a third"
        assert (await bo.get(path)).status_code == 200
        assert (await gus.get(path)).status_code == 200


async def test_a_file_is_sent_once_and_by_its_owner(
    gus: Person, host: Admission, attendee: Admission, bus: LocalBus
) -> None:
    file_id = (await upload(gus, host.meeting_id, b"x")).json()["file_id"]

    async def refused(who: Admission, cid: int) -> str:
        with pytest.raises(AppError) as raised:
            await bus.call(SendChat(**by(who, cid), body="mine", file_ids=[file_id]))
        return raised.value.code

    assert await refused(host, 1) == "file_not_found"
    await bus.call(SendChat(**by(attendee, 1), body="", file_ids=[file_id]))
    assert await refused(attendee, 2) == "file_not_found"


async def test_what_is_too_large_is_refused_and_leaves_nothing(
    gus: Person, host: Admission, attendee: Admission, ports: Ports, bus: LocalBus
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"x" * (1 << 16)

    for content in (b"x" * ((2 << 20) + 1), endless()):
        answer = await upload(gus, host.meeting_id, content)
        assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert await keys(ports) == []
    for cid in (1, 2):
        stored = (await upload(gus, host.meeting_id, b"x" * (2 << 20))).json()
        await bus.call(SendChat(**by(attendee, cid), body="", file_ids=[stored["file_id"]]))
    answer = await upload(gus, host.meeting_id, b"xx")
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_files")


async def test_deleting_a_message_deletes_its_files(
    gus: Person, host: Admission, attendee: Admission, bus: LocalBus, ports: Ports, outbox: OutboxRelay
) -> None:
    stored = (await upload(gus, host.meeting_id, picture(), "a.png")).json()
    sent = await bus.call(SendChat(**by(attendee, 1), body="", file_ids=[stored["file_id"]]))
    assert len(await keys(ports)) == 2
    await bus.call(DeleteMessage(**by(host, 1), message_id=sent.message_id))
    await deliver(outbox)
    assert await keys(ports) == []
    assert (await gus.get(f"/meetings/{host.meeting_id}/files/{stored['file_id']}")).status_code == 404


async def test_files_that_nobody_sent_and_those_of_deleted_meetings_are_collected(
    gus: Person,
    host: Admission,
    attendee: Admission,
    bus: LocalBus,
    ports: Ports,
    context: Context,
    clock: ManualClock,
    outbox: OutboxRelay,
) -> None:
    kept = (await upload(gus, host.meeting_id, b"kept")).json()["file_id"]
    await bus.call(SendChat(**by(attendee, 1), body="", file_ids=[kept]))
    await upload(gus, host.meeting_id, b"never sent")
    dropped = (await upload(gus, host.meeting_id, b"dropped")).json()["file_id"]
    assert (await gus.delete(f"/meetings/{host.meeting_id}/files/{dropped}")).status_code == 204
    assert (await gus.delete(f"/meetings/{host.meeting_id}/files/{kept}")).status_code == 404
    await deliver(outbox)
    assert [dropped in key for key in await keys(ports)] == [False, False]
    assert await files.collect_orphans(context) == 0
    clock.advance(2 * 3600)
    assert await files.collect_orphans(context) == 1
    assert [kept in key for key in await keys(ports)] == [True]
    async with ports.database.transaction() as connection:
        for table in (messages, participants, runs, members, meetings):
            await connection.execute(delete(table))
    await files.collect_orphans(context)
    assert await keys(ports) == []
    async with ports.database.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(files_table))).scalar() == 0


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/gif"), ("WEBP", "image/webp")],
)
async def test_a_picture_is_shown_small_and_drawn_anew(
    gus: Person, host: Admission, attendee: Admission, form: str, media_type: str
) -> None:
    exif = Image.Exif()
    exif[0x010E] = "made at home"
    content = picture(form, exif=exif) if form in {"JPEG", "WEBP"} else picture(form)
    stored = (await upload(gus, host.meeting_id, content, "a.txt")).json()
    assert (stored["media_type"], stored["width"], stored["height"]) == (media_type, 1200, 800)
    answer = await gus.get(f"/meetings/{host.meeting_id}/files/{stored['file_id']}/preview")
    shown = Image.open(io.BytesIO(answer.content))
    assert (shown.format, shown.size) == ("WEBP", (960, 640))
    assert b"made at home" not in answer.content


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says how large it is."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * (1 << 20), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        bomb(60_000, 60_000),
        bomb(2**31 - 1, 2**31 - 1),
        picture()[:-400],
        b"\x89PNG\r\n\x1a\n" + SVG,
        b"GIF89a" + SVG,
        b"\xff\xd8\xff" + b"\x00" * 64,
    ],
    ids=["60000x60000", "2^62", "cut off", "png and svg", "gif and svg", "no jpeg"],
)
async def test_a_bomb_or_a_picture_that_is_none_is_a_file_without_preview(
    gus: Person, host: Admission, attendee: Admission, content: bytes
) -> None:
    stored = (await upload(gus, host.meeting_id, content, "a.png")).json()
    assert stored["width"] is None
    url = f"/meetings/{host.meeting_id}/files/{stored['file_id']}"
    assert (await gus.get(f"{url}/preview")).status_code == 404
    answer = await gus.get(url)
    assert answer.content == content
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (SVG, "application/octet-stream"),
        (b"  <!DOCTYPE html><script>", "application/octet-stream"),
        (b"%PDF-1.7 <script>", "application/pdf"),
        ("纯文本".encode(), "text/plain"),
        (b"MZ\x90\x00", "application/octet-stream"),
        (b"", "application/octet-stream"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (b"XXXX....WEBPVP8 ", "application/octet-stream"),
    ],
)
def test_a_type_is_read_from_the_bytes_and_never_one_that_runs(head: bytes, media_type: str) -> None:
    assert sniff(head) == media_type


def test_a_picture_of_another_type_than_it_begins_with_is_not_drawn() -> None:
    assert draw_preview(picture("GIF"), "image/png") is None


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\报告.docx", "报告.docx"),
        ("<script>alert(1)</script>.png", "script_.png"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ("  . ", "file"),
        ("x" * 300 + ".tar", "x" * 116 + ".tar"),
    ],
)
def test_the_name_of_a_file_is_kept_without_what_harms(name: str, kept: str) -> None:
    assert files.clean_name(name) == kept


async def test_a_script_in_a_name_or_a_message_is_kept_as_text(
    ada: Person, gus: Person, host: Admission, attendee: Admission, bus: LocalBus
) -> None:
    script = "<img src=x onerror=alert(1)>"
    stored = (await upload(gus, host.meeting_id, b"x", f"{script}.html")).json()
    await bus.call(SendChat(**by(attendee, 1), body=script, file_ids=[stored["file_id"]]))
    listed = await ada.get(f"/meetings/{host.meeting_id}/messages")
    assert listed.headers["content-type"] == "application/json"
    assert listed.json()["items"][0]["body"] == script
    assert "<" not in listed.json()["items"][0]["files"][0]["name"]
    answer = await ada.get(f"/meetings/{host.meeting_id}/files/{stored['file_id']}")
    assert answer.headers["content-type"].startswith("text/plain")


async def test_an_upload_whose_client_is_gone_leaves_nothing(
    host: Admission, ada: Person, context: Context, ports: Ports
) -> None:
    from meeting_system.kernel.ids import UserId, new_id
    from meeting_system.kernel.principal import Account, AccountRole

    async def cut() -> AsyncIterator[bytes]:
        yield b"x" * 1000
        raise RuntimeError("the client is gone")

    caller = Account(UserId(ada.user_id or ""), AccountRole.USER, "Ada", new_id(0))
    with pytest.raises(RuntimeError, match="the client is gone"):
        await files.upload(context, caller, host.meeting_id, name="a", size=None, content=cut())
    await asyncio.sleep(0)
    assert await keys(ports) == []
