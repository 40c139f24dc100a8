"""Facts in tables: `data/*.csv` of a package, with a header; lines that start with `#` are remarks."""

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

Row = Mapping[str, str]
Cells = tuple[str, ...]


@cache
def rows(package: str, table: str) -> tuple[Row, ...]:
    """Return the rows of `data/<table>.csv` of a package by the names of their columns."""
    return split_table(_text(package, table))


@cache
def cells(package: str, table: str) -> tuple[Cells, ...]:
    """Return the rows of `data/<table>.csv` of a package as they stand, without the header."""
    return tuple(_cells(_text(package, table)))[1:]


def split_table(text: str) -> tuple[Row, ...]:
    """Return the rows of a table by the names of their columns; raises ValueError for a row of another width."""
    header, *rest = _cells(text)
    return tuple(dict(zip(header, row, strict=True)) for row in rest)


def _text(package: str, table: str) -> str:
    return resources.files(package).joinpath("data", f"{table}.csv").read_text("utf-8")


def _cells(text: str) -> Iterator[Cells]:
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return (tuple(row) for row in csv.reader(lines, strict=True) if row)
