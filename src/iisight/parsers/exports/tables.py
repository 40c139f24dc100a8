"""The tables of this package."""

import csv
from functools import cache
from importlib import resources


@cache
def read_table(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the rows of `data/<name>.csv` below its header; lines that start with `#` are remarks."""
    text = resources.files("iisight.parsers.exports").joinpath("data", f"{name}.csv").read_text("utf-8")
    rows = csv.reader(line for line in text.splitlines() if not line.startswith("#"))
    return tuple(tuple(row) for row in rows if row)[1:]
