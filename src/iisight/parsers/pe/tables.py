"""Tables of facts of the PE parser: `data/*.csv`; lines that start with `#` are remarks."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def rows(table: str, package: str = "iisight.parsers.pe") -> tuple[Mapping[str, str], ...]:
    """Return the rows of `data/<table>.csv` of a package."""
    text = resources.files(package).joinpath("data", f"{table}.csv").read_text("utf-8")
    return tuple(csv.DictReader((line for line in text.splitlines() if not line.startswith("#")), strict=True))
