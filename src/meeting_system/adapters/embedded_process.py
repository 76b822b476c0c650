"""A supervised child: started until it is ready, started again whenever it dies, stopped at the end.

The child dies with us, even when we are killed (Linux). Elsewhere the next start ends what was left running.
"""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from meeting_system.adapters.embedded_place import Owner
from meeting_system.kit.log import logger
from meeting_system.kit.tasks import alongside

log = logger(__name__)

FIRST_START_S = 60.0
READY_S = 30.0
STOP_S = 20.0
SHORTEST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 5.0
LOG_SIZE = 8 << 20

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class ServerNotStarted(RuntimeError):
    """An embedded server does not come up; the message has the end of its log."""


@dataclass(frozen=True)
class Server:
    """How to start, probe and stop one server.

    `prepare` runs before each start: it ends what an earlier start left running. `is_ready` is asked every
    few milliseconds with the child's process id. `stop_signal` asks for an orderly end.
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    folder: Path
    log_file: Path
    owner: Owner | None
    stop_signal: signal.Signals
    prepare: Callable[[], Awaitable[None]]
    is_ready: Callable[[int], Awaitable[bool]]


class Supervisor:
    """Owns the process of one server. `restarts` counts how often it had to be started again."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.restarts = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the running child."""
        return self._process.pid if self._process and self._process.poll() is None else None

    async def start(self) -> None:
        """Start until the server is ready; raise ServerNotStarted when it never is."""
        deadline = asyncio.get_running_loop().time() + FIRST_START_S
        pause_s = SHORTEST_PAUSE_S
        while not await self._try_start():
            if asyncio.get_running_loop().time() > deadline:
                raise ServerNotStarted(f"{self.server.name} does not start: {tail(self.server.log_file)}")
            # PostgreSQL may refuse once while the memory of a killed predecessor is still attached.
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _try_start(self) -> bool:
        await self.server.prepare()
        self._process = spawn(self.server)
        with suppress(TimeoutError):
            async with asyncio.timeout(READY_S):
                while self._process.poll() is None:
                    if await self.server.is_ready(self._process.pid):
                        return True
                    await asyncio.sleep(0.005)
        await self.stop()
        return False

    async def keep(self) -> None:
        """Start the server again whenever it ends; never returns."""
        pause_s = SHORTEST_PAUSE_S
        while True:
            if self._process is not None:
                code = await wait_for_exit(self._process)
                end_group(self._process)
                log.error("embedded_server_died", server=self.server.name, exit_code=code)
            if await self._try_start():
                self.restarts += 1
                log.warning("embedded_server_restarted", server=self.server.name, restarts=self.restarts)
                pause_s = SHORTEST_PAUSE_S
            else:
                log.error("embedded_server_refused", server=self.server.name, log=tail(self.server.log_file))
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def stop(self) -> None:
        """Ask the server to end, wait, and kill it when it does not, with all that it had started."""
        if self._process is None:
            return
        if self._process.poll() is None:
            await self._end(self._process)
        end_group(self._process)
        self._process = None

    async def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(self.server.stop_signal)
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await wait_for_exit(process)
                return
        log.error("embedded_server_killed", server=self.server.name, after_s=STOP_S)
        process.kill()
        await wait_for_exit(process)


@asynccontextmanager
async def supervised(server: Server) -> AsyncIterator[Supervisor]:
    """Keep `server` running while the block runs."""
    supervisor = Supervisor(server)
    try:
        await supervisor.start()
        async with alongside(supervisor.keep()):
            yield supervisor
    finally:
        await supervisor.stop()


def spawn(server: Server) -> subprocess.Popen[bytes]:
    """Start the process in a session of its own, so that Ctrl-C in a terminal reaches us alone."""
    if server.log_file.exists() and server.log_file.stat().st_size > LOG_SIZE:
        server.log_file.replace(server.log_file.with_suffix(".old.log"))
    parent = os.getpid()

    def die_with_parent() -> None:
        # Runs in the child, after its user was changed (which would clear the setting).
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, server.stop_signal)
            if os.getppid() != parent:
                os._exit(1)

    owner = server.owner
    with server.log_file.open("ab") as output:
        return subprocess.Popen(  # noqa: S603  # the command is ours
            server.command,
            env=server.environment,
            cwd=server.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent,
            user=owner.uid if owner else None,
            group=owner.gid if owner else None,
            extra_groups=[] if owner else None,
        )


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what a child that is gone had started: its session, and so its process group, is its own."""
    with suppress(ProcessLookupError, PermissionError):  # nothing is left; macOS says so for zombies
        os.killpg(process.pid, signal.SIGKILL)


async def wait_for_exit(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end of a child and return its exit code."""
    if process.poll() is not None:
        return process.returncode
    if not hasattr(os, "pidfd_open"):  # macOS
        while process.poll() is None:  # noqa: ASYNC110  # nothing tells us
            await asyncio.sleep(0.1)
        return process.returncode
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    descriptor = os.pidfd_open(process.pid)
    try:
        loop.add_reader(descriptor, ended.set)
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    return process.wait()


async def end_leftover(pid: int | None, folder: Path, name: str, stop_signal: signal.Signals) -> None:
    """End the server of `folder` that an earlier start left running, if any, and wait until it is gone.

    `pid` is what its file says: it may be nobody's by now, or somebody else's.
    """
    if pid is None or not (is_alive(pid) and works_in(pid, folder)):
        return
    log.warning("embedded_server_left_over", server=name, pid=pid)
    for attempt in (stop_signal, signal.SIGKILL):
        try:
            os.kill(pid, attempt)
            async with asyncio.timeout(STOP_S):
                while is_alive(pid):  # noqa: ASYNC110  # not our child: nothing tells us
                    await asyncio.sleep(0.01)
        except ProcessLookupError:
            return
        except TimeoutError:
            continue
        return


def is_alive(pid: int) -> bool:
    """Tell whether a process exists (a zombie does not count)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return not Path("/proc/self").exists()


def works_in(pid: int, folder: Path) -> bool:
    """Tell whether the process works in `folder`: a process id alone may belong to somebody else by now."""
    link = Path(f"/proc/{pid}/cwd")
    try:
        return link.readlink() == folder
    except OSError:
        return not Path("/proc/self").exists() and is_alive(pid)


def tail(file: Path, lines: int = 5) -> str:
    """Return the last lines of a log."""
    try:
        with file.open("rb") as stream:
            stream.seek(max(0, file.stat().st_size - 4096))
            return " | ".join(stream.read().decode(errors="replace").strip().splitlines()[-lines:])
    except OSError:
        return "no log"
