"""The figures as tables on a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

Row = dict[str, Any]

# Above it, what others did on the server's core shows in the figures.
TOLERATED_WAITING = 0.05

DETAILS = {
    "packets_a_second": "packets/s",
    "packets_a_cpu_second": "packets a CPU second",
    "spread": "spread",
    "cpu_share": "CPU share",
    "waiting_share": "kept waiting",
    "loss": "loss",
    "surplus": "surplus",
    "corrupt": "corrupt",
    "half_load_latency_p50_ms": "p50 ms at half load",
    "half_load_latency_p99_ms": "p99 ms at half load",
    "rss_mb": "RSS MB",
    "joins_a_cpu_second": "joins a CPU second",
}


def written(value: float | None) -> str:
    """Return a figure as people read it: thousands apart, small ones with their decimals."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 1_000 else f"{value:g}"


def table(title: str, columns: Sequence[str]) -> Table:
    """Return an empty table whose first column names the row."""
    drawn = Table(title=title, title_justify="left")
    drawn.add_column("")
    for column in columns:
        drawn.add_column(column, justify="right")
    return drawn


def figure(row: Row) -> str:
    """Return the main figure of a row; in brackets where every window had loss."""
    text = written(row["packets_a_cpu_second"])
    return text if row["windows_without_loss"] else f"({text})"


def by_receivers(rows: Sequence[Row]) -> Table:
    """Return the main figure of every server, by the number of receivers."""
    counts = sorted({row["receivers"] for row in rows})
    drawn = table("Packets out a second of CPU time, by receivers", [str(count) for count in counts])
    for server in dict.fromkeys(row["server"] for row in rows):
        found = {row["receivers"]: figure(row) for row in rows if row["server"] == server}
        drawn.add_row(server, *(found.get(count, written(None)) for count in counts))
    return drawn


def details(title: str, rows: Sequence[Row], name: str) -> Table:
    """Return everything about some rows, named by one of their columns."""
    ciphers = sorted({cipher for row in rows for cipher in row["ciphers"]})
    drawn = table(f"{title}, {', '.join(ciphers)}", [*DETAILS.values()])
    for row in rows:
        drawn.add_row(str(row[name]), *(written(row.get(key)) for key in DETAILS))
    return drawn


def show(report: Mapping[str, Any], ways: Mapping[str, str]) -> None:
    """Print all figures."""
    console = Console(width=150)
    rows = report["rows"]
    console.print(by_receivers(rows))
    for count in sorted({row["receivers"] for row in rows}):
        same = [row for row in rows if row["receivers"] == count]
        console.print(details(f"{count} receivers", same, "server"))
    if report["bursts"]:
        console.print(details("Ours, by packets of a frame", report["bursts"], "burst"))
    limits = table("What the machine can do at best", ["packets a CPU second", "as busy as the servers"])
    for way, found in report["limits"].items():
        limits.add_row(ways[way], written(found), written(report["limits_at_share"][way]))
    console.print(limits)
    headline = table("Headline", ["figure"])
    for name, found in report["headline"].items():
        headline.add_row(name, written(found))
    console.print(headline)
    waited = min((row["waiting_share"] for row in rows), default=0)
    if waited > TOLERATED_WAITING:
        console.print(f"The machine was busy: every server waited {waited:.0%} of the time or longer.")
    for server, reason in report["left_out"].items():
        console.print(f"Left out: {server}. {reason}")
    if len({cipher for row in rows for cipher in row["ciphers"]}) > 1:
        console.print("The servers did not all agree on the same cipher: their figures don't compare.")
