"""Looks at everything: one that fails, hangs or is left behind."""

import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iisight.engine.hearing import Ask
from iisight.engine.settings import Settings
from iisight.examine.look import Look
from iisight.watch import state, survey
from iisight.watch.survey import Plan, Surveyed
from iisight.watch.surveying import LONGEST_LOOK, QUIET, Surveying
from iisight.watch.told import Told
from tests.faults.served import INETSRV, Served

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HANGS = (sys.executable, "-c", "import sys; sys.stdin.buffer.read()")


@dataclass
class Clock:
    """Seconds that pass when they are told to."""

    time: float = 100.0

    def __call__(self) -> float:
        return self.time


def plan(folder: Path) -> Plan:
    return Plan(folder / "server", folder / "state", Look(), Settings(), Ask(), "WEB01")


def taken(surveying: Surveying) -> Iterator[Surveyed | None]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        yield surveying.take()
        time.sleep(0.01)
    raise AssertionError("nothing was found within a minute")


def test_a_look_that_hangs_is_ended_and_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "COMMAND", HANGS)
    clock = Clock()
    surveying = Surveying(clock)
    clock.time += QUIET
    assert surveying.begin(plan(tmp_path), 1, NOW)
    assert surveying.take() is None
    clock.time += LONGEST_LOOK + 1
    found = next(filter(None, taken(surveying)))
    assert found.problem == "it took longer than 3,600 s and was ended"
    assert not surveying.is_running
    assert surveying.wait() <= 2.0  # and the next one follows soon


def test_a_look_ends_with_the_process_that_asked_for_it(tmp_path: Path) -> None:
    Served(tmp_path)  # large enough that the look takes its time
    asked = plan(tmp_path)
    state.open_state(asked.state).connection.close()
    with subprocess.Popen(survey.COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(pickle.dumps((asked, 1, NOW)))
        process.stdin.close()  # as when whoever holds it is killed
        assert process.wait(60) == 1


def test_a_state_that_cannot_be_opened_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    found = survey.survey(plan(tmp_path), 1, NOW)
    assert "unable to open database file" in found.problem


def test_what_differs_is_told_once_although_the_disk_does_not_take_the_report(tmp_path: Path) -> None:
    served, asked = Served(tmp_path), replace(plan(tmp_path), look=Look(workers=0))
    connection = state.open_state(asked.state).connection
    first = survey.survey(asked, 1, NOW)
    state.advance(connection, first.generation, 1, first.seen)
    connection.execute("CREATE TRIGGER full BEFORE INSERT ON reports BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
    served.write(f"{INETSRV}drop.dll", served.at(f"{INETSRV}loghttp.dll").read_bytes())
    found = survey.survey(asked, 2, NOW)
    assert (found.problem, found.unwritten, found.replaces) == ("", "disk is full", False)
    (draft,) = found.drafts
    assert draft.alert.message.startswith("sleeper 'drop.dll' is there")
    owed = tuple(Told(2, change) for change in draft.changes)
    assert survey.survey(replace(asked, owed=owed), 3, NOW).drafts == ()
    connection.close()


def test_a_first_report_that_the_disk_does_not_take_is_a_problem(tmp_path: Path) -> None:
    Served(tmp_path)
    asked = replace(plan(tmp_path), look=Look(workers=0))
    connection = state.open_state(asked.state).connection
    connection.execute("CREATE TRIGGER full BEFORE INSERT ON reports BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
    assert survey.survey(asked, 1, NOW).problem == "disk is full"
    connection.close()


def test_what_cannot_be_told_of_signatures_is_said_by_every_look(tmp_path: Path) -> None:
    """The second one remembers what it examined, and must not forget that there were no catalogues."""
    server = Served(tmp_path)
    plan = Plan(server.root, tmp_path / "state", Look(workers=0), Settings(), Ask(), "WEB01")
    connection = state.open_state(plan.state).connection
    found = []
    for turn in (1, 2):
        found.append(survey.survey(plan, turn, NOW))
        with connection:
            state.advance(connection, found[-1].generation, turn, found[-1].seen)
    connection.close()
    assert found[0].gaps == found[1].gaps > 0
    assert not found[1].drafts
