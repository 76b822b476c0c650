"""Files and pictures over HTTP, as a person uses them: what needs the store of objects."""

import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
from meeting_client import join
from PIL import Image

PATIENCE_S = 60.0
AWAY = "objects_away"


@dataclass(frozen=True)
class Answer:
    """An answer, and how long it took."""

    response: httpx2.Response
    took_s: float

    @property
    def is_done(self) -> bool:
        return self.response.is_success

    @property
    def is_refusal(self) -> bool:
        """Whether it says clearly what is the matter, and when to come again."""
        response = self.response
        if response.status_code != httpx2.codes.SERVICE_UNAVAILABLE:
            return False
        return bool(response.json()["code"] == AWAY and int(response.headers["retry-after"]) >= 1)


@dataclass
class Files:
    """A person in a meeting, with a picture and a file that are there already."""

    http: httpx2.AsyncClient
    meeting_id: str
    avatar_url: str = ""
    file_id: str = ""

    async def prepare(self) -> None:
        """Have something to show later."""
        changed, stored = await self._set_avatar(), await self._upload()
        self.avatar_url = changed.response.json()["avatar_url"]
        self.file_id = stored.response.json()["file_id"]

    async def use(self) -> list[Answer]:
        """Show the picture and the file, then send another file."""
        return [
            await self._timed("GET", self.avatar_url),
            await self._timed("GET", f"/api/v1/meetings/{self.meeting_id}/files/{self.file_id}"),
            await self._upload(),
        ]

    async def _set_avatar(self) -> Answer:
        drawn = io.BytesIO()
        Image.new("RGB", (64, 64), (200, 30, 30)).save(drawn, "PNG")
        headers = {"Content-Type": "image/png"}
        return await self._timed("PUT", "/api/v1/users/me/avatar", drawn.getvalue(), headers)

    async def _upload(self) -> Answer:
        url = f"/api/v1/meetings/{self.meeting_id}/files?name=notes.txt"
        return await self._timed("POST", url, b"what was said", {"Content-Type": "application/octet-stream"})

    async def _timed(
        self, method: str, url: str, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        begun = time.monotonic()
        response = await self.http.request(method, url, content=content, headers=headers)
        return Answer(response, time.monotonic() - begun)


@asynccontextmanager
async def enter_files(url: str, token: str) -> AsyncIterator[Files]:
    """Be in a meeting of one's own while the block runs. `token`: an account's."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE_S) as http:
        made = await http.post("/api/v1/meetings", json={"title": "Files"})
        made.raise_for_status()
        meeting_id = str(made.json()["meeting_id"])
        await join(http, meeting_id, device_id="device-of-files", access_token=token, display_name=None)
        files = Files(http, meeting_id)
        await files.prepare()
        yield files
