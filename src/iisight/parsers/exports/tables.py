"""The tables of this package."""

from functools import partial

from iisight import tables

read_table = partial(tables.cells, "iisight.parsers.exports")
