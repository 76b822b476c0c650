"""Figures as tables on a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table


def table(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return a table with a line a row; its headings may wrap."""
    drawn = Table(title=title, title_justify="left")
    drawn.add_column("")
    for column in next(iter(rows.values())):
        drawn.add_column(column.replace("_", " "), justify="right")
    for name, row in rows.items():
        drawn.add_row(name, *(f"{value:g}" for value in row.values()))
    return drawn
