"""The catalogue's data files."""

from functools import partial

from iisight import tables
from iisight.tables import Row

rows = partial(tables.rows, "iisight.catalogue")

__all__ = ["Row", "rows"]
