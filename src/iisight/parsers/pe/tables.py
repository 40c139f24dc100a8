"""Tables of facts of the PE parser: `data/*.csv`; lines that start with `#` are remarks."""

import csv
from importlib import resources


def read_table(name: str) -> list[tuple[str, ...]]:
    """Return the rows of `data/<name>.csv`, without its header."""
    text = resources.files("iisight.parsers.pe").joinpath("data", f"{name}.csv").read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return [tuple(row) for row in csv.reader(lines, strict=True)][1:]
