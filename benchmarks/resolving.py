"""Large servers: every section in force at every place, and a whole inventory, at one size and at twice the size."""

from collections.abc import Iterator

from benchmarks.estates import estate
from benchmarks.measure import Measured, best_of
from iisight.evidence.memory import memory_source
from iisight.evidence.source import Source
from iisight.inventory.collect import collect, resolve

_SITES = (1000, 2000)


def run() -> Iterator[Measured]:
    """Yield the figures; garbage collection is set as the command line sets it."""
    import gc

    gc.set_threshold(1_000_000, 50, 1000)
    sources = [memory_source(estate(sites)) for sites in _SITES]
    for what, job in (("every effective section", _every_section), ("whole inventory", collect)):
        small, large = (best_of(3, lambda s=source, j=job: j(s), processor=True) for source in sources)  # type: ignore[misc]
        yield Measured(f"{_SITES[1]} sites, {_SITES[1] * 5} locations: {what}", large, "s")
        yield Measured(f"  against {_SITES[0]} sites", large / small, "x", 2.2)


def _every_section(source: Source) -> None:
    server = resolve(source).servers[0]
    sections = server.resolver.sections()
    for node in server.tree:
        for section in sections:
            server.resolver.effective(node, section)
