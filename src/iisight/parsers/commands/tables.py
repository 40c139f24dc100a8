"""Tables of facts about commands: `data/*.csv`; lines that start with `#` are remarks."""

import csv
from functools import cache
from importlib import resources


@cache
def read_table(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the rows of `data/<name>.csv`, without its header."""
    text = resources.files("iisight.parsers.commands").joinpath("data", f"{name}.csv").read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return tuple(tuple(row) for row in csv.reader(lines, strict=True))[1:]
