"""What was told since the report in use was begun: what a look at everything must not tell again, and must take back.

A thing that came and went again is as it was: nothing stands of it. So the next time it comes is told, also by a look
at everything, which compares with a report that was made before all of this. What was told while such a look was under
way may be in what it read, or not: it is kept apart until the look has said.
"""

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace

from iisight.model.comparison import Change, Comparison, Side, Topic, Turn
from iisight.model.finding import Severity
from iisight.model.report import Report
from iisight.report.json import to_json
from iisight.watch.holds import not_so

TABLE = """
CREATE TABLE IF NOT EXISTS told (
  change TEXT PRIMARY KEY, turn INTEGER NOT NULL, thing TEXT NOT NULL, says TEXT NOT NULL,
  was TEXT, becomes TEXT, doubtful INTEGER NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID
---
CREATE INDEX IF NOT EXISTS told_thing ON told (thing)
"""
ALONE = 2**62  # a turn that never comes: what is told since then goes on from nothing
UNDONE = "-undone"  # ends the id of a change that took another one back


@dataclass(frozen=True, slots=True)
class Told:
    """A change that was told, in a turn."""

    turn: int
    change: Change
    doubtful: bool = False  # the report in use may have it


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at everything found different, told or not: as `thing_of` and `says_of`."""

    things: tuple[str, ...] = ()
    says: tuple[str, ...] = ()


def keep(connection: sqlite3.Connection, told: Iterable[Told], since: int = 0) -> None:
    """Keep what was told; what goes on from one that was told after turn `since`, or undoes it, takes its place."""
    for each in told:
        change = each.change
        was, becomes = _text(change.old), _text(change.new)
        before = _taken_up(connection, change, since)
        if before is not None:
            known, was = before
            connection.execute("DELETE FROM told WHERE change = ?", (known,))
            if was == becomes:
                continue
        row = (change.id, each.turn, thing_of(change), says_of(change), was, becomes, each.doubtful, to_json(change))
        connection.execute("INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def standing(connection: sqlite3.Connection, more: Iterable[Told] = ()) -> tuple[Told, ...]:
    """Return what was told and holds still, each from how it was before, in the order it was told in.

    `more` was told as well, and could not be kept yet.
    """
    if owed := tuple(more):
        with closing(sqlite3.connect(":memory:")) as beside:
            for statement in TABLE.split("---"):
                beside.execute(statement)
            keep(beside, (*standing(connection), *owed))
            return standing(beside)
    rows = connection.execute("SELECT turn, was, doubtful, body FROM told ORDER BY turn, change")
    return tuple(Told(turn, _decoded(was, body), bool(doubtful)) for turn, was, doubtful, body in rows)


def settle(connection: sqlite3.Connection) -> None:
    """Take together what was kept apart: no look at everything is under way."""
    told = standing(connection)
    connection.execute("DELETE FROM told")
    keep(connection, told)


def forget(connection: sqlite3.Connection, turn: int, seen: Seen) -> None:
    """Forget what another report has, that of a look begun at a turn: what was told before, and what it saw besides."""
    connection.execute("DELETE FROM told WHERE turn <= ?", (turn,))
    connection.executemany("DELETE FROM told WHERE says = ?", [(says,) for says in seen.says])
    connection.executemany("UPDATE told SET doubtful = 1 WHERE thing = ?", [(thing,) for thing in seen.things])


def seen_in(compared: Comparison) -> Seen:
    """Return what a comparison found different."""
    things = {thing_of(change) for change in compared.changes}
    return Seen(tuple(sorted(things)), tuple(sorted({says_of(change) for change in compared.changes})))


def left(compared: Comparison, told: Iterable[Told], turn: int, report: Report | None) -> Comparison:
    """Return what of a look at everything, begun at a turn, is to be told after what was told before.

    What was told before that turn and is not so in `report`, which the look made, was undone since, unnoticed; no
    report: the look could read less than the one before, and cannot say.
    """
    known = list(told)
    says, things = {says_of(each.change) for each in known}, {thing_of(change) for change in compared.changes}
    rest = [change for change in compared.changes if says_of(change) not in says]
    if report is not None:
        old = (t.change for t in known if t.turn < turn and not t.doubtful and thing_of(t.change) not in things)
        rest += map(_undone, not_so(old, report))
    return replace(compared, changes=tuple(rest))


def later(connection: sqlite3.Connection, turn: int) -> frozenset[str]:
    """Return what was told of after a turn, as `thing_of`."""
    return frozenset(row[0] for row in connection.execute("SELECT thing FROM told WHERE turn > ?", (turn,)))


def thing_of(change: Change) -> str:
    """Return what tells the thing that a change is of from others."""
    return _digest(change.topic, change.subject, change.what if change.topic is Topic.FINDING else "")


def says_of(change: Change) -> str:
    """Return what tells what a change says is so now from other such words, wherever it came from."""
    new = () if change.new is None else (change.new.text,)
    return _digest(change.turn, change.topic, change.subject, change.what, *new)


def _taken_up(connection: sqlite3.Connection, change: Change, since: int) -> tuple[str, str | None] | None:
    """Return id and origin of the change that this one goes on from; of one that came or went, that it undoes."""
    was, becomes = _text(change.old), _text(change.new)
    query = "SELECT change, was FROM told WHERE thing = ? AND becomes IS ? AND turn > ? AND change <> ?"
    rows = connection.execute(query, (thing_of(change), was, since, change.id)).fetchall()
    undone = [row for row in rows if row[1] == becomes]
    return next(iter(undone or (rows if was is not None and becomes is not None else ())), None)


def _text(side: Side | None) -> str | None:
    """Return the text of a side, as its JSON gives it: SQLite takes no lone surrogate."""
    return None if side is None else side.text.encode("utf-8", "backslashreplace").decode()


def _digest(*parts: str) -> str:
    """Return a digest that is the same for a text and for the text that its JSON gives."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:24]


def _undone(change: Change) -> Change:
    """Return the change that undid another."""
    turns = {Turn.ADDED: Turn.REMOVED, Turn.REMOVED: Turn.ADDED}
    return replace(
        change,
        id=f"{change.id}{UNDONE}",
        turn=turns.get(change.turn, change.turn),
        what=f"it is again as it was before this was told: {change.what}",
        old=change.new,
        new=change.old,
        weight=Severity.LOW,  # whatever it was: what was signed off is so again
    )


def _decoded(was: str | None, body: bytes) -> Change:
    import msgspec

    change = msgspec.json.decode(body, type=Change)
    place = None if change.old is None else change.old.locator
    return replace(change, old=None if was is None else Side(was, place))
