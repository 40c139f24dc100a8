"""The tables of this package."""

from functools import partial

from iisight import tables

rows = partial(tables.rows, "iisight.parsers.pe")
