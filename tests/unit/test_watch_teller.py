"""Telling while the disk is full, and when the state is taken away."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iisight.model.alert import Alert
from iisight.watch import queue, state, told
from iisight.watch.database import UnusableError
from iisight.watch.queue import own_alert
from iisight.watch.teller import Teller
from iisight.watch.telling import Draft
from tests.unit.test_watch_told import change

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass
class Sent:
    """What was to be sent past the queue."""

    urged: list[Alert] = field(default_factory=list)
    woken: int = 0

    def wake(self) -> None:
        self.woken += 1

    def urge(self, alerts: Sequence[Alert]) -> None:
        self.urged += alerts


def draft(name: str) -> Draft:
    return Draft((change(None, name, name),), own_alert(NOW, "WEB01", "x" * 5_000 + name, name))


def test_a_full_disk_delays_no_alert_and_loses_none(tmp_path: Path) -> None:
    connection, sent = state.open_state(tmp_path).connection, Sent()
    teller = Teller(connection, sent)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    made = [draft(f"m{number}") for number in range(3)]
    assert [teller.commit([each], teller.next_turn()) for each in made] == [False] * 3
    assert sent.urged == [each.alert for each in made]
    assert "full" in teller.failure

    connection.execute(f"PRAGMA max_page_count = {pages + 1000}")
    assert teller.commit([], teller.next_turn())
    queue.enlist(connection, ["sink"])
    assert queue.pending(connection, "sink").alerts == tuple(each.alert for each in made)
    assert {each.change.subject for each in told.standing(connection)} == {"m0", "m1", "m2"}
    assert not teller.failure
    connection.close()


def test_a_state_that_is_taken_away_is_found_out_and_the_alert_is_sent(tmp_path: Path) -> None:
    connection, sent = state.open_state(tmp_path).connection, Sent()
    teller = Teller(connection, sent)
    (tmp_path / state.FILE_NAME).rename(tmp_path / "elsewhere")
    with pytest.raises(UnusableError):
        teller.commit([draft("evil")], teller.next_turn())
    assert [alert.message[-4:] for alert in sent.urged] == ["evil"]
    connection.close()


def test_no_number_comes_twice_after_a_kill_on_a_full_disk(tmp_path: Path) -> None:
    connection = state.open_state(tmp_path).connection
    teller = Teller(connection, Sent())
    assert teller.commit([], teller.next_turn())
    stored, unstored = teller.turn, [teller.next_turn() for _ in range(3)]
    again = Teller(connection, Sent())  # nothing of the last turns could be written
    assert again.next_turn() > stored
    assert again.turn not in unstored
    connection.close()
