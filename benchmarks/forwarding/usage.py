"""CPU time and memory of one server, from /proc (Linux), in nanoseconds where the kernel has them."""

from pathlib import Path

PROC = Path("/proc")
NANOSECONDS = 1e9


def running_s(task: Path) -> float:
    """Return the seconds that a thread has run, user and system; 0 when it is gone."""
    try:
        return int((task / "schedstat").read_text(encoding="ascii").split()[0]) / NANOSECONDS
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def waiting_s(pid: int) -> float:
    """Return the seconds that the threads of a process were ready to run while others had the core."""
    waited = 0
    for task in (PROC / str(pid) / "task").iterdir():
        try:
            waited += int((task / "schedstat").read_text(encoding="ascii").split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return waited / NANOSECONDS


def process_cpu_s(pid: int) -> float:
    """Return the seconds that all threads of a process have run. Threads that ended are not in it."""
    return sum(map(running_s, (PROC / str(pid) / "task").iterdir()))


def softirq_thread(core: int) -> Path | None:
    """Return the kernel thread that takes over network work of a core when there is too much of it."""
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                name = (entry / "comm").read_text(encoding="utf-8", errors="replace").strip()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if name == f"ksoftirqd/{core}":
                return entry
    return None


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process in megabytes."""
    for line in (PROC / str(pid) / "status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
