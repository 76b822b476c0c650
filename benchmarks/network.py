"""Calls over bad networks, measured: `make bench NAME=network`. How to read it: benchmarks/README.md."""

import argparse
import asyncio
import json
import sys
import tempfile
import time
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


async def measure(seconds: float) -> dict[str, Any]:
    """Run all scenarios, each in a call of its own."""
    with tempfile.TemporaryDirectory(prefix="network-") as folder:
        async with open_site(Path(folder)) as site:
            found = {"clean": await measure_clean(site, seconds)}
            for loss in LOSSES:
                found[f"loss_{loss * 100:.0f}"] = await measure_losses(site, loss, seconds)
            found["disorder"] = await measure_disorder(site, seconds)
            found["fall"] = await measure_fall(site, seconds)
            found["move"] = await measure_move(site, OVERLAP_S)
            found["move_at_once"] = await measure_move(site, 0.0)
            return found


async def measure_clean(site: Site, seconds: float) -> dict[str, Any]:
    """Measure what the machine itself does to a call."""
    async with open_call(site) as call:
        return rows_of(await suffer(call, Impairment(), seconds))


async def measure_losses(site: Site, loss: float, seconds: float) -> dict[str, Any]:
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


async def measure_move(site: Site, overlap_s: float) -> dict[str, Any]:
    """Measure another address in mid-call, with both for a while or none in between."""
    async with open_call(site) as call:
        move = await suffer_move(call, longest_s=LONGEST_S, overlap_s=overlap_s)
        return {
            "down_sound_gap_s": None if move.bob_audio_gap_s is None else round(move.bob_audio_gap_s, 2),
            "up_sound_gap_s": None if move.alice_audio_gap_s is None else round(move.alice_audio_gap_s, 2),
            "replaced": move.replaced,
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
        "fall_frames_a_second": min(found["fall"][way]["frames_a_second"] for way in ("up", "down")),
        "move_sound_gap_s": worse_gap(found["move"]),
        "move_at_once_sound_gap_s": worse_gap(found["move_at_once"]),
    }


def worse_gap(move: dict[str, Any]) -> float | None:
    """Return the longer silence of both directions; None where one did not come back."""
    gaps = [move["down_sound_gap_s"], move["up_sound_gap_s"]]
    return None if None in gaps else max(gaps)


def show(found: dict[str, Any]) -> None:
    """Print all figures."""
    console = Console(width=130)
    for way, title in (
        ("up", "Up: what others had of the one behind the link"),
        ("down", "Down: what they had of others"),
    ):
        console.print(table(title, {name: row[way] for name, row in found.items() if way in row}))
    console.print("move:", found["move"], "at once:", found["move_at_once"])
    console.print("fall:", found["fall"]["absorbed_s"])
    console.print("headline:", found["headline"])


def main() -> None:
    """Measure, print, and write the result unless it was quick."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the time; nothing is written")
    quick = parser.parse_args().quick
    if (missing := find_missing_programs() or find_missing_network()) is not None:
        sys.exit(missing)
    measured_on = machine()
    found = asyncio.run(measure(QUICK_SECONDS if quick else SECONDS))
    found["headline"] = headline(found)
    show(found)
    if quick:
        return
    measured = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    settings = {"seconds": SECONDS, "loss_burst_packets": LOSS_BURST, "narrow_bps": NARROW_BPS}
    report = {
        "name": "network",
        "measured_at": measured,
        "machine": measured_on,
        "settings": settings,
        **found,
    }
    RESULT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"Written: {RESULT.relative_to(ROOT)}. How to read it: benchmarks/README.md\n")


if __name__ == "__main__":
    main()
