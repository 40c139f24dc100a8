"""Managed images: the CLR header, metadata and IL (ECMA-335). Nothing of them is run."""

from iisight.model.examination import Assembly, Subscription
from iisight.parsers.pe.clr.facts import AssemblyFacts, TypeFacts, assembly_facts
from iisight.parsers.pe.clr.header import ClrHeader, is_any_cpu, read_clr_header

__all__ = [
    "AssemblyFacts",
    "ClrHeader",
    "TypeFacts",
    "assembly_facts",
    "examine_assembly",
    "is_any_cpu",
    "read_clr_header",
]


def examine_assembly(
    data: bytes | memoryview,
) -> tuple[Assembly | None, tuple[Subscription, ...], tuple[str, ...]]:
    """Return the assembly, what its modules subscribe to, and notes of what could not be read."""
    from iisight.parsers.pe.clr.examine import examine  # readers of headers alone need none of it

    return examine(data)
