"""What was told is not told again, and what was undone unnoticed is."""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace

import pytest

from iisight.model.comparison import COMPARISON_SCHEMA, Change, Compared, Comparison, Side, Topic, Turn
from iisight.model.finding import Severity
from iisight.model.locator import Locator
from iisight.model.report import Stated
from iisight.watch import told
from iisight.watch.told import Told
from tests.builders import reports

SIDE = Compared("server", "1", None, "", 0)


@pytest.fixture
def connection() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in told.TABLE.split("---"):
        connection.execute(statement)
    return connection


def change(old: str | None, new: str | None, subject: str = "module", topic: Topic = Topic.COMPONENT) -> Change:
    turn = Turn.ADDED if old is None else Turn.REMOVED if new is None else Turn.CHANGED
    was, becomes = (None if text is None else Side(text) for text in (old, new))
    known = ascii(f"{subject} {old}>{new}").strip("'")
    return Change(known, turn, topic, subject, f"{subject} {turn}", was, becomes, Severity.LOW)


def compared(*changes: Change) -> Comparison:
    return Comparison(COMPARISON_SCHEMA, "1", SIDE, SIDE, changes)


def left(connection: sqlite3.Connection, turn: int, *changes: Change, there: bool = False) -> list[str]:
    """Return what is left to tell by a look that finds changes, and the module there or not."""
    found = reports.report(components=(reports.judged("m", id="module"),) if there else ())
    rest = told.left(compared(*changes), told.standing(connection), turn, found)
    return [each.what for each in rest.changes]


def keep(connection: sqlite3.Connection, *steps: tuple[int, Change], since: int = 0) -> None:
    for turn, each in steps:
        told.keep(connection, [Told(turn, each)], since)


def ids(standing: Iterable[Told]) -> list[str]:
    return [each.change.id for each in standing]


def test_what_was_told_is_not_told_again(connection: sqlite3.Connection) -> None:
    keep(connection, (1, change(None, "evil")))
    assert left(connection, 2, change(None, "evil")) == []


def test_what_the_disk_has_not_taken_yet_stands_with_what_it_has_as_if_it_had(connection: sqlite3.Connection) -> None:
    keep(connection, (1, change(None, "evil")), (1, change(None, "b", "other")))
    owed = [Told(2, change("evil", None)), Told(3, change("b", "c", "other"))]
    (left,) = told.standing(connection, owed)
    assert (left.change.old, left.change.new) == (None, Side("c"))
    assert len(told.standing(connection)) == 2


def test_what_came_and_went_and_came_again_unnoticed_is_told(connection: sqlite3.Connection) -> None:
    keep(connection, (1, change(None, "evil")), (2, change("evil", None)))
    assert ids(told.standing(connection)) == []
    assert left(connection, 3, change(None, "evil")) == ["module added"]


def test_what_was_told_gone_and_is_back_unnoticed_is_told(connection: sqlite3.Connection) -> None:
    keep(connection, (1, change("evil", None)))
    assert left(connection, 2, there=True) == ["it is again as it was before this was told: module removed"]


def test_what_changed_in_steps_is_one_change(connection: sqlite3.Connection) -> None:
    keep(connection, (1, change("a", "b")), (2, change("b", "c")))
    assert left(connection, 3, change("a", "c")) == []
    keep(connection, (4, change("c", "a")))
    assert ids(told.standing(connection)) == []


def test_two_things_of_one_subject_stand_side_by_side(connection: sqlite3.Connection) -> None:
    keep(connection, (1, change(None, "a")), (2, change(None, "b")), (3, change("a", None)))
    assert ids(told.standing(connection)) == ["module None>b"]


def test_what_is_told_during_a_look_is_kept_apart_until_it_has_ended(connection: sqlite3.Connection) -> None:
    keep(connection, (1, change(None, "evil")))
    keep(connection, (3, change("evil", None)), since=2)
    assert ids(told.standing(connection)) == ["module None>evil", "module evil>None"]
    told.forget(connection, 2, told.seen_in(compared(change(None, "evil"))))
    assert left(connection, 4, change("evil", None)) == []


def test_what_a_look_has_seen_itself_does_not_stand_after_it(connection: sqlite3.Connection) -> None:
    keep(connection, (3, change(None, "evil")), since=2)
    told.forget(connection, 2, told.seen_in(compared(change(None, "evil"))))
    assert left(connection, 4) == []


def test_what_a_look_may_have_seen_is_not_said_to_be_undone(connection: sqlite3.Connection) -> None:
    keep(connection, (3, change(None, "b")), since=2)
    told.forget(connection, 2, told.seen_in(compared(change("a", "c"))))
    assert left(connection, 4) == []


def test_a_look_that_failed_leaves_what_was_told_as_one(connection: sqlite3.Connection) -> None:
    keep(connection, (1, change(None, "evil")))
    keep(connection, (3, change("evil", None)), since=2)
    told.settle(connection)
    assert ids(told.standing(connection)) == []


def test_what_is_gone_unnoticed_is_told_only_by_a_look_that_could_read_as_much(connection: sqlite3.Connection) -> None:
    keep(connection, (1, change(None, "evil")))
    assert told.left(compared(), told.standing(connection), 2, None).changes == ()
    assert left(connection, 2, there=True) == []
    assert left(connection, 2) == ["it is again as it was before this was told: module added"]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("Shop", ["it is again as it was before this was told: httpLogging at Shop is no longer set"]),
        ("Other", []),
    ],
)
def test_a_setting_that_was_told_gone_and_is_back_unnoticed_is_told(
    connection: sqlite3.Connection, scope: str, expected: list[str]
) -> None:
    logging = "system.webServer/httpLogging"
    gone = replace(change('dontLog="true"', None, logging, Topic.LOGGING), what="httpLogging at Shop is no longer set")
    keep(connection, (1, gone))
    stated = Stated("IIS", logging, scope, "", (("dontLog", "true"),), Locator(reports.HOST, 1))
    found = reports.report(stated=(stated,))
    rest = told.left(compared(), told.standing(connection), 2, found)
    assert [each.what for each in rest.changes] == expected


def test_a_lone_surrogate_is_the_same_as_what_its_json_gives(connection: sqlite3.Connection) -> None:
    keep(connection, (1, change(None, "\udc80")))
    assert left(connection, 2, change(None, "\\udc80")) == []
