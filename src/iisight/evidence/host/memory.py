"""A disk in memory: for tests, and for files recorded from a machine."""

import errno
from collections.abc import Collection, Iterable, Mapping
from io import BytesIO
from typing import BinaryIO

from iisight.evidence import paths
from iisight.evidence.host.disk import DENIED, Entry
from iisight.model.errors import EvidenceError


class MemoryDisk:
    """Files by Windows path, links from folder to folder, and what nobody may read."""

    def __init__(
        self,
        files: Mapping[str, bytes | str],
        links: Mapping[str, str] | None = None,
        denied: Collection[str] = (),
    ) -> None:
        """Take files (text is UTF-8), links by path with what they lead to, and files and folders that are denied."""
        bodies = {path: body.encode() if isinstance(body, str) else body for path, body in files.items()}
        self._files = {paths.fold(path): (path, body) for path, body in bodies.items()}
        self._links = {paths.fold(path): (path, target) for path, target in (links or {}).items()}
        self._denied = frozenset(paths.fold(path) for path in denied)
        self._folders: dict[str, dict[str, Entry]] = {}
        for path, body in bodies.items():
            self._add(path, Entry(paths.basename(path), False, len(body)))
        for path, _ in self._links.values():
            self._add(path, Entry(paths.basename(path), True, is_link=True))

    def look(self, path: str) -> Entry | None:
        """Return what is at a path."""
        key = paths.fold(path)
        found = self._folders.get(paths.fold(paths.parent(path)), {}).get(key)
        return found or (Entry(paths.basename(path), True) if key in self._folders else None)

    def entries(self, folder: str) -> Iterable[Entry]:
        """Return what a folder holds."""
        key = paths.fold(folder)
        if key in self._denied:
            raise PermissionError(errno.EACCES, DENIED, folder)
        return list(self._folders.get(key, {}).values())

    def target(self, path: str) -> str:
        """Return where a link leads."""
        return self._links[paths.fold(path)][1]

    def is_remote(self, path: str) -> bool:
        """Tell whether a path is on another computer."""
        return paths.is_unc(path)

    def open(self, path: str) -> BinaryIO:
        """Return a file."""
        key = paths.fold(path)
        if key not in self._files or key in self._denied:
            raise EvidenceError(f"{path}: {DENIED if key in self._denied else 'no such file'}")
        return BytesIO(self._files[key][1])

    def _add(self, path: str, entry: Entry) -> None:
        folder = paths.parent(path)
        held = self._folders.setdefault(paths.fold(folder), {})
        held[paths.fold(path)] = entry
        if paths.parent(folder) != folder:
            self._add(folder, Entry(paths.basename(folder), True))
