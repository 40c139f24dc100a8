r"""From roots on a live machine to the files below them. A live machine is too large to be listed whole.

A root is a folder with all below it (`C:\inetpub\wwwroot`), a single file, or a folder's own files alone (`C:\x\*`).
A `*` in another name stands for any text: `C:\Users\*\Documents\IISExpress\config`, `C:\Logs\Archive-*.evtx`.
"""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import BinaryIO

from iisight.evidence import paths
from iisight.evidence.host.disk import DENIED, Disk, Entry, why
from iisight.evidence.listing import Gaps, Names
from iisight.evidence.source import MAX_FILES, File, Source
from iisight.model.coverage import Gap, GapKind

MAX_BELOW = 500_000  # files and folders of one root that are looked at
MAX_ROOTS = 20_000  # a server has hundreds of sites, each with a few folders
MAX_DEPTH = 128  # folders inside each other
MAX_LINKS = 16  # followed for one root
ALL = "*"
_NOT_ADMINISTRATOR = "not run as an administrator"
_UNASKED = "run as an administrator: what only administrators may read, such as other accounts' processes, is not known"


class HostListing:
    """The files below roots that are added one after the other; each folder is looked at once."""

    def __init__(self, disk: Disk, name: str, *, is_administrator: bool = True) -> None:
        """Start with no root; `name` is what the report calls the machine."""
        self._disk = disk
        self._name = name
        self._is_administrator = is_administrator
        self._gaps, self._names = Gaps(), Names()
        self._files: dict[str, File] = {}
        self._done: dict[str, bool] = {}  # folded folder -> whether all below it was listed
        self._roots: set[str] = set()
        if not is_administrator:
            self._gaps.add(GapKind.UNREADABLE, name, f"not {_UNASKED}")

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Return what could not be listed."""
        return self._gaps.all()

    def add(self, roots: Iterable[str]) -> bool:
        """List what is below roots; tell whether any of them was new. One that is not there is left out."""
        fresh = [root for root in dict.fromkeys(roots) if paths.lower(root) not in self._roots]
        for root in sorted(fresh, key=paths.lower):
            if len(self._roots) >= MAX_ROOTS:
                self._gaps.add(GapKind.REFUSED, root, f"more than {MAX_ROOTS:,} folders belong to the server")
                break
            self._roots.add(paths.lower(root))
            self._add(root)
        return bool(fresh)

    def source(self) -> Source:
        """Return the source of what was listed so far."""
        mount = "the running machine itself, in the folders that belong to its web server"
        source = Source(self._name, self._files.values(), self._open, self.gaps, mount)
        source.asked = frozenset(self._done)
        return source

    def refuse(self, subject: str, reason: str) -> None:
        """Say that something is left out."""
        self._gaps.add(GapKind.REFUSED, subject, reason)

    def _open(self, file: File) -> BinaryIO:
        return self._disk.open(file.origin or file.path)

    # Roots

    def _add(self, root: str) -> None:
        problem = _problem(root)
        if problem:
            self._gaps.add(GapKind.REFUSED, root, problem)
            return
        flat = root.endswith(f"\\{ALL}")
        try:
            for path in self._expanded(paths.normal(root.removesuffix(f"\\{ALL}") if flat else root)):
                self._list(path, flat=flat)
        except OSError as error:
            self._refuse(root, why(error))

    def _expanded(self, root: str) -> Iterator[str]:
        """Yield the roots that one with `*` stands for, those that are there."""
        before, star, _ = root.partition(ALL)
        if not star:
            yield root
            return
        folder = before.rpartition("\\")[0]
        pattern, _, rest = root[len(folder) + 1 :].partition("\\")
        if self._disk.look(folder) is not None:
            for entry in sorted(self._disk.entries(folder), key=lambda e: e.name):
                if not entry.is_link and fnmatchcase(paths.lower(entry.name), paths.lower(pattern)):
                    yield from self._expanded("\\".join(filter(None, (folder, entry.name, rest))))

    def _list(self, root: str, *, flat: bool) -> None:
        if self._is_done(root, deep=not flat):
            return
        real = self._resolved(root)
        entry = None if real is None else self._disk.look(real)
        if real is None:
            return
        if entry is None:
            self._done.setdefault(paths.fold(root), not flat)
            return
        if entry.is_folder:
            self._walk(root, real, flat=flat)
        else:
            self._keep(root, real, entry)

    def _resolved(self, root: str) -> str | None:
        """Return where a root is when the links on the way to it are followed, which an administrator made."""
        path = root
        for _ in range(MAX_LINKS):
            if self._disk.is_remote(path):
                reason = "on another computer: not opened, for that would hand it this account's credentials"
                self._gaps.add(GapKind.REFUSED, root, reason)
                return None
            link = next((p for p in _from_top(path) if (e := self._disk.look(p)) is not None and e.is_link), None)
            if link is None:
                return path
            path = _joined(paths.parent(link), self._disk.target(link), path[len(link) :])
        self._gaps.add(GapKind.REFUSED, root, f"more than {MAX_LINKS} links on the way to it")
        return None

    # Folders

    def _is_done(self, folder: str, *, deep: bool) -> bool:
        key = paths.fold(folder)
        return key in self._done and (self._done[key] or not deep)

    def _walk(self, root: str, real: str, *, flat: bool) -> None:
        pending, left = [(root, real, 0)], MAX_BELOW
        while pending:
            folder, place, depth = pending.pop()
            if self._is_done(folder, deep=not flat):
                continue
            self._done[paths.fold(folder)] = not flat
            try:
                found = sorted(self._disk.entries(place), key=lambda e: e.name)
            except OSError as error:
                self._refuse(folder, why(error))
                continue
            left -= len(found)
            if left < 0 or depth > MAX_DEPTH:
                limit = f"more than {MAX_BELOW:,} files below {root}" if left < 0 else f"more than {MAX_DEPTH} deep"
                self._gaps.add(GapKind.REFUSED, folder, f"{limit}: the rest is not listed")
                return
            for entry in found:
                path, at = f"{folder.rstrip(chr(92))}\\{entry.name}", f"{place.rstrip(chr(92))}\\{entry.name}"
                if entry.is_folder and not entry.is_link and not flat:
                    pending.append((path, at, depth + 1))
                elif not entry.is_folder or entry.is_link:
                    self._keep(path, at, entry)

    def _keep(self, path: str, real: str, entry: Entry) -> None:
        problem = "a link, not followed" if entry.is_link else self._names.problem(path)
        if problem is None and len(self._files) >= MAX_FILES:
            problem = f"more than {MAX_FILES:,} files; the rest was not listed"
        if problem is not None:
            self._gaps.add(GapKind.REFUSED, path, problem)
            return
        origin = "" if paths.fold(real) == paths.fold(path) else real
        self._files.setdefault(paths.fold(path), File(path, entry.size, entry.modified, origin))

    def _refuse(self, subject: str, reason: str) -> None:
        if reason == DENIED and not self._is_administrator:
            reason = f"{DENIED}: {_NOT_ADMINISTRATOR}"
        self._gaps.add(GapKind.UNREADABLE, subject, reason)


def _problem(root: str) -> str:
    """Return why a root is none; empty when it is one."""
    if not paths.is_absolute(root):
        return "not an absolute path"
    if paths.is_unc(root):
        return "on another computer: not opened, for that would hand it this account's credentials"
    if paths.is_device(root) or paths.stream_of(root):
        return "a device or an alternate stream, and no folder or file"
    return ""


def _from_top(path: str) -> Iterator[str]:
    """Yield a path's folders from the drive down to itself."""
    above = paths.parent(path)
    if above != path:
        yield from _from_top(above)
        yield path


def _joined(folder: str, target: str, rest: str) -> str:
    r"""Return where a path goes on behind a link; a volume's own name (`\\?\Volume{…}`) stays as it is."""
    if not target.startswith("\\\\?\\Volume{"):
        return paths.join(folder, target) + rest
    return f"{target.rstrip(chr(92))}{rest}"


__all__ = ["ALL", "MAX_BELOW", "MAX_ROOTS", "HostListing"]
