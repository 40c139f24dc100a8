"""The inventory of one evidence: its configurations, its components, and what could not be read."""

from collections.abc import Iterator
from dataclasses import dataclass

from iisight.inventory.config.build import Server
from iisight.model.binary import Binary
from iisight.model.component import Component, Kind
from iisight.model.config import Document
from iisight.model.coverage import Gap
from iisight.model.process import HostProcess
from iisight.model.server_registry import ServerRegistry


@dataclass(frozen=True, slots=True)
class Copy:
    """A configuration file that no server reads: history, backup, export, generated for a pool, stray."""

    role: str
    document: Document


@dataclass(frozen=True, slots=True, eq=False)
class Inventory:
    """What the rules are given. Values alone, except that a Server answers questions about its sections."""

    evidence: str
    servers: tuple[Server, ...]
    components: tuple[Component, ...]
    documents: tuple[tuple[str, Document], ...]  # (role, document) of every configuration file that was read
    copies: tuple[Copy, ...]
    gaps: tuple[Gap, ...]
    binaries: tuple[Binary, ...]  # every executable file that was read, by folded path
    mapping: str = ""  # what the evidence was taken for
    registry: ServerRegistry | None = None  # None: the evidence holds none
    processes: tuple[HostProcess, ...] | None = None  # worker processes that run; None: not known

    def of(self, *kinds: Kind) -> Iterator[Component]:
        """Yield the components of some kinds, in the order of the report."""
        return (c for c in self.components if c.kind in kinds)

    def server(self, name: str) -> Server:
        """Return the server of a name that a component gives."""
        return next(s for s in self.servers if s.name == name)
