"""The fault programme: `make reliability`, or one row of it: `make reliability ROW=R4`.

Writes benchmarks/results/reliability.json. docs/reliability.md shows its rows: `--document` writes them.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.meeting.processes import machine
from benchmarks.reliability.ground import Found
from benchmarks.reliability.rows import ROWS
from benchmarks.rooms.clients import build_clients

ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / "benchmarks" / "results" / "reliability.json"
DOCUMENTS = {"en": ROOT / "docs" / "reliability.md", "zh-CN": ROOT / "docs" / "reliability.zh-CN.md"}
BEGIN, END = "<!-- rows -->", "<!-- end of rows -->"
HEADS = {
    "en": "| | fault | target | measured | |\n|---|---|---|---|---|",
    "zh-CN": "| | 故障 | 目标 | 实测 | |\n|---|---|---|---|---|",
}
ROW_LIMIT_S = 420.0


def main() -> int:
    """Run rows, or write the documents."""
    parser = argparse.ArgumentParser(prog="make reliability", description=__doc__)
    parser.add_argument("rows", nargs="*", help="such as R4; all where there is none")
    parser.add_argument("--document", action="store_true", help="only write the rows into the documents")
    given = parser.parse_args()
    if given.document:
        write_documents()
        return 0
    return run_rows(given.rows)


def run_rows(names: list[str]) -> int:
    """Run rows one after the other; tell each figure when it is there. Return how many fell short."""
    unknown = set(names) - set(ROWS)
    if unknown:
        sys.exit(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    build_clients()
    short = 0
    for name in names or list(ROWS):
        row = ROWS[name]
        sys.stdout.write(f"{name:4} {row.fault} ... ")
        sys.stdout.flush()
        begun, on = time.monotonic(), machine()
        outcome = run_row(row.measure)
        report: dict[str, Any] = {
            "fault": row.fault,
            "target": row.target,
            **outcome,
            "took_s": round(time.monotonic() - begun),
            "machine": on,
        }
        if not outcome["met"] and row.remedy:
            report["remedy"] = row.remedy
        save(name, report)
        short += not outcome["met"]
        sys.stdout.write(f"{'met' if outcome['met'] else 'FELL SHORT'}\n     {figures_of(report)}\n")
    return min(short, 1)


def run_row(measure: Callable[[Path], Awaitable[Found]]) -> dict[str, Any]:
    """Run one row on a folder of its own; what breaks is a row that fell short, and says why."""

    async def limited(folder: Path) -> Found:
        async with asyncio.timeout(ROW_LIMIT_S):
            return await measure(folder)

    with tempfile.TemporaryDirectory(prefix="reliability-", ignore_cleanup_errors=True) as folder:
        try:
            return asdict(asyncio.run(limited(Path(folder))))
        except Exception as error:  # noqa: BLE001  # whatever broke, the other rows are measured
            cause: BaseException = error
            while isinstance(cause, BaseExceptionGroup):
                cause = cause.exceptions[0]
            return {"figures": {}, "met": False, "note": f"broke: {type(cause).__name__}: {cause}"}


def save(name: str, report: dict[str, Any]) -> None:
    """Put a row's report among those that are there, in the programme's order."""
    known = measured()
    known[name] = report
    rows = {each: known[each] for each in ROWS if each in known}
    RESULT.write_text(json.dumps({"name": "reliability", "rows": rows}, indent=2) + "\n", encoding="utf-8")


def measured() -> dict[str, Any]:
    """Return the reports that there are, by row."""
    found: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8"))["rows"] if RESULT.exists() else {}
    return found


def figures_of(report: dict[str, Any]) -> str:
    """Return a row's figures in one line."""
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in report["figures"].items())


def table_of(rows: dict[str, Any], language: str) -> str:
    """Return the rows as Markdown."""
    lines = [HEADS[language]]
    for name, report in rows.items():
        told = "; ".join(filter(None, (figures_of(report), report["note"], report.get("remedy", ""))))
        verdict = "✓" if report["met"] else "✗"
        lines.append(f"| {name} | {report['fault']} | {report['target']} | {told} | {verdict} |")
    return "\n".join(lines)


def write_documents() -> None:
    """Write the rows of the last results into the documents."""
    for language, file in DOCUMENTS.items():
        file.write_text(document_of(file.read_text(encoding="utf-8"), language), encoding="utf-8")


def document_of(text: str, language: str) -> str:
    """Return a document with the rows of the last results."""
    rows = measured()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table_of(rows, language)}\n{END}{after}"


if __name__ == "__main__":
    sys.exit(main())
