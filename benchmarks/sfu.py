"""The media engine's speed beside its peers: `make bench NAME=sfu`. How to read it: benchmarks/README.md."""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.forwarding.limits import WAYS, Limits
from benchmarks.forwarding.measure import TARGET_SHARE, Cores, Plan, measure_together
from benchmarks.forwarding.peers.known import JANUS, OURS, OURS_WITHOUT_TRAINS, PEERS, SWEPT
from benchmarks.forwarding.peers.peer import Peer, PeerUnusableError, Place
from benchmarks.forwarding.preconditions import UnfitMachineError, check_machine, choose_cores
from benchmarks.forwarding.tables import show
from benchmarks.meeting.processes import machine

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "sfu.json"
MAIN_RECEIVERS = 100
MEMORY_RECEIVERS = 200
SWEEP = (20, 50, 200, 500)
LARGEST = 1_000
"""The largest room, ours alone: beside others its clients would fill the load's core."""

BURSTS = (1, 2, 8)
PLAN = Plan(
    receivers=MAIN_RECEIVERS,
    publishers=1,
    burst=4,
    payload_bytes=1_100,
    rounds=5,
    window_s=2.0,
    half_load=True,
)
SHORT_WINDOW_S = 1.0
QUICK = replace(PLAN, rounds=2, window_s=1.0)

Row = dict[str, Any]


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make bench NAME=sfu", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="two rounds with 100 receivers; writes no result")
    add("--peer", action="append", choices=list(PEERS), help="only this server; may be repeated")
    add("--receivers", type=int, action="append", help="only so many; may be repeated")
    add("--burst", type=int, default=PLAN.burst, help="packets of a frame, sent back to back")
    add("--publishers", type=int, default=PLAN.publishers)
    add("--offered", type=float, default=0, help="packets out a second, for all; else what fits each server")
    add("--payload", type=int, default=PLAN.payload_bytes, help="bytes of RTP payload in a packet")
    return parser.parse_args()


def build() -> None:
    """Build the programs of crate sfu-bench; the first time takes minutes."""
    command = ["cargo", "build", "--release", "--locked", "-p", "sfu-bench"]
    print("Building:", " ".join(command), flush=True)
    subprocess.run(command, cwd=ROOT, check=True)


def usable(names: Sequence[str], cores: Cores) -> tuple[list[Peer], dict[str, str]]:
    """Return the servers that start here, and why the others don't."""
    found, unusable = [], {}
    for name in names:
        try:
            with (
                tempfile.TemporaryDirectory(prefix="sfu-") as folder,
                PEERS[name].start(Place(cores.server, cores.address, Path(folder))),
            ):
                found.append(PEERS[name])
        except PeerUnusableError as error:
            unusable[name] = str(error)
            print(f"Left out: {name}. {error}", flush=True)
    return found, unusable


def sweep(plan: Plan, wanted: argparse.Namespace) -> list[Plan]:
    """Return what is measured: the main figure first, then other sizes."""
    if wanted.receivers:
        return [replace(plan, receivers=count) for count in wanted.receivers]
    if wanted.quick:
        return [plan]
    short = replace(plan, window_s=SHORT_WINDOW_S, half_load=False)
    return [plan, *(replace(short, receivers=count) for count in SWEEP)]


def measure(peers: Sequence[Peer], plans: Sequence[Plan], cores: Cores) -> list[Row]:
    """Measure every plan; what only the main figure needs is left out of the others."""
    rows = []
    for plan in plans:
        together = [peer for peer in peers if plan.half_load or peer.name in SWEPT]
        print(f"{plan.receivers} receivers: {', '.join(peer.name for peer in together)}", flush=True)
        rows += measure_together(together, plan, cores)
    return rows


def measure_largest(peers: Sequence[Peer], plan: Plan, cores: Cores) -> list[Row]:
    """Measure our engine with a room as large as they come."""
    ours = [peer for peer in peers if peer.name == OURS]
    return measure(ours, [replace(plan, receivers=LARGEST, window_s=SHORT_WINDOW_S)], cores)


def measure_bursts(peers: Sequence[Peer], plan: Plan, cores: Cores) -> list[Row]:
    """Measure our engine with other frames: trains are as long as what arrives together."""
    ours = [peer for peer in peers if peer.name == OURS]
    short = replace(plan, window_s=SHORT_WINDOW_S, half_load=False)
    print(f"{plan.receivers} receivers, frames of {', '.join(map(str, BURSTS))} packets", flush=True)
    return [row for burst in BURSTS for row in measure_together(ours, replace(short, burst=burst), cores)]


def measure_limits(plan: Plan, cores: Cores, share: float) -> dict[str, int]:
    """Measure what the machine can do at best."""
    limits = Limits(share)
    for _ in range(plan.rounds):
        limits.measure(plan, cores)
    return limits.medians()


def count_allocations() -> float | None:
    """Return how often the engine allocates for a packet, as its own test counts; None: the test failed."""
    test = ["cargo", "test", "--release", "--locked", "-p", "sfu", "--test", "allocations"]
    outcome = subprocess.run(
        [*test, "--", "--nocapture"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    found = re.search(r"^allocations_per_packet: ([0-9.e-]+)$", outcome.stdout, flags=re.MULTILINE)
    return float(found[1]) if found and outcome.returncode == 0 else None


def find(rows: Sequence[Row], server: str, receivers: int) -> Row:
    """Return the row of a server; an empty one where it was not measured or every window had loss."""
    good = (row for row in rows if row["windows_without_loss"])
    found = (row for row in good if row["server"] == server and row["receivers"] == receivers)
    return next(found, {})


def headline(rows: Sequence[Row]) -> dict[str, float | None]:
    """Return the figures that are compared over time; None: not measured."""
    ours, janus = find(rows, OURS, MAIN_RECEIVERS), find(rows, JANUS, MAIN_RECEIVERS)
    without = find(rows, OURS_WITHOUT_TRAINS, MAIN_RECEIVERS)
    many = find(rows, OURS, MEMORY_RECEIVERS)
    figure = "packets_a_cpu_second"
    both = bool(ours and janus)
    return {
        "pps_per_core_gso": ours.get(figure),
        "pps_per_core_mmsg": without.get(figure),
        "janus_pps_per_core": janus.get(figure),
        "ratio_to_janus": round(ours[figure] / janus[figure], 2) if both else None,
        "allocations_per_packet": count_allocations(),
        "rss_mb_200": many.get("rss_mb"),
        "latency_p50_ms": ours.get("half_load_latency_p50_ms"),
        "latency_p99_ms": ours.get("half_load_latency_p99_ms"),
        "joins_per_s_core": many.get("joins_a_cpu_second"),
    }


def run(wanted: argparse.Namespace) -> Row:
    """Measure everything that was asked for; return the report."""
    cores, measured_on = choose_cores(), machine()
    basis = QUICK if wanted.quick else PLAN
    plan = replace(basis, burst=wanted.burst, publishers=wanted.publishers)
    plan = replace(plan, payload_bytes=wanted.payload, offered=wanted.offered)
    peers, unusable = usable(wanted.peer or list(PEERS), cores)
    limits = measure_limits(plan, cores, share=1.0)
    paced = measure_limits(plan, cores, share=TARGET_SHARE)
    rows = measure(peers, sweep(plan, wanted), cores)
    complete = not (wanted.quick or wanted.receivers or wanted.peer or wanted.offered)
    rows += measure_largest(peers, plan, cores) if complete else []
    return {
        "name": "sfu",
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {**measured_on, **asdict(cores)},
        "headline": headline(rows),
        "limits": limits,
        "limits_at_share": paced,
        "rows": rows,
        "bursts": measure_bursts(peers, plan, cores) if complete else [],
        "left_out": unusable,
        "complete": complete,
    }


def main() -> None:
    """Check the machine, build, measure, print; write the result of a complete run."""
    wanted = arguments()
    try:
        check_machine()
        build()
        report = run(wanted)
    except UnfitMachineError as error:
        sys.exit(str(error))
    show(report, WAYS)
    if report["complete"]:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        print(f"Written: {RESULT.relative_to(ROOT)}. How to read it: benchmarks/README.md")


if __name__ == "__main__":
    main()
