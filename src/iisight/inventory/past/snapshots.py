r"""Copies of a configuration in the order in which they were true.

The Application Host Helper Service numbers its copies (`inetpub\history\CFGHISTORY_0000000012`) and takes one at most
every two minutes (`system.applicationHost/configHistory`): the number decides, a time that contradicts it is not
believed. What has no number (backups, the files generated for pools) is placed by its time, when times can be believed.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from iisight.evidence import paths
from iisight.inventory.inventory import Copy
from iisight.model.config import Document
from iisight.model.locator import Locator

IN_FORCE = "the configuration in force"
POOL = "pool configuration"

_NUMBER = re.compile(r"\\cfghistory_(\d{1,10})\\[^\\]+\Z")
_ALIKE = timedelta(minutes=1)  # two copies of the history are two minutes apart at least


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What the configuration was at one time."""

    name: str  # `CFGHISTORY_0000000012`, `backup 'before'`, `the configuration in force`
    document: Document
    time: datetime | None  # when its file was written; None: not known, or not believed
    number: int | None = None
    whole: bool = True  # False: a pool's, without the locations of other pools' sites

    @property
    def locator(self) -> Locator:
        """Return its file."""
        return Locator(self.document.path, origin=self.document.origin)

    @property
    def dated(self) -> str:
        """Return its name with its time."""
        return self.name if self.time is None else f"{self.name} ({self.time:%Y-%m-%d %H:%M:%SZ})"


@dataclass(frozen=True, slots=True)
class Order:
    """Snapshots from the oldest to the one in force, and what could not be put among them."""

    snapshots: tuple[Snapshot, ...] = ()
    unplaced: tuple[Snapshot, ...] = ()
    doubted: tuple[Snapshot, ...] = ()  # whose times contradict their numbers; they keep their time here
    alike: bool = False  # all times are those of one moment: of whoever copied them


def in_order(copies: Sequence[Copy], in_force: Document) -> Order:
    """Return the copies in order, whatever order they come in."""
    now = Snapshot(IN_FORCE, in_force, in_force.modified)
    taken = sorted((_snapshot(c) for c in copies), key=lambda s: paths.fold(s.document.path))
    numbered = sorted((s for s in taken if s.number is not None), key=lambda s: (s.number, s.document.path))
    others = [s for s in taken if s.number is None]
    alike = _are_alike([*numbered, now])
    if alike:
        return Order((*map(_timeless, numbered), _timeless(now)), tuple(others), (), True)
    believed = _rising([*numbered, now])
    doubted = tuple(s for s in (*numbered, now) if s.time is not None and s not in believed)
    line = [s if s in believed else _timeless(s) for s in numbered]
    last = now if now in believed else _timeless(now)
    placed, unplaced = _placed(line, others)
    return Order((*placed, last), unplaced, doubted)


def _placed(line: list[Snapshot], others: list[Snapshot]) -> tuple[list[Snapshot], tuple[Snapshot, ...]]:
    """Put what has no number among what has, by time; copies without times prove no order."""
    dated = sorted((s for s in others if s.time is not None), key=lambda s: (_stamp(s), s.document.path))
    if line and not any(s.time is not None for s in line):
        return line, tuple(others)
    keyed: list[tuple[float, Snapshot]] = []
    latest = 0.0
    for snapshot in line:
        latest = max(latest, _stamp(snapshot))
        keyed.append((latest, snapshot))
    keyed += [(_stamp(s), s) for s in dated]
    keyed.sort(key=lambda pair: pair[0])  # stable: at one time the numbered come first
    return [s for _, s in keyed], tuple(s for s in others if s.time is None)


def _are_alike(snapshots: list[Snapshot]) -> bool:
    """Tell whether times are those of one copying, not of the changes: closer than the history is written."""
    times = [s.time for s in snapshots if s.time is not None]
    return len(times) > 2 and max(times) - min(times) < _ALIKE


def _rising(snapshots: list[Snapshot]) -> list[Snapshot]:
    """Return the longest run of snapshots whose times never fall: the fewest are doubted."""
    dated = [s for s in snapshots if s.time is not None]
    tails: list[float] = []
    ends: list[int] = []
    before: list[int] = []
    for index, snapshot in enumerate(dated):
        at = bisect_right(tails, _stamp(snapshot))
        before.append(ends[at - 1] if at else -1)
        tails[at : at + 1] = [_stamp(snapshot)]
        ends[at : at + 1] = [index]
    kept: list[Snapshot] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        kept.append(dated[index])
        index = before[index]
    return kept


def _snapshot(copy: Copy) -> Snapshot:
    document = copy.document
    match = _NUMBER.search(paths.lower(document.path))
    folder = paths.basename(paths.parent(document.path))
    if match is not None:
        return Snapshot(folder, document, document.modified, int(match[1]))
    if copy.role == POOL:
        name = paths.basename(document.path).rpartition(".")[0]
        return Snapshot(f"the file of pool '{name}'", document, document.modified, whole=False)
    return Snapshot(f"{copy.role} '{folder}'", document, document.modified)


def _timeless(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, time=None)


def _stamp(snapshot: Snapshot) -> float:
    return 0.0 if snapshot.time is None else snapshot.time.timestamp()
