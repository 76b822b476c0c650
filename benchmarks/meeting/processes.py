"""CPU time of the server and of what it started, read from /proc (Linux)."""

import os
from dataclasses import dataclass
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True)
class Usage:
    """CPU seconds since the start: the server's process, and all of its tree (PostgreSQL and Valkey too)."""

    server_s: float
    tree_s: float

    def __sub__(self, earlier: "Usage") -> "Usage":
        return Usage(self.server_s - earlier.server_s, self.tree_s - earlier.tree_s)


def fields(pid: int) -> list[str] | None:
    """Return the fields of /proc/PID/stat behind the command's name, or None when it is gone."""
    try:
        return (
            (PROC / str(pid) / "stat")
            .read_text(encoding="utf-8", errors="replace")
            .rpartition(")")[2]
            .split()
        )
    except (FileNotFoundError, ProcessLookupError):
        return None


def cpu_s(pid: int) -> float:
    """Return user and system time of a process, and of its children that have ended."""
    found = fields(pid)
    return sum(map(int, found[11:15])) / TICKS_A_SECOND if found else 0.0


def descendants(pid: int) -> set[int]:
    """Return the processes below `pid`."""
    parents = {int(entry.name): fields(int(entry.name)) for entry in PROC.iterdir() if entry.name.isdigit()}
    below: set[int] = set()
    generation = {pid}
    while generation:
        generation = {
            child for child, found in parents.items() if found and int(found[1]) in generation
        } - below
        below |= generation
    return below


def usage(pid: int) -> Usage:
    """Return what the server at `pid` and its tree have used so far."""
    own = cpu_s(pid)
    return Usage(own, own + sum(map(cpu_s, descendants(pid))))


def machine() -> dict[str, str | float]:
    """Return what the figures are measured on, and how busy it was before."""
    lines = (PROC / "cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else os.uname().machine,
        "cores": os.cpu_count() or 0,
        "load_before": round(os.getloadavg()[0], 1),
        "system": f"{os.uname().sysname} {os.uname().release}",
    }
