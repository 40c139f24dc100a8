"""What came, went and was changed from one snapshot to the next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from iisight.inventory.past.rows import Key, Row
from iisight.inventory.past.snapshots import Snapshot

Rows = Mapping[Key, Row]


class How(StrEnum):
    """What became of a row."""

    CAME = "came"
    WENT = "went"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A row that came, went or was changed after `older` was true, and at the latest when `newer` was."""

    how: How
    row: Row  # as it is afterwards; as it was, when it went
    before: Row | None  # as it was, when it was changed
    older: Snapshot
    newer: Snapshot
    together: int  # how many rows came, or went, between the same two

    @property
    def differences(self) -> tuple[tuple[str, str, str], ...]:
        """Return (attribute, old, new) of what was changed, secrets masked."""
        if self.before is None:
            return ()
        was, now = dict(self.before.values), dict(self.row.values)
        old, new = self.before.shown, self.row.shown
        changed = (name for name in dict.fromkeys((*was, *now)) if was.get(name, "") != now.get(name, ""))
        return tuple((name, old.get(name, ""), new.get(name, "")) for name in changed)


def changes(line: Sequence[tuple[Snapshot, Rows]]) -> Iterator[Change]:
    """Yield what changed, in the order of the snapshots; what comes before the first whole one is left out."""
    start = next((index for index, (snapshot, _) in enumerate(line) if snapshot.whole), len(line))
    if start == len(line):
        return
    whole = last = line[start][0]
    state = dict(line[start][1])
    for snapshot, rows in line[start + 1 :]:
        yield from _between(state, rows, whole, last, snapshot)
        if snapshot.whole:
            state, whole = dict(rows), snapshot
        else:
            _learn(state, rows)
        last = snapshot


def _between(state: Rows, rows: Rows, whole: Snapshot, last: Snapshot, newer: Snapshot) -> Iterator[Change]:
    sections = {row.section for row in rows.values()}
    came = [(key, row) for key, row in rows.items() if key not in state]
    went = [row for key, row in state.items() if key not in rows and _knows(newer, sections, row)]
    for _, row in came:
        yield Change(How.CAME, row, None, whole if row.location else last, newer, len(came))
    for row in went:
        yield Change(How.WENT, row, None, whole if row.location else last, newer, len(went))
    for key, row in rows.items():
        before = state.get(key)
        if before is not None and before.values != row.values:
            yield Change(How.CHANGED, row, before, whole if row.location else last, newer, 1)


def _learn(state: dict[Key, Row], rows: Rows) -> None:
    """Take over what a pool's file says of the server as a whole."""
    sections = {row.section for row in rows.values()}
    for key in [k for k, row in state.items() if k not in rows and not row.location and row.section in sections]:
        del state[key]
    state.update(rows)


def _knows(snapshot: Snapshot, sections: set[str], row: Row) -> bool:
    """Tell whether a row that a snapshot does not have is gone: a pool's file lacks other pools' locations."""
    return snapshot.whole or (not row.location and row.section in sections)
