"""What a watch can watch: a folder that is served or synchronised to, or this host."""

import glob
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from iisight.engine.host import base_roots
from iisight.engine.live import Host, check_here, this_host
from iisight.evidence.folder import changed_below, look_again, open_folder
from iisight.evidence.source import File, Source
from iisight.inventory.machine import Machine
from iisight.model.errors import UsageError
from iisight.watch.notice import Root

_ALL_OF = "\\*"
_LOGS = ".evtx"


class Watched(Protocol):
    """Files that change, and how to look at them again."""

    def open(self) -> Host:
        """List everything anew. Raises IisightError."""

    def roots(self, belonging: Sequence[str]) -> Iterable[Root]:
        """Return where changes are to be noticed; `belonging` is what a look at everything found to be the server's."""

    def look_again(self, source: Source, touched: Iterable[Path]) -> dict[str, File | None]:
        """Return the files at some places of this machine as they are now, by Windows path; None: gone."""


class WatchedFolder:
    """A folder with the files of a server."""

    def __init__(self, folder: Path) -> None:
        """Raises UsageError for what does not change."""
        if not folder.is_dir():
            what = "not there" if not folder.exists() else "no folder: what is in it does not change by itself"
            raise UsageError(f"{folder}: {what}; name the folder of the server's files")
        self._folder = folder.resolve()

    def open(self) -> Host:
        """List everything anew."""
        return Host(open_folder(self._folder), Machine())

    def roots(self, belonging: Sequence[str]) -> Iterable[Root]:
        """Return the folder, whatever belongs to the server."""
        return (Root(self._folder),)

    def look_again(self, source: Source, touched: Iterable[Path]) -> dict[str, File | None]:
        """Return the files at some places as they are now."""
        return look_again(source, touched)


class WatchedHost:
    """The Windows this runs on, as far as it belongs to its web server."""

    def __init__(self) -> None:
        """Raises UsageError where no Windows runs."""
        check_here()

    def open(self) -> Host:
        """List everything anew."""
        return this_host()

    def roots(self, belonging: Sequence[str]) -> Iterable[Root]:
        """Return the folders of the web server; logs are not among them: feeds tell what is written there."""
        import os

        for name in dict.fromkeys((*base_roots(os.environ), *belonging)):
            if not name.endswith(_LOGS):
                yield from _to_roots(name)

    def look_again(self, source: Source, touched: Iterable[Path]) -> dict[str, File | None]:
        """Return the files at some places as they are now."""
        from iisight.evidence.host import HostListing
        from iisight.evidence.host.windows import WindowsDisk

        found: dict[str, File | None] = {}
        for path in touched:
            listing = HostListing(WindowsDisk(), source.name)
            listing.add([str(path)])
            there = {file.path: file for file in listing.source().below("")}
            found.update(changed_below(source, str(path), there))
        return found


def _to_roots(name: str) -> Iterator[Root]:
    r"""Yield what to watch for a root as `evidence.host` writes it: `C:\x`, `C:\x\*`, `C:\Users\*\y`."""
    flat = name.endswith(_ALL_OF)
    plain = name.removesuffix(_ALL_OF)
    places = glob.glob(plain) if "*" in plain else [plain]  # noqa: PTH207  a text that begins with a drive
    yield from (Root(Path(place), recursive=not flat) for place in sorted(places))


def watched(evidence: Path | None) -> Watched:
    """Return what is watched: a folder, or this host when none is given. Raises UsageError."""
    return WatchedHost() if evidence is None else WatchedFolder(evidence)
