"""The history of each configuration of an inventory: a pure function of its copies and of what is in force."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise

from iisight.evidence import paths
from iisight.inventory.config import declarations
from iisight.inventory.config.build import APPHOST_LEVEL, MACHINE_LEVEL
from iisight.inventory.discovery import Role
from iisight.inventory.inventory import Copy, Inventory
from iisight.inventory.past.changes import Change, Rows, changes
from iisight.inventory.past.rows import MAX_ROWS as MAX_OF_ONE
from iisight.inventory.past.rows import Row, rows_of
from iisight.inventory.past.snapshots import POOL, Order, Snapshot, in_order
from iisight.model.config import Document
from iisight.model.locator import Locator

MAX_ROWS = 100_000  # of all snapshots of one configuration
MAX_CHANGES = 20_000
ADMINISTRATION = "administration.config"

_WAS_TRUE = frozenset({Role.HISTORY, Role.BACKUP, POOL})
"""Copies that were the configuration once. Exports and strays need never have been: IIS141 compares them."""
_CUT = (
    "the oldest copies of the configuration were not compared: all copies together have too many rows",
    f"a copy of the configuration has {MAX_OF_ONE:,} rows or more that name code: the rest of it was not compared",
    f"more than {MAX_CHANGES:,} changes between the copies of the configuration: the latest are not told",
)


@dataclass(frozen=True, slots=True)
class Note:
    """Something about the copies themselves that a reader must know."""

    text: str
    locator: Locator
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What is known of the past of one configuration file."""

    in_force: Document
    snapshots: tuple[Snapshot, ...] = ()  # from the oldest to the one in force
    changes: tuple[Change, ...] = ()
    notes: tuple[Note, ...] = ()
    oldest: Snapshot | None = None  # the first that is whole and was compared
    first: tuple[Row, ...] = ()  # what it has

    @property
    def numbered(self) -> tuple[Snapshot, ...]:
        """Return the snapshots that Windows numbered."""
        return tuple(s for s in self.snapshots if s.number is not None)


def histories(inventory: Inventory) -> tuple[History, ...]:
    """Return the history of each configuration in force of which there is a copy."""
    found = [_history(d, copies, level) for d, copies, level in _configurations(inventory) if copies]
    return tuple(found)


def _configurations(inventory: Inventory) -> Iterator[tuple[Document, list[Copy], int]]:
    documents = [(role, d) for role, d in inventory.documents if role in (Role.IN_FORCE, ADMINISTRATION)]
    for wanted, level in ((Role.IN_FORCE, APPHOST_LEVEL), (ADMINISTRATION, MACHINE_LEVEL)):
        in_force = [d for role, d in documents if role == wanted]
        for document in in_force:
            copies = [c for c in inventory.copies if _is_of(c, wanted) and _is_beside(c, document, in_force)]
            yield document, copies, level


def _is_of(copy: Copy, wanted: str) -> bool:
    is_administration = paths.basename(copy.document.path).lower() == ADMINISTRATION
    was_true = copy.role in _WAS_TRUE or copy.role == Role.OF_ADMINISTRATION
    return was_true and is_administration == (wanted == ADMINISTRATION)


def _is_beside(copy: Copy, document: Document, in_force: Sequence[Document]) -> bool:
    """Tell whether a copy is of this configuration: of the only one, else of the one on its drive."""
    return len(in_force) == 1 or copy.document.path[:1].lower() == document.path[:1].lower()


def _history(in_force: Document, copies: list[Copy], level: int) -> History:
    order = in_order(copies, in_force)
    readable = [s for s in order.snapshots if _is_readable(s)]
    declared, left = declarations.stock(), MAX_ROWS
    line: list[tuple[Snapshot, Rows]] = []
    for snapshot in reversed(readable):  # the newest first: what the bound leaves out is the oldest
        rows = rows_of(snapshot.document, declared, level)
        left -= len(rows)
        if left < 0:
            break
        line.append((snapshot, rows))
    line.reverse()
    found = tuple(islice(changes(line), MAX_CHANGES + 1))
    notes = [*_notes(order), *_restored(line)]
    cut = len(line) < len(readable), any(len(rows) >= MAX_OF_ONE for _, rows in line), len(found) > MAX_CHANGES
    notes += [Note(text, readable[0].locator) for text, is_so in zip(_CUT, cut, strict=True) if is_so]
    oldest, first = next(((s, rows) for s, rows in line if s.whole), (None, {}))
    return History(in_force, order.snapshots, found[:MAX_CHANGES], tuple(notes), oldest, tuple(first.values()))


def _is_readable(snapshot: Snapshot) -> bool:
    problems = (p for p in snapshot.document.problems if p.code != "doctype")
    return snapshot.document.root is not None and next(problems, None) is None


def _notes(order: Order) -> Iterator[Note]:
    if order.alike:
        last = order.snapshots[-1]
        yield Note("the times of all copies are alike: those of whoever copied them, not of the changes", last.locator)
    for snapshot in order.doubted:
        yield Note(f"the time of {snapshot.dated} contradicts the numbers of the copies", snapshot.locator)
    for snapshot in order.unplaced:
        yield Note(f"nothing tells when {snapshot.name} was true: it was not compared", snapshot.locator)
    for snapshot in order.snapshots:
        if not _is_readable(snapshot):
            yield Note(f"{snapshot.name} is malformed: it was not compared", snapshot.locator)
    numbered = [s for s in order.snapshots if s.number is not None]
    for older, newer in pairwise(numbered):
        missing = (newer.number or 0) - (older.number or 0) - 1
        if missing > 0:
            copies = "copy is" if missing == 1 else "copies are"
            text = f"{missing:,} {copies} missing between {older.name} and {newer.name}"
            yield Note(text, newer.locator, newer.time)


def _restored(line: Sequence[tuple[Snapshot, Rows]]) -> Iterator[Note]:
    """Yield the snapshots that have again what an older one had, after something else."""
    seen: dict[frozenset[object], Snapshot] = {}
    last: frozenset[object] | None = None
    for snapshot, rows in line:
        if not snapshot.whole:
            continue
        content = frozenset((key, row.values) for key, row in rows.items())
        if content != last and content in seen:
            text = (
                f"{snapshot.name} registers what {seen[content].dated} did, after a change: an older one was restored"
            )
            yield Note(text, snapshot.locator, snapshot.time)
        seen[content] = snapshot
        last = content
