"""The catalogue's data files, read as rows of text."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources

Row = Mapping[str, str]


@cache
def rows(table: str) -> tuple[Row, ...]:
    """Return the rows of `data/<table>.csv`; lines that start with `#` are remarks."""
    text = resources.files("iisight.catalogue").joinpath("data", f"{table}.csv").read_text("utf-8")
    return split_table(text)


def split_table(text: str) -> tuple[Row, ...]:
    """Return the rows of a table with a header; raises ValueError for a row of another width."""
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    reader = csv.reader(lines, strict=True)
    header = next(reader)
    return tuple(dict(zip(header, cells, strict=True)) for cells in reader if cells)
