"""Which of the paths that a system tells of lie in what is watched, and which folders must be followed for that."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from iisight.watch.notice.batch import Root
from iisight.watch.notice.gathering import above_all


@dataclass(frozen=True, slots=True)
class Scope:
    """The roots, for asking by path."""

    exact: frozenset[str]  # of every root; all in the case that the system compares
    deep: frozenset[str]
    flat: frozenset[str]

    def names_root(self, paths: Iterable[str]) -> bool:
        """Say whether one of some paths is a root."""
        return any(os.path.normcase(path) in self.exact for path in paths)

    def holds(self, path: str) -> bool:
        """Say whether a path is a root or lies in one."""
        path = os.path.normcase(path)
        if path in self.exact:
            return True
        above = tuple(above_all(path))
        return (bool(above) and above[0] in self.flat) or any(folder in self.deep for folder in above)


def scope_of(roots: Iterable[Root]) -> Scope:
    """Return the scope of some roots."""
    found = tuple(roots)
    deep = frozenset(os.path.normcase(root.path) for root in found if root.recursive)
    exact = frozenset(os.path.normcase(root.path) for root in found)
    return Scope(exact, deep, exact - deep)


def outermost(folders: Mapping[str, bool]) -> dict[str, bool]:
    """Return folders (`True`: with all below) without those that lie in another one that is deep."""
    return {
        folder: deep
        for folder, deep in folders.items()
        if not any(folders.get(above, False) for above in above_all(folder))
    }


def parent(path: str) -> str:
    """Return the folder that a path stands in."""
    return os.path.dirname(path)  # noqa: PTH120  see `above_all`
