"""The tables of this package's `data` folder."""

from collections.abc import Mapping
from functools import cache

from iisight.parsers.pe import tables


def rows(table: str) -> tuple[Mapping[str, str], ...]:
    """Return the rows of `data/<table>.csv`."""
    return tables.rows(table, "iisight.parsers.pe.clr")


@cache
def column(table: str, name: str) -> frozenset[str]:
    """Return the cells of one column."""
    return frozenset(row[name] for row in rows(table))
