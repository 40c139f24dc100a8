"""Descriptors by path: of the exports in the evidence, or of memory."""

import re
from collections.abc import Iterable

from iisight.evidence import paths
from iisight.evidence.source import Source
from iisight.inventory.protection.exports import exports
from iisight.model.acl import Acl
from iisight.model.coverage import Gap, GapKind
from iisight.model.locator import Locator
from iisight.parsers.acl import parse_acls

MAX_ACLS = 500_000
_NAME = re.compile(r"(?:.*[-_. ])?(?:icacls|acls?|permissions|sddl)(?:[-_. ].*)?\.(?:txt|csv|tsv|sddl)")


class ListedAcls:
    """Descriptors of a list; of several of one path the one that tells most, the first of those."""

    def __init__(self, acls: Iterable[Acl]) -> None:
        """Index them by path."""
        self._by_path: dict[str, Acl] = {}
        for acl in acls:
            known = self._by_path.get(_key(acl.path))
            if known is None or _worth(acl) > _worth(known):
                self._by_path[_key(acl.path)] = acl

    def __len__(self) -> int:
        """Return how many paths are known."""
        return len(self._by_path)

    def of(self, path: str) -> Acl | None:
        """Return the descriptor of a path in any spelling."""
        return self._by_path.get(_key(path))


def listed_acls(source: Source, gaps: list[Gap]) -> ListedAcls:
    """Return the descriptors of every export in the evidence."""
    found: list[Acl] = []
    for file, data in exports(source, _NAME, gaps, ".txt", ".csv", ".tsv", ".sddl"):
        for read in parse_acls(data, Locator(file.path, origin=file.origin)):
            if isinstance(read, Gap):
                gaps.append(read)
            elif len(found) < MAX_ACLS:
                found.append(read)
            else:
                gaps.append(Gap(GapKind.REFUSED, file.path, f"more than {MAX_ACLS:,} lists of rights"))
                return ListedAcls(found)
    return ListedAcls(found)


def _key(path: str) -> str:
    return path.upper().rstrip("\\") if path.upper().startswith("HKLM\\") else paths.fold(path)


def _worth(acl: Acl) -> int:
    """Return how much a descriptor tells."""
    return 4 * (acl.aces is not None) + 2 * (acl.owner is not None) + (acl.audits is not None) - 4 * bool(acl.doubts)
