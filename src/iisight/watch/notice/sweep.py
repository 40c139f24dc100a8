"""Finds what changed by listing folders again and comparing; needs nothing of the system but that."""

import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from iisight.watch.notice.listing import Entry, Lister, look

MAX_NAMES = 250_000  # kept in one sweep, some 150 bytes each; of folders beyond, one number is kept
MAX_FOLDERS = 200_000  # below one root
_MANY = "\0"  # no name has it: stands for all names of a folder of which one number is kept

_Names = dict[str, int]


@dataclass(slots=True)
class Seen:
    """What a visit found."""

    paths: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    refused: list[tuple[str, str]] = field(default_factory=list)  # folders that cannot be listed, and why
    too_many: bool = False  # there are more folders than are visited


class Sweep:
    """The folders of some roots as they were last seen. May be used by several threads."""

    def __init__(self, lister: Lister, most: int = MAX_NAMES) -> None:
        self._lister = lister
        self._most = most
        self._folders: dict[str, _Names] = {}
        self._children: dict[str, set[str]] = {}  # of each folder, its folders
        self._names = 0
        self._lock = threading.Lock()

    def visit(self, root: str, deep: bool, halt: threading.Event | None = None) -> Seen:
        """Compare a folder with how it was last seen; all of it is news the first time. Raises OSError for the root."""
        seen, waiting, visited = Seen(), [(root, False)], 0
        while waiting and not (halt is not None and halt.is_set()):
            folder, is_told = waiting.pop()
            entries = self._list(folder, folder == root, seen)
            if entries is None:
                continue
            visited += 1
            fresh = self._compare(folder, entries, seen, is_told)
            if deep:
                inner = [(os.path.join(folder, e.name), is_told or e.name in fresh) for e in entries if e.is_folder]  # noqa: PTH118
                seen.too_many |= visited + len(waiting) + len(inner) > MAX_FOLDERS
                waiting += inner[: max(MAX_FOLDERS - visited - len(waiting), 0)]
        if not deep:  # what is in its folders is nobody's concern
            seen.paths |= seen.whole - {root}
            seen.whole &= {root}
        return seen

    def touch(self, path: str) -> None:
        """Take the state of one path for seen: whoever looks at it from now on sees it as it is, or later."""
        folder, name = os.path.split(path)
        with self._lock:
            names = self._folders.get(folder)
            known = names is not None and _MANY not in names
        if not known:
            return
        entry = look(path)
        with self._lock:
            names = self._folders.get(folder)
            if names is None or (entry is not None and entry.is_folder):
                return  # what is in a folder is for a visit to see
            if entry is None:
                self._drop(path)
                self._names -= names.pop(name, None) is not None
            else:
                self._names += name not in names
                names[name] = entry.mark

    def forget(self, root: str) -> None:
        """Forget all that was seen below a folder."""
        with self._lock:
            self._drop(root)

    def _list(self, folder: str, is_root: bool, seen: Seen) -> list[Entry] | None:
        try:
            return list(self._lister(folder))
        except OSError as error:
            if is_root:
                raise
            if not isinstance(error, FileNotFoundError):
                seen.refused.append((folder, error.strerror or str(error)))
            return None

    def _compare(self, folder: str, entries: Iterable[Entry], seen: Seen, is_told: bool) -> set[str]:
        """Keep what stands in a folder; return the names of the folders that are new in it."""
        new = {entry.name: entry.mark for entry in entries}
        inner = {entry.name for entry in entries if entry.is_folder}
        with self._lock:
            old = self._folders.get(folder)
            before = self._children.get(folder, set())
            self._names -= len(old) if old else 0
            if self._names + len(new) > self._most:
                new = {_MANY: hash(frozenset(new.items()))}
            self._names += len(new)
            self._folders[folder] = new
            self._children[folder] = inner
            for name in before - inner:
                self._drop(os.path.join(folder, name))  # noqa: PTH118
        if is_told:
            return inner
        return self._tell(folder, old, new, inner, seen)

    def _tell(self, folder: str, old: _Names | None, new: _Names, inner: set[str], seen: Seen) -> set[str]:
        if old is None:
            seen.whole.add(folder)
            return inner
        if old == new:
            return set()
        if _MANY in old or _MANY in new:
            seen.whole.add(folder)
            return inner
        changed = {name for name in new if old.get(name) != new[name]}
        fresh = changed & inner
        seen.whole.update(os.path.join(folder, name) for name in fresh)  # noqa: PTH118
        seen.paths.update(os.path.join(folder, name) for name in (changed - inner) | (old.keys() - new.keys()))  # noqa: PTH118
        return fresh

    def _drop(self, path: str) -> None:
        """Forget a folder and all below it; the lock is held."""
        waiting = [path]
        while waiting:
            folder = waiting.pop()
            self._names -= len(self._folders.pop(folder, ()))
            waiting += [os.path.join(folder, name) for name in self._children.pop(folder, ())]  # noqa: PTH118
