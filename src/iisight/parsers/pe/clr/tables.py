"""The tables of this package."""

from functools import cache, partial

from iisight import tables

rows = partial(tables.rows, "iisight.parsers.pe.clr")


@cache
def column(table: str, name: str) -> frozenset[str]:
    """Return the cells of one column."""
    return frozenset(row[name] for row in rows(table))
