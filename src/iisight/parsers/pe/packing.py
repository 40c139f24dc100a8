"""Traces that a packer leaves in a PE file."""

from collections.abc import Iterator, Sequence
from functools import cache

from iisight.model.examination import SectionContent
from iisight.parsers.pe.imports import Imports
from iisight.parsers.pe.layout import Layout
from iisight.parsers.pe.tables import rows

HIGH_ENTROPY = 7.2  # bits per byte; compiled code has about 6.5, compressed data close to 8
FEW_IMPORTS = 10  # functions; an unpacker needs to load libraries and find functions, and does the rest itself

_PAGE = 0x1000


def find_packer(
    layout: Layout, contents: Sequence[SectionContent], imports: Imports, *, is_managed: bool
) -> tuple[str, ...]:
    """Return one phrase for each trace.

    Code of .NET is not judged by its looks: it has one import, and its section holds resources, compressed ones too.
    """
    few = not is_managed and sum(len(functions) for _, functions in imports) <= FEW_IMPORTS
    packers = ((row.name, _packers().get(row.name.lower())) for row in layout.rows)
    named = (f"section {name} ({packer})" for name, packer in packers if packer)
    return (*named, *_unfilled(layout), *(_random(layout, contents) if few else ()))


def _unfilled(layout: Layout) -> Iterator[str]:
    """Yield sections of code that are to be filled at run time."""
    for row in layout.rows:
        if row.executable and not row.raw_size and row.virtual_size >= _PAGE:
            yield f"{row.name} holds code of which the file has nothing"


def _random(layout: Layout, contents: Sequence[SectionContent]) -> Iterator[str]:
    """Yield sections of code that look like noise."""
    for row, content in zip(layout.rows, contents, strict=True):
        if row.executable and content.entropy > HIGH_ENTROPY:
            yield f"{row.name} has entropy {content.entropy:.2f}"


@cache
def _packers() -> dict[str, str]:
    """Return packers by the name of a section."""
    return {row["section"]: row["packer"] for row in rows("packers")}
