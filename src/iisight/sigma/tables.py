"""The tables of this layer: what records a log source, and how it calls the fields."""

from collections.abc import Mapping
from functools import cache, partial

from iisight import tables
from iisight.tables import Row

DERIVED = "{"  # a native name that holds it is put together of several values

table = partial(tables.rows, "iisight.sigma")


@cache
def native_names(mapping: str) -> Mapping[str, str]:
    """Return, by the name Sigma uses in lower case, how events of a mapping call their fields."""
    return {row["field"].lower(): row["native"] for row in table("fields") if row["mapping"] == mapping}


@cache
def translations(mapping: str) -> Mapping[str, tuple[Row, ...]]:
    """Return, by the name Sigma uses in lower case, how events of a mapping write its values."""
    found: dict[str, tuple[Row, ...]] = {}
    for row in table("values"):
        if row["mapping"] == mapping:
            key = row["field"].lower()
            found[key] = (*found.get(key, ()), row)
    return found
