"""The first meeting, measured: `make bench NAME=first-meeting`. How to read it: benchmarks/README.md."""

import asyncio
import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.meeting.api import measure_requests
from benchmarks.meeting.joins import PHASES, measure_joins
from benchmarks.meeting.load import measure_load
from benchmarks.meeting.processes import machine
from benchmarks.meeting.restart import measure_restart
from benchmarks.meeting.tables import table
from rich.console import Console
from tests.e2e.server import open_server

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "first-meeting.json"
# The benchmark comes from one address, far more often than a person does.
SETTINGS = {"MEETING_USER__LOGINS_OF_ADDRESS": "100000", "MEETING_MEETING__GUESSES_OF_ADDRESS": "100000"}


async def measure() -> dict[str, Any]:
    """Run all parts against a server of their own, as a process on free ports with fresh data."""
    with tempfile.TemporaryDirectory(prefix="first-meeting-") as folder:
        async with open_server(Path(folder), SETTINGS) as server:
            return {
                "joins": await measure_joins(server),
                "requests": await measure_requests(server),
                "load": await measure_load(server),
                "restart": await measure_restart(server),
            }


def headline(found: dict[str, Any]) -> dict[str, float]:
    """Return the five figures that are compared over time."""
    return {
        "join_p50_ms": found["joins"]["frame_p50_ms"],
        "join_p95_ms": found["joins"]["frame_p95_ms"],
        "join_cpu_ms": found["requests"]["join"]["cpu_ms"],
        "join_sql": found["requests"]["join"]["sql"],
        "restart_ready_s": found["restart"]["ready_s"],
    }


def show(found: dict[str, Any]) -> None:
    """Print all figures."""
    console = Console(width=110)
    joins = {
        phase: {share: found["joins"][f"{phase}_{share}"] for share in ("p50_ms", "p95_ms")}
        for phase in PHASES
    }
    console.print(table("From the click on Join: 20 times in Chromium", joins))
    console.print(
        table("A request; cpu ms: the server's process, cpu all ms: with databases", found["requests"])
    )
    load = {
        str(row["participants"]): {k: v for k, v in row.items() if k != "participants"}
        for row in found["load"]
    }
    console.print(table("A meeting of so many: everyone sends, and watches up to nine", load))
    console.print(table("Headline", {"": found["headline"]}))
    console.print(f"Written: {RESULT.relative_to(ROOT)}. How to read it: benchmarks/README.md")


def main() -> None:
    """Build the load clients, measure, write the result, print it."""
    subprocess.run(["cargo", "build", "-q", "--release", "--locked", "-p", "sfu-bench"], cwd=ROOT, check=True)
    measured_on = machine()
    found = asyncio.run(measure())
    found["headline"] = headline(found)
    measured = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    report = {"name": "first-meeting", "measured_at": measured, "machine": measured_on, **found}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    show(found)


if __name__ == "__main__":
    main()
