"""The tables of this package, read when they are first asked for."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

from iisight.catalogue.tables import split_table

Row = Mapping[str, str]


@cache
def rows(table: str) -> tuple[Row, ...]:
    """Return the rows of `data/<table>.csv`."""
    return split_table(resources.files(__package__).joinpath("data", f"{table}.csv").read_text("utf-8"))
