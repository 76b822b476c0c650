"""Programs that are started for a measurement: on a core of their own, before others, and ended."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
BINARIES = ROOT / "target" / "release"
PRIORITY = -15
END_S = 5.0

Process = subprocess.Popen[bytes]
Stream = IO[bytes] | int | None
Command = Sequence[str] | Sequence[str | Path]


@contextmanager
def _first_on(core: int | None) -> Iterator[None]:
    """What is started inside runs on this core only (None: on any), before others where root may say so."""
    cores, priority = os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, 0)
    if core is not None:
        os.sched_setaffinity(0, {core})
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, priority)


def launch(
    command: Command,
    core: int | None,
    *,
    stdin: Stream = None,
    stdout: Stream = None,
    stderr: Stream = None,
    environment: dict[str, str] | None = None,
) -> Process:
    """Start a program.

    A server that is kept waiting finds more packets at once, needs less time for each, and seems faster. So
    it runs before others, and in a session of its own, as the kernel shares time out among sessions first:
    see autogroup in sched(7).
    """
    streams: dict[str, Any] = {"stdin": stdin, "stdout": stdout, "stderr": stderr}
    with _first_on(core):
        process = subprocess.Popen(command, env=environment, start_new_session=True, **streams)
    with suppress(OSError):
        Path(f"/proc/{process.pid}/autogroup").write_text(str(PRIORITY), encoding="ascii")
    return process


def end(process: Process) -> None:
    """End a program that was started here."""
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
