"""The rows of the fault programme: what breaks, what is promised, and what measures it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.reliability import (
    clusters,
    dependencies,
    hostile,
    loads,
    media,
    pairs,
    sockets,
    stores,
    virtual,
)
from benchmarks.reliability.ground import Found, on_ground


@dataclass(frozen=True)
class Row:
    """One row. `remedy`: what would mend it, where it falls short."""

    fault: str
    target: str
    measure: Callable[[Path], Awaitable[Found]]
    remedy: str = ""


NONE_LOST = "0 lost, 0 doubled, 0 reordered"

ROWS = {
    "R1": Row(
        "50 clients, each with 200 TCP resets, at 20 events a second",
        f"{NONE_LOST}; back within 1 s (p99)",
        on_ground(sockets.reset_connections, meetings=5, each=10),
        "a quicker resume: tries are reset as well",
    ),
    "R2": Row(
        "the link is down for 45 s, 4 min, 10 min",
        f"{NONE_LOST}; up to 5 min by replay, beyond by snapshot; back within 8 s of the link",
        virtual.lose_link,
    ),
    "R3": Row(
        "a half-open connection",
        "noticed within 15 s on both sides",
        on_ground(sockets.half_open, meetings=1, each=1),
    ),
    "R4": Row(
        "kill -9 of signaling, 200 in meetings",
        f"{NONE_LOST}; back within 5 s (p99)",
        on_ground(sockets.kill_signaling, meetings=20, each=10),
        "a second signaling process: clients come back to it while the killed one starts",
    ),
    "R6": Row(
        "kill -9 of a media process, 8 participants",
        "first frame within 3 s (p95), all recover",
        media.kill_media,
    ),
    "R9": Row(
        "kill -9 of Redis, back on its append-only file",
        f"{NONE_LOST}; 0 meetings lost",
        on_ground(stores.kill_redis, meetings=10, each=10),
    ),
    "R10": Row(
        "Redis is wiped, then rolled back by some seconds",
        f"{NONE_LOST}; 0 meetings lost",
        on_ground(stores.forget_redis, meetings=10, each=10),
    ),
    "R11": Row(
        "kill -9 of PostgreSQL, then 30 s without it",
        f"{NONE_LOST}; HTTP answers *try again* within 2 s; meetings go on",
        on_ground(stores.kill_postgresql, meetings=10, each=10),
    ),
    "R12": Row(
        "MongoDB, the store of objects and etcd stop or die, one by one",
        f"{NONE_LOST}; 0 sockets dropped; only that feature fails, clearly and within 5 s; alarm within 30 s",
        dependencies.lose_dependencies,
    ),
    "R13": Row(
        "a signaling process and Redis hear each other one way only",
        f"{NONE_LOST}: no split room, no stale write",
        pairs.cut_one_way,
    ),
    "R20": Row(
        "a client stops reading for 60 s",
        "at most 1 MiB for it, others' p99 + 10 %, 0 lost after it is back",
        on_ground(sockets.stop_reading, meetings=1, each=20),
    ),
    "R21": Row(
        "the clock of one process is wrong by ± 1 h and ± 1 day",
        f"{NONE_LOST}",
        pairs.shift_clock,
    ),
    "R22": Row(
        "SIGSTOP of each process for 5 and 20 s",
        f"{NONE_LOST}: no two owners, no late write",
        pairs.stop_processes,
    ),
    "R23": Row(
        "rolling restart of every process, 100 clients",
        f"{NONE_LOST}; without signaling for 0.3 s at most (p99)",
        clusters.restart_all,
    ),
    "R26": Row("100,000 random schedules", "invariants I1 to I6 hold", virtual.run_schedules),
    "L1": Row(
        "10,000 sockets, one event a second to each",
        "25,000 bytes a socket; p99 1 s; half a core",
        loads.hold_sockets,
    ),
    "L2": Row("1,000 sockets, 100 meetings, 10 events a second in each", "p99 50 ms", loads.keep_pace),
    "L3": Row("500 join one meeting in 10 s", "p99 2 s; 0 errors", loads.join_at_once),
    "F3": Row(
        "200,000 hostile frames",
        "0 exceptions; every close has a defined code; others' p99 + 10 %",
        on_ground(hostile.send_hostile, meetings=1, each=10),
        "each frame comes on a socket of its own, some 260 a second from one address; probably their "
        "handshakes stand between the others' events: a limit of sockets that one address opens a second, "
        "which would also turn away an office behind one address that comes back after a loss",
    ),
}
