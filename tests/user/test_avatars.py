"""Pictures: what comes out is drawn anew, what is no picture or too much of one is refused (rows S7, S8)."""

import asyncio
import io
import struct
import zlib
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from PIL import Image
from tests.user.conftest import Register, bearer

from meeting_system.adapters.objects import open_objects
from meeting_system.adapters.objects_guarded import GuardedObjects
from meeting_system.contracts.user import FindTokenHolder
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.principal import Account
from meeting_system.kit.auth import hash_token
from meeting_system.kit.http import create_app
from meeting_system.kit.plug import Ports
from meeting_system.user import wiring as user
from meeting_system.user.pictures import draw_avatar
from meeting_system.user.settings import UserSettings

URL = "/api/v1/users/me/avatar"
SCRIPT = b"<script>alert(1)</script>"


def picture(kind: str = "PNG", size: tuple[int, int] = (640, 480), **how: Any) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(drawn, kind, **how)
    return drawn.getvalue()


def bomb(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that says that it is huge."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack("!I", len(content)) + kind + content + struct.pack("!I", zlib.crc32(kind + content))
        )

    head = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


async def put(client: httpx2.AsyncClient, person: dict[str, Any], content: bytes) -> httpx2.Response:
    return await client.put(URL, content=content, headers={**bearer(person), "Content-Type": "image/png"})


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_a_picture_becomes_a_small_square_that_every_browser_keeps(
    register: Register, client: httpx2.AsyncClient, kind: str
) -> None:
    ada = await register()
    changed = (await put(client, ada, picture(kind))).json()
    shown = await client.get(changed["avatar_url"])
    assert shown.status_code == 200
    assert shown.headers["content-type"] == "image/webp"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in shown.headers["cache-control"]
    assert "sandbox" in shown.headers["content-security-policy"]
    with Image.open(io.BytesIO(shown.content)) as drawn:
        assert (drawn.format, drawn.size) == ("WEBP", (256, 256))
    public = await client.get(f"/api/v1/users/{ada['user']['user_id']}", headers=bearer(ada))
    assert public.json()["avatar_url"] == changed["avatar_url"]


async def test_the_next_access_token_tells_meetings_of_the_picture(
    register: Register, client: httpx2.AsyncClient, ports: Ports
) -> None:
    ada = await register()
    changed = (await put(client, ada, picture())).json()
    made = await client.post(
        "/api/v1/users/me/tokens", json={"name": "P", "scopes": ["profile:read"]}, headers=bearer(ada)
    )
    program = await ports.bus.call(FindTokenHolder(token_hash=hash_token(made.json()["token"])))
    renewed = await client.post("/api/v1/auth/refresh", json={"refresh_token": ada["refresh_token"]})
    person = ports.tokens.verify(renewed.json()["access_token"])
    assert isinstance(person, Account)
    assert person.avatar_url == program.avatar_url == changed["avatar_url"]


async def test_nothing_of_the_file_is_kept_but_its_pixels(
    register: Register, client: httpx2.AsyncClient
) -> None:
    ada = await register()
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    polyglot = picture("JPEG", exif=exif.tobytes(), comment=SCRIPT) + SCRIPT
    changed = (await put(client, ada, polyglot)).json()
    shown = (await client.get(changed["avatar_url"])).content
    assert SCRIPT not in shown
    assert b"where I live" not in shown


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a" + SCRIPT,
        picture()[:200],
        picture("TIFF"),
        picture("BMP"),
        bomb(30_000, 30_000),
        bomb(100_000, 100_000),
        bomb(6_000, 4_001),
    ],
    ids=[
        "nothing",
        "text",
        "svg",
        "gif script",
        "cut off",
        "tiff",
        "bmp",
        "bomb",
        "larger bomb",
        "24 million",
    ],
)
async def test_what_is_no_picture_or_too_large_is_refused(
    register: Register, client: httpx2.AsyncClient, content: bytes
) -> None:
    ada = await register()
    refused = await put(client, ada, content)
    assert (refused.status_code, refused.json()["code"]) == (422, "picture_invalid")


async def test_more_than_a_megabyte_is_not_even_read(register: Register, client: httpx2.AsyncClient) -> None:
    ada = await register()
    assert (await put(client, ada, bytes(2 << 20))).status_code == 413


async def test_another_picture_takes_the_place_of_the_former_and_none_leaves_nothing(
    register: Register, client: httpx2.AsyncClient, ports: Ports
) -> None:
    ada = await register()
    first = (await put(client, ada, picture(size=(300, 300)))).json()["avatar_url"]
    second = (await put(client, ada, picture(size=(100, 300)))).json()["avatar_url"]
    assert len(await ports.objects.list("avatars/")) == 1
    if first != second:
        assert (await client.get(first)).status_code == 404
    assert (await client.delete(URL, headers=bearer(ada))).json()["avatar_url"] is None
    assert await ports.objects.list("avatars/") == []


async def test_while_the_store_is_away_pictures_wait_and_nothing_else(
    register: Register, client: httpx2.AsyncClient, ports: Ports, clock: ManualClock
) -> None:
    ada = await register()
    shown = (await put(client, ada, picture())).json()["avatar_url"]
    away = open_objects("s3://bucket", endpoint="http://127.0.0.1:1", access_key="a", secret_key="b")
    without = user.create(replace(ports, objects=GuardedObjects(away, clock)), UserSettings())
    app = create_app(routes=without.routes, ports=ports)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as hampered:
        for answer in (await put(hampered, ada, picture()), await hampered.get(shown)):
            assert (answer.status_code, answer.json()["code"]) == (503, "objects_away")
            assert int(answer.headers["retry-after"]) >= 1
        deleted = await hampered.delete(URL, headers=bearer(ada))
        assert (deleted.status_code, deleted.json()["avatar_url"]) == (200, None)
    async with asyncio.timeout(5):
        while await ports.objects.list("avatars/"):  # noqa: ASYNC110  # the outbox does it
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("name", ["x", "%2e%2e%2fsecrets", "a" * 32, "../../secrets/tokens"])
async def test_no_other_file_is_reached(register: Register, client: httpx2.AsyncClient, name: str) -> None:
    ada = await register()
    answer = await client.get(f"/api/v1/users/{ada['user']['user_id']}/avatar/{name}")
    assert answer.status_code == 404


def test_a_picture_on_its_side_is_put_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    drawn = io.BytesIO()
    half = Image.new("RGB", (200, 200), (255, 0, 0))
    half.paste((0, 0, 255), (0, 0, 200, 100))
    half.save(drawn, "JPEG", exif=exif.tobytes(), quality=95)
    with Image.open(io.BytesIO(draw_avatar(drawn.getvalue()))) as upright:
        right = upright.convert("RGB").getpixel((240, 128))
    assert isinstance(right, tuple)
    assert right[2] > 200
