"""Calls over bad networks, measured: `make bench NAME=network`. How to read it: benchmarks/README.md."""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.meeting.processes import machine
from benchmarks.meeting.tables import table
from rich.console import Console
from tests.e2e.conftest import find_missing as find_missing_programs
from tests.network.call import Site, open_call, open_site
from tests.network.impairment import Impairment
from tests.network.namespaces import find_missing as find_missing_network
from tests.network.readings import Reading
from tests.network.scenarios import (
    LOSS_BURST,
    Outcome,
    suffer,
    suffer_disorder,
    suffer_fall,
    suffer_losses,
    suffer_move,
    time_until_pictures,
)

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "network.json"
SECONDS, QUICK_SECONDS = 60.0, 15.0
LOSSES = (0.05, 0.1, 0.2, 0.3)
NARROW_BPS = 300_000
LONGEST_S = 45.0
OVERLAP_S = 4.0

Row = dict[str, Any]


def row_of(reading: Reading, audio_gap_s: float, video_gap_s: float) -> Row:
    """Return what one side had of the other: a line of the table."""
    return {
        "frozen_s_a_minute": round(reading.frozen_s_a_minute, 2),
        "longest_picture_gap_s": round(video_gap_s, 2),
        "frames_a_second": round(reading.frames_decoded / reading.at_s, 1),
        "height": reading.height,
        "picture_kbps": round(reading.video_bytes * 8 / reading.at_s / 1000),
        "retransmitted_share": round(reading.retransmitted_share, 3),
        "nacks": reading.nacks_sent,
        "keyframe_requests": reading.plis_sent,
        "concealed_share": round(reading.concealed_share, 3),
        "audio_loss": round(reading.audio_loss, 3),
        "longest_sound_gap_s": round(audio_gap_s, 2),
    }


def rows_of(outcome: Outcome) -> dict[str, Any]:
    """Return the lines of both directions, and whether the call went on."""
    return {
        "up": row_of(outcome.alice, outcome.alice_audio_gap_s, outcome.alice_video_gap_s),
        "down": row_of(outcome.bob, outcome.bob_audio_gap_s, outcome.bob_video_gap_s),
        "call_up": outcome.is_up,
        "link": {way: counters.to_json() for way, counters in outcome.link.items()},
        "engine": outcome.engine,
    }


async def measure(seconds: float, names: Sequence[str]) -> dict[str, Any]:
    """Run some of the scenarios, each in a call of its own."""
    with tempfile.TemporaryDirectory(prefix="network-") as folder:
        async with open_site(Path(folder)) as site:
            return {name: await SCENARIOS[name](site, seconds) for name in names}


async def measure_clean(site: Site, seconds: float) -> dict[str, Any]:
    """Measure what the machine itself does to a call."""
    async with open_call(site) as call:
        return rows_of(await suffer(call, Impairment(), seconds))


async def measure_losses(site: Site, seconds: float, *, loss: float) -> dict[str, Any]:
    """Measure losses in bursts, and how soon pictures come back after their end."""
    async with open_call(site) as call:
        outcome = await suffer_losses(call, loss, seconds)
        back_s = await time_until_pictures(call, longest_s=LONGEST_S)
        return {**rows_of(outcome), "back_s": round(max(back_s.values()), 2)}


async def measure_disorder(site: Site, seconds: float) -> dict[str, Any]:
    """Measure a long way with jitter, duplicates and corruption."""
    async with open_call(site) as call:
        return rows_of(await suffer_disorder(call, seconds))


async def measure_fall(site: Site, seconds: float) -> dict[str, Any]:
    """Measure a fall of the rate: the lines are those from five seconds after it on."""
    async with open_call(site) as call:
        fall = await suffer_fall(call, NARROW_BPS, seconds=seconds)
        absorbed = {
            way: None if after_s is None else round(after_s, 2) for way, after_s in fall.absorbed_s.items()
        }
        offered = {way: [round(each.offered_bps) for each in found] for way, found in fall.slices.items()}
        return {**rows_of(fall.after), "absorbed_s": absorbed, "offered_bps": offered}


async def measure_move(site: Site, _seconds: float, *, overlap_s: float) -> dict[str, Any]:
    """Measure another address in mid-call, with both for a while or none in between."""
    async with open_call(site) as call:
        move = await suffer_move(call, longest_s=LONGEST_S, overlap_s=overlap_s)
        return {
            "down_sound_gap_s": None if move.bob_audio_gap_s is None else round(move.bob_audio_gap_s, 2),
            "up_sound_gap_s": None if move.alice_audio_gap_s is None else round(move.alice_audio_gap_s, 2),
            "replaced": move.replaced,
        }


SCENARIOS: dict[str, Callable[[Site, float], Awaitable[dict[str, Any]]]] = {
    "clean": measure_clean,
    **{f"loss_{loss * 100:.0f}": partial(measure_losses, loss=loss) for loss in LOSSES},
    "disorder": measure_disorder,
    "fall": measure_fall,
    "move": partial(measure_move, overlap_s=OVERLAP_S),
    "move_at_once": partial(measure_move, overlap_s=0.0),
}


def headline(found: dict[str, Any]) -> dict[str, Any]:
    """Return the figures that are compared over time; of both directions the worse."""

    def worse(scenario: str, figure: str) -> float:
        return float(max(found[scenario][way][figure] for way in ("up", "down")))

    absorbed = list(found["fall"]["absorbed_s"].values())
    return {
        "loss_10_frozen_s_a_minute": worse("loss_10", "frozen_s_a_minute"),
        "loss_30_call_up": found["loss_30"]["call_up"],
        "loss_30_concealed_share": worse("loss_30", "concealed_share"),
        "loss_30_back_s": found["loss_30"]["back_s"],
        "disorder_retransmitted_share": found["disorder"]["down"]["retransmitted_share"],
        "fall_absorbed_s": None if None in absorbed else max(absorbed),
        "fall_audio_loss": worse("fall", "audio_loss"),
        "fall_longest_picture_gap_s": worse("fall", "longest_picture_gap_s"),
        "fall_frames_a_second": min(found["fall"][way]["frames_a_second"] for way in ("up", "down")),
        "move_sound_gap_s": worse_gap(found["move"]),
        "move_at_once_sound_gap_s": worse_gap(found["move_at_once"]),
    }


def worse_gap(move: dict[str, Any]) -> float | None:
    """Return the longer silence of both directions; None where one did not come back."""
    gaps = [move["down_sound_gap_s"], move["up_sound_gap_s"]]
    return None if None in gaps else max(gaps)


def show(found: dict[str, Any]) -> None:
    """Print all figures of the scenarios that ran."""
    console = Console(width=130)
    for way, title in (
        ("up", "Up: what others had of the one behind the link"),
        ("down", "Down: what they had of others"),
    ):
        rows = {name: row[way] for name, row in found.items() if way in row}
        if rows:
            console.print(table(title, rows))
    for name in ("move", "move_at_once"):
        if name in found:
            console.print(f"{name}:", found[name])
    if "fall" in found:
        console.print("fall:", found["fall"]["absorbed_s"])


def read_arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the time; nothing is written")
    parser.add_argument(
        "--only", action="append", choices=SCENARIOS, help="this scenario; the others keep their last figures"
    )
    return parser.parse_args()


def write(found: dict[str, Any], measured_on: dict[str, Any]) -> None:
    """Write the result; scenarios that did not run keep their figures and the time of those."""
    before = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    measured = before.get("measured", dict.fromkeys(before.keys() & SCENARIOS, before.get("measured_at")))
    kept = {name: before[name] for name in SCENARIOS if name in before}
    report = {
        "name": "network",
        "measured_at": now,
        "measured": {**measured, **dict.fromkeys(found, now)},
        "machine": measured_on,
        "settings": {"seconds": SECONDS, "loss_burst_packets": LOSS_BURST, "narrow_bps": NARROW_BPS},
        **kept,
        **found,
    }
    report["headline"] = headline(report)
    RESULT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"Headline: {report['headline']}\n")
    sys.stdout.write(f"Written: {RESULT.relative_to(ROOT)}. How to read it: benchmarks/README.md\n")


def main() -> None:
    """Measure, print, and write the result unless it was quick."""
    arguments = read_arguments()
    if (missing := find_missing_programs() or find_missing_network()) is not None:
        sys.exit(missing)
    measured_on = machine()
    names = arguments.only or list(SCENARIOS)
    found = asyncio.run(measure(QUICK_SECONDS if arguments.quick else SECONDS, names))
    show(found)
    if not arguments.quick:
        write(found, measured_on)


if __name__ == "__main__":
    main()
