"""The tables of this layer."""

from functools import partial

from iisight import tables

table = partial(tables.rows, "iisight.export")
