"""What a mechanism's finder may ask: one server, the files of the evidence, and nothing else."""

from dataclasses import dataclass

from iisight.evidence import paths
from iisight.evidence.source import Source
from iisight.inventory.binaries import Binaries
from iisight.inventory.config.build import Server
from iisight.inventory.config.documents import Documents
from iisight.inventory.config.tree import Node
from iisight.model.coverage import Gap, GapKind


@dataclass(slots=True, eq=False)
class Survey:
    """One server under inventory; finders report what they could not follow through `gap`."""

    server: Server
    source: Source
    documents: Documents
    binaries: Binaries
    gaps: list[Gap]

    def gap(self, kind: GapKind, subject: str, reason: str) -> None:
        """Report something that was not read."""
        self.gaps.append(Gap(kind, subject, reason))

    def bin_folders(self, scope: str) -> tuple[str, ...]:
        """Return the `bin` folder of the application a configuration path belongs to."""
        node: Node | None = self.server.tree.nearest(scope)
        while node is not None and not node.is_app_root:
            node = node.parent
        return () if node is None or not node.physical_path else (paths.join(node.physical_path, "bin"),)
