"""What no linker does to a PE file."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from iisight.parsers.pe.layout import Layout
from iisight.parsers.pe.timestamps import EARLIEST, Times, is_date

_UNSET = (0, 0xFFFFFFFF, 0x2A425E19)  # left out; and what Delphi put in every file for many years
_SAME_LINK = timedelta(days=1)
_LINKERS_OWN = ("export table", "debug directory")  # the others are made before the link, by other tools


def find_oddities(layout: Layout, times: Times, *, is_reproducible: bool, is_managed: bool) -> tuple[str, ...]:
    """Return one phrase for each; none depends on a clock.

    A hash in the place of the link time says nothing. Compilers of .NET put one there without a mark, above 2038.
    """
    dates = () if is_reproducible else _link_time(layout.stamp, times, is_managed=is_managed)
    return tuple(dict.fromkeys((*_entry(layout), *_sections(layout), *dates)))


def _entry(layout: Layout) -> Iterator[str]:
    """Yield an entry point where no linker puts code."""
    if not layout.entry:
        return
    home = next((row for row in layout.rows if row.holds(layout.entry)), None)
    if home is None:
        yield "entry point outside the sections"
    elif not home.executable:
        yield f"entry point in {home.name}, which holds no code"
    elif home is layout.rows[-1] and home is not layout.rows[0]:
        yield f"entry point in the last section, {home.name}"


def _sections(layout: Layout) -> Iterator[str]:
    """Yield sections that are named, allowed or placed as linkers do not."""
    for number, row in enumerate(layout.rows, 1):
        if not row.name.strip():
            yield f"section {number} has no name"
        if row.writable and row.executable:
            yield f"section {row.name or number} is writable and executable"
    filled = sorted((row for row in layout.rows if row.offset and row.raw_size), key=lambda row: row.offset)
    for first, second in pairwise(filled):
        if first.offset + first.raw_size > second.offset:
            yield f"sections {first.name} and {second.name} overlap in the file"


def _link_time(stamp: int, times: Times, *, is_managed: bool) -> Iterator[str]:
    """Yield a link time that cannot be, or that other tables of the same link deny."""
    if stamp in _UNSET or (is_managed and stamp > EARLIEST and not is_date(stamp)):
        return
    linked = datetime.fromtimestamp(stamp, UTC)
    if not is_date(stamp):
        yield f"link time of {linked.year}"
        return
    for table, time in times:
        if table in _LINKERS_OWN and abs(time - linked) > _SAME_LINK:
            yield f"link time of {linked:%Y-%m-%d}, but {time:%Y-%m-%d} in the {table}"
