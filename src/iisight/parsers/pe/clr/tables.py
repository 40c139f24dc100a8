"""The tables of this package's `data` folder."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def rows(table: str) -> tuple[Mapping[str, str], ...]:
    """Return the rows of `data/<table>.csv`; lines that start with `#` are remarks."""
    text = resources.files(__package__).joinpath("data", f"{table}.csv").read_text("utf-8")
    return tuple(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


@cache
def column(table: str, name: str) -> frozenset[str]:
    """Return the cells of one column."""
    return frozenset(row[name] for row in rows(table))
