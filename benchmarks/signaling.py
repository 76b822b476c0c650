"""Signaling, measured: `make bench NAME=signaling`. How to read it: benchmarks/README.md."""

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.meeting.processes import machine
from benchmarks.meeting.tables import table
from benchmarks.rooms.clients import build_clients, open_clients
from benchmarks.rooms.measure import Row, measure_idle, measure_pace, measure_rooms, measure_storm
from benchmarks.rooms.site import open_site
from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "signaling.json"
SOCKETS = 10_000
SHAPES = ((100, 10), (10, 100), (1, 1_000))
"""Meetings, and clients in each: a thousand in all."""
QUICK_SOCKETS = 1_000
FAULTS = ("lost", "doubled", "reordered")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make bench NAME=signaling", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a thousand sockets; writes no result")
    return parser.parse_args()


async def measure(sockets: int) -> dict[str, Any]:
    """Run all parts, each group of rooms on a system of its own with fresh data."""
    with tempfile.TemporaryDirectory(prefix="signaling-") as name:
        folder = Path(name)
        rows: list[Row] = []
        for shape in SHAPES:
            async with open_site(folder / f"rooms-{shape[0]}") as site, open_clients() as clients:
                rows += await measure_rooms(site, clients, *shape)
                if shape == SHAPES[0]:
                    pace = await measure_pace(site, clients)
        async with open_site(folder / "many") as site, open_clients() as clients:
            idle = await measure_idle(site, clients, sockets)
            storm = await measure_storm(site, clients)
    return {"deliveries": rows, "pace": pace, "idle": idle, "storm": storm}


def headline(found: dict[str, Any]) -> dict[str, float]:
    """Return the figures that are compared over time."""
    parts = [*found["deliveries"], found["pace"], found["idle"], found["storm"]]
    return {
        "sockets": found["idle"]["sockets"],
        "bytes_per_socket": found["idle"]["bytes_per_socket"],
        "deliveries_per_s_core": max(row["deliveries_per_s_core"] for row in found["deliveries"]),
        "p99_ms_1000": found["pace"]["p99_ms"],
        "storm_all_back_s": found["storm"]["all_back_s"],
        **{fault: sum(part[fault] for part in parts) for fault in FAULTS},
    }


def show(found: dict[str, Any]) -> None:
    """Print all figures."""
    console = Console(width=130)
    shapes = {f"{row['meetings']:.0f} × {row['each']:.0f}": row for row in found["deliveries"]}
    console.print(table("Talk: so many meetings of so many, as much as a core takes", shapes))
    console.print(table("1,000 sockets, 100 meetings, 10 events a second in each", {"": found["pace"]}))
    console.print(table("Open sockets that hear one event a second", {"": found["idle"]}))
    console.print(table("kill -9, and everybody comes back", {"": found["storm"]}))
    console.print(table("Headline", {"": found["headline"]}))


def main() -> None:
    """Build the load clients, measure, write the result, print it."""
    given = arguments()
    build_clients()
    measured_on = machine()
    found = asyncio.run(measure(QUICK_SOCKETS if given.quick else SOCKETS))
    found["headline"] = headline(found)
    measured = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    report = {"name": "signaling", "measured_at": measured, "machine": measured_on, **found}
    if not given.quick:
        RESULT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    show(found)


if __name__ == "__main__":
    main()
