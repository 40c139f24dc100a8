"""What a watch can watch: a folder that is served or synchronised to, or this host."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from iisight.evidence.folder import look_again, open_folder
from iisight.evidence.source import File, Source
from iisight.model.errors import UsageError


class Watched(Protocol):
    """Files that change, and how to look at them again."""

    def open(self) -> Source:
        """List everything anew. Raises EvidenceError."""

    def folders(self) -> Iterable[Path]:
        """Return the folders and files whose changes are to be noticed; they may become others."""

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

    def open(self) -> Source:
        """List everything anew."""
        return open_folder(self._folder)

    def folders(self) -> Iterable[Path]:
        """Return the folder."""
        return (self._folder,)

    def look_again(self, source: Source, touched: Iterable[Path]) -> dict[str, File | None]:
        """Return the files at some places as they are now."""
        return look_again(source, touched)


def watched(evidence: Path | None) -> Watched:
    """Return what is watched: a folder, or this host when none is given. Raises UsageError."""
    if evidence is None:
        raise UsageError("no EVIDENCE given: name the folder of the server's files")
    return WatchedFolder(evidence)
