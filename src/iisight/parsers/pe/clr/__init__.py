"""Managed images: the CLR header, metadata and IL (ECMA-335). Nothing of them is run."""

from typing import TYPE_CHECKING

from iisight.parsers.pe.clr.facts import AssemblyFacts, TypeFacts, assembly_facts
from iisight.parsers.pe.clr.header import ClrHeader, is_any_cpu, read_clr_header

if TYPE_CHECKING:
    from iisight.parsers.pe.clr.examine import Examined

__all__ = [
    "AssemblyFacts",
    "ClrHeader",
    "TypeFacts",
    "assembly_facts",
    "examine_assembly",
    "is_any_cpu",
    "read_clr_header",
]


def examine_assembly(data: bytes | memoryview) -> "Examined":
    """Return the assembly and what its modules subscribe to."""
    from iisight.parsers.pe.clr.examine import examine  # readers of headers alone need none of it

    return examine(data)
