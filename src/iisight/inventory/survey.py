"""What a mechanism's finder may ask: one server, the files of the evidence, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from iisight.evidence import paths
from iisight.evidence.source import Source
from iisight.inventory.binaries import Binaries
from iisight.inventory.config.build import Server
from iisight.inventory.config.documents import Documents
from iisight.inventory.config.tree import Node
from iisight.inventory.registry import Asked
from iisight.inventory.track import Follower, SettingTrack, Track, follow_setting
from iisight.model.config import Document
from iisight.model.coverage import Gap, GapKind


@dataclass(slots=True, eq=False)
class Survey:
    """One server under inventory; finders report what they could not follow through `gap`."""

    server: Server
    source: Source
    documents: Documents
    binaries: Binaries
    gaps: list[Gap]
    schemas: tuple[Document, ...] = ()
    registry: Asked | None = None  # of the machine the server is on; None for all but one server of it
    _tracks: dict[tuple[str, str], list[Track]] = field(default_factory=dict)

    def track(self, section: str, inner: str = "") -> list[Track]:
        """Return the entries of a collection in the order they come in; `inner` is the path below the section."""
        key = (section, inner)
        if key not in self._tracks:
            follower = Follower(self.server, section, inner)
            self._tracks[key] = follower.entries()
            if follower.exhausted:
                self.gap(GapKind.REFUSED, section, "too many entries at too many places: not all are followed")
        return self._tracks[key]

    def settings(self, section: str, inner: str, attribute: str) -> list[SettingTrack]:
        """Return every value an attribute of a section, or of an element inside it, takes over the tree."""
        return follow_setting(self.server, section, inner, attribute)

    def gap(self, kind: GapKind, subject: str, reason: str) -> None:
        """Report something that was not read."""
        self.gaps.append(Gap(kind, subject, reason))

    def app_folders(self) -> Iterator[tuple[str, str]]:
        """Yield (folder, configuration path) of every application whose folder is known."""
        for node in self.server.tree:
            if node.is_app_root and node.physical_path:
                yield node.physical_path, node.scope

    def bin_folders(self, scope: str) -> tuple[str, ...]:
        """Return the `bin` folder of the application a configuration path belongs to."""
        node: Node | None = self.server.tree.nearest(scope)
        while node is not None and not node.is_app_root:
            node = node.parent
        return () if node is None or not node.physical_path else (paths.join(node.physical_path, "bin"),)
