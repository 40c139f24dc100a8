"""The tables of this package."""

from functools import partial

from iisight import tables
from iisight.tables import Row

rows = partial(tables.rows, "iisight.telemetry.interpret")

__all__ = ["Row", "rows"]
