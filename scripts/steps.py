"""One line of progress a step; what the step prints goes to a log that is shown only when it fails."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".make"
TAIL_LINES = 80
TITLE_WIDTH = 58


@dataclass(frozen=True)
class Outcome:
    """How a command ended; `output` is all that it printed."""

    code: int
    seconds: float
    output: str


def venv_bin() -> Path:
    """Return the folder of the virtual environment's programs."""
    return ROOT / ".venv" / "bin"


def environment() -> dict[str, str]:
    """Return the environment of every command: our Python and Node first, then whatever the person has."""
    path = os.pathsep.join([str(venv_bin()), os.environ.get("PATH", "")])
    # The engine's build looks at PYO3_PYTHON: the same value everywhere keeps it from building twice.
    return os.environ | {
        "PATH": path,
        "PYO3_PYTHON": str(venv_bin() / "python"),
        "VIRTUAL_ENV": str(ROOT / ".venv"),
    }


def run(
    command: Sequence[str], log: Path, *, extra: dict[str, str] | None = None, echo: bool = False
) -> Outcome:
    """Run a command in the checkout's root, append its output to `log`, and return how it ended."""
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    lines: list[str] = []
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(command)}\n")
        file.flush()
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment() | (extra or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process:
            for line in process.stdout or ():
                lines.append(line)
                file.write(line)
                if echo:
                    sys.stdout.write(line)
                    sys.stdout.flush()
    return Outcome(process.returncode, time.monotonic() - started, "".join(lines))


@contextlib.contextmanager
def progress(title: str, out: TextIO) -> Iterator[None]:
    """Write `title`, and the seconds it took when the block ends well."""
    wide = sum(1 for letter in title if ord(letter) > 0x2E80)  # Chinese letters take two columns
    out.write(f"  {title} {'.' * max(3, TITLE_WIDTH - len(title) - wide)} ")
    out.flush()
    started = time.monotonic()
    try:
        yield
    except BaseException:
        out.write("failed | 失败\n")
        out.flush()
        raise
    out.write(f"{time.monotonic() - started:.1f} s\n")
    out.flush()


def tail(output: str) -> str:
    """Return the last lines of an output: enough to see what went wrong."""
    return "\n".join(output.splitlines()[-TAIL_LINES:])
