"""One load participant: joins by HTTP, speaks `meet.v1`, lets `meeting-load` carry its media."""

import asyncio
import itertools
import json
import time
import uuid
from typing import Any

from benchmarks.meeting.api import Api
from benchmarks.meeting.media import MediaClients
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from meeting_system.contracts.signal import HEARTBEAT_S

ANSWER_TIMEOUT_S = 20.0


class Attendee:
    """A participant after `enter`; `participant_id` is how others ask for its picture."""

    def __init__(self, name: str, media: MediaClients) -> None:
        self.name = name
        self.participant_id = ""
        self._media = media
        self._video_slots: list[str] = []
        self._acks: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._socket: ClientConnection | None = None
        self._heart: asyncio.Task[None] | None = None

    async def enter(self, api: Api, reference: str, tasks: asyncio.TaskGroup) -> None:
        """Join the meeting; the socket lives as a task of `tasks`."""
        device_id = uuid.uuid4().hex
        joined = (await api.join(reference, name=self.name, device_id=device_id)).json()
        self.participant_id = joined["participant_id"]
        address = api.server.url.replace("http", "ws", 1) + joined["signaling_url"]
        self._socket = await connect(address, origin=Origin(api.server.url), max_size=None, compression=None)
        await self._socket.recv()  # hello
        await self._send(
            f="identify",
            v=1,
            ticket=joined["ticket"],
            meeting_id=joined["meeting_id"],
            device_id=device_id,
            caps=[],
        )
        ready = json.loads(await self._socket.recv())
        if ready["f"] != "ready":
            raise RuntimeError(f"{self.name}: {ready}")
        tasks.create_task(self._read(self._socket))
        self._heart = tasks.create_task(self._beat())

    async def publish(self) -> None:
        """Negotiate media once, and say that camera and microphone are on."""
        offer = await self._media.offer(self.name)
        self._video_slots = offer["video_slots"]
        wish = {key: offer[key] for key in ("sdp", "publish", "audio_slots", "video_slots")}
        answer = await self._command("media.offer", {"generation": 1, **wish})
        await self._media.connect(self.name, answer["sdp"])
        await self._command("self.update", {"camera": True, "microphone": True})

    async def watch(self, others: list["Attendee"], width: int) -> None:
        """Ask for the pictures of others, as many as there are slots."""
        slots = [
            {"mid": mid, "participant_id": other.participant_id, "source": "camera", "width": width}
            for mid, other in zip(self._video_slots, others, strict=False)
        ]
        await self._command("media.layout", {"slots": slots})

    async def leave(self) -> None:
        """Say good-bye. The tasks end with the socket."""
        assert self._socket is not None
        assert self._heart is not None
        self._heart.cancel()
        self._media.close(self.name)
        await self._send(f="bye", code="left")
        await self._socket.close()

    async def _send(self, **frame: object) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps(frame))

    async def _command(self, kind: str, fields: dict[str, object]) -> dict[str, Any]:
        number = next(self._numbers)
        self._acks[number] = asyncio.get_running_loop().create_future()
        await self._send(f="cmd", cid=number, t=kind, d=fields)
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            ack = await self._acks[number]
        if not ack["ok"]:
            raise RuntimeError(f"{self.name}: {kind}: {ack['problem']}")
        return ack.get("res") or {}

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            frame = json.loads(text)
            if frame["f"] == "ping":
                await self._send(f="pong", n=frame["n"], t=frame["t"])
            elif frame["f"] == "ack" and (waiting := self._acks.pop(frame["cid"], None)):
                waiting.set_result(frame)

    async def _beat(self) -> None:
        for number in itertools.count(1):
            await asyncio.sleep(HEARTBEAT_S)
            await self._send(f="ping", n=number, t=time.time() * 1000)
