"""Janus with its videoroom plugin, from the system's package, driven by its HTTP API."""

import http.client
import json
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.forwarding.load import Load
from benchmarks.forwarding.peers.peer import PeerUnusableError, Place
from benchmarks.forwarding.programs import Process, end, launch

INSTALL = "Janus is not installed. On Debian or Ubuntu: apt-get install --no-install-recommends janus"
LOOPBACK = "Janus does not take part in ICE on the loopback interface: this machine needs another address"
ROOM = 1
START_S = 10.0
EVENT_S = 15.0

# A message of Janus, either way.
Event = dict[str, Any]

CORE_CONFIG = """
general: {{
    configs_folder = "{folder}"
    plugins_folder = "{library}/plugins"
    transports_folder = "{library}/transports"
    events_folder = "{library}/events"
    loggers_folder = "{library}/loggers"
    debug_level = 2
    debug_colors = false
    session_timeout = 0
    {loops}
}}
nat: {{ ice_lite = true, ice_enforce_list = "{address}" }}
media: {{ ipv6 = false, no_media_timer = 0 }}
plugins: {{ disable = "{other_plugins}" }}
transports: {{ disable = "{other_transports}" }}
"""
HTTP_CONFIG = """
general: {{
    json = "compact", base_path = "/janus", http = true, port = {port}, ip = "127.0.0.1", https = false
}}
admin: {{ admin_http = false }}
"""
# The bitrate is not limited, and nobody asks for a keyframe by a timer.
ROOM_CONFIG = f"""
room-{ROOM}: {{
    description = "bench", publishers = 64, bitrate = 0, fir_freq = 0, videocodec = "vp8"
    audiolevel_ext = false, transport_wide_cc_ext = false, notify_joining = false, record = false
}}
"""


def library() -> Path:
    """Return the folder of Janus' plugins."""
    found = next(Path("/usr").glob("lib*/**/janus/plugins/libjanus_videoroom.so"), None)
    if shutil.which("janus") is None or found is None:
        raise PeerUnusableError(INSTALL)
    return found.parents[1]


def free_port() -> int:
    """Return a TCP port of loopback that was free just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def others(folder: Path, wanted: str) -> str:
    """Return all libraries of a folder but one, as Janus wants them listed."""
    return ",".join(sorted(file.name for file in folder.glob("*.so") if file.name != wanted))


@dataclass(frozen=True)
class JanusPeer:
    """Janus with a thread a participant (`event_loops` 0, its default) or so many threads for all."""

    name: str
    event_loops: int

    @contextmanager
    def start(self, place: Place) -> Iterator["JanusServer"]:
        """Start it with a configuration of its own; nothing of the system's is read."""
        folder, port = place.folder, free_port()
        write_configuration(place, port, self.event_loops)
        with (folder / "log").open("wb") as log:
            command = ["janus", "-C", str(folder / "janus.jcfg"), "-F", str(folder), "-o"]
            process = launch(command, place.core, stdout=log, stderr=log)
        try:
            yield open_server(process, port, folder)
        finally:
            end(process)


def write_configuration(place: Place, port: int, event_loops: int) -> None:
    """Write the three files that Janus reads."""
    lib, folder = library(), place.folder
    if place.address.startswith("127."):
        raise PeerUnusableError(LOOPBACK)
    core = CORE_CONFIG.format(
        folder=folder,
        address=place.address,
        library=lib,
        loops=f"event_loops = {event_loops}" if event_loops else "",
        other_plugins=others(lib / "plugins", "libjanus_videoroom.so"),
        other_transports=others(lib / "transports", "libjanus_http.so"),
    )
    (folder / "janus.jcfg").write_text(core, encoding="utf-8")
    (folder / "janus.transport.http.jcfg").write_text(HTTP_CONFIG.format(port=port), encoding="utf-8")
    (folder / "janus.plugin.videoroom.jcfg").write_text(ROOM_CONFIG, encoding="utf-8")


def open_server(process: Process, port: int, folder: Path) -> "JanusServer":
    """Wait until Janus answers; return it with a session."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=EVENT_S)
            connection.connect()
            return JanusServer(process.pid, connection)
        except OSError:
            time.sleep(0.05)
    raise PeerUnusableError(f"Janus did not start: {(folder / 'log').read_text(errors='replace')[-2000:]}")


class JanusServer:
    """A running Janus with one session; every participant is a handle of it."""

    def __init__(self, pid: int, connection: http.client.HTTPConnection) -> None:
        self.pid = pid
        self._http = connection
        self._numbers = count()
        self._feeds: list[int] = []
        self._session = f"/janus/{self._call('/janus', {'janus': 'create'})['data']['id']}"

    def publish(self, load: Load, name: str, stream: int) -> None:
        """Join the room as a publisher."""
        body = {"request": "joinandconfigure", "ptype": "publisher", "room": ROOM, "display": name}
        jsep = {"type": "offer", "sdp": load.publish(name, stream)}
        event = self._message(self._attach(), body, jsep)
        self._feeds.append(event["plugindata"]["data"]["id"])
        load.answer(name, event["jsep"]["sdp"])

    def receive(self, load: Load, name: str, *, streams: int, probe: bool) -> None:
        """Join the room as a subscriber of every publisher."""
        handle = self._attach()
        feeds = [{"feed": feed} for feed in self._feeds[:streams]]
        body = {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": feeds}
        event = self._message(handle, body)
        answer = load.accept(name, event["jsep"]["sdp"], probe=probe)
        self._message(handle, {"request": "start"}, {"type": "answer", "sdp": answer})

    def _attach(self) -> str:
        reply = self._call(self._session, {"janus": "attach", "plugin": "janus.plugin.videoroom"})
        return f"{self._session}/{reply['data']['id']}"

    def _message(self, handle: str, body: Event, jsep: dict[str, str] | None = None) -> Event:
        """Send a plugin its message; return the event that answers it."""
        transaction = f"t{next(self._numbers)}"
        request = {"janus": "message", "body": body, **({"jsep": jsep} if jsep else {})}
        self._call(handle, {**request, "transaction": transaction})
        deadline = time.monotonic() + EVENT_S
        while time.monotonic() < deadline:
            for event in self._events():
                if event.get("transaction") == transaction and event["janus"] == "event":
                    return checked(event)
        raise PeerUnusableError(f"Janus did not answer {body['request']}")

    def _events(self) -> list[Event]:
        self._http.request("GET", f"{self._session}?maxev=50")
        found = json.loads(self._http.getresponse().read())
        return found if isinstance(found, list) else [found]

    def _call(self, path: str, request: Event) -> Event:
        body = json.dumps({"transaction": f"t{next(self._numbers)}", **request})
        self._http.request("POST", path, body, {"Content-Type": "application/json"})
        reply: Event = json.loads(self._http.getresponse().read())
        if reply["janus"] == "error":
            raise PeerUnusableError(f"Janus refused {request['janus']}: {reply['error']}")
        return reply


def checked(event: Event) -> Event:
    """Return an event that carries no error."""
    data = event["plugindata"]["data"]
    if "error" in data:
        raise PeerUnusableError(f"Janus' videoroom refused: {data['error']}")
    return event
