"""The tables of commands."""

from functools import partial

from iisight import tables

read_table = partial(tables.cells, "iisight.parsers.commands")
