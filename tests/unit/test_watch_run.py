"""The start of a watch whose disk is full."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from iisight.engine.hearing import Ask
from iisight.engine.settings import Settings
from iisight.examine.look import Look
from iisight.model.alert import Alert, AlertKind
from iisight.model.errors import UsageError
from iisight.model.finding import Severity
from iisight.watch import run, state
from iisight.watch.database import FullError, Opened, StoreError, named, open_store
from iisight.watch.run import Ends, watch
from iisight.watch.running import Running
from iisight.watch.survey import Plan


@dataclass
class Sink:
    """Takes everything."""

    name: str = "memory"
    taken: list[Alert] = field(default_factory=list)

    def send(self, alerts: Sequence[Alert]) -> None:
        self.taken += alerts

    def close(self) -> None:
        """Hold nothing."""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(tmp_path / "server", tmp_path / "state", Look(workers=0), Settings(), Ask(), "WEB01")


def test_a_watch_on_a_full_disk_says_so_once_and_begins_when_there_is_room(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, sink, opened = [1, 2, 3], Sink(), state.open_state

    def full(folder: Path) -> Opened:
        if tries.pop() > 1:
            raise FullError("database or disk is full")
        return opened(folder)

    monkeypatch.setattr(state, "open_state", full)
    monkeypatch.setattr(run, "_FULL_PAUSE", 0.0)
    with pytest.raises(UsageError, match="not there"):  # it got as far as to look for what it is to watch
        watch(plan, (), Ends((), (sink,), Severity.LOW), Running(), lambda: (plan, ()))
    assert tries == []
    (alert,) = sink.taken
    assert (alert.kind, alert.severity) == (AlertKind.COVERAGE, Severity.HIGH)
    assert alert.message == "the watch cannot begin yet, and waits for the disk: database or disk is full"


def test_a_watch_that_waits_for_the_disk_can_be_stopped(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    running, tries = Running(), [1]

    def full(_folder: Path) -> Opened:
        tries.pop()  # a second one fails
        running.stop.set()
        raise FullError("database or disk is full")

    monkeypatch.setattr(state, "open_state", full)
    watch(plan, (), Ends((), (Sink(),), Severity.LOW), running, lambda: (plan, ()))
    assert tries == []


def test_a_full_disk_is_told_from_a_state_that_cannot_be_had(tmp_path: Path) -> None:
    connection = open_store(tmp_path / "a", lambda c: None).connection
    connection.execute("CREATE TABLE t (x)")
    connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(FullError), named():
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
    connection.close()
    (tmp_path / state.FILE_NAME).mkdir()
    with pytest.raises(UsageError) as failed:
        state.open_state(tmp_path)
    assert isinstance(failed.value.__cause__, StoreError)
