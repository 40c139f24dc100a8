"""When the whole server is looked at, on a clock of the test's own."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from iisight.engine.hearing import Ask
from iisight.engine.settings import Settings
from iisight.examine.look import Look
from iisight.watch.survey import Plan, Surveyed
from iisight.watch.surveying import EVERY, LONGEST_PAUSE, QUIET, SHARE, Surveying

DEADLINE = 60  # seconds; only a test that fails waits so long
PLAN = Plan(None, Path(), Look(), Settings(), Ask())


class Clock:
    def __init__(self) -> None:
        self.now = 500.0

    def __call__(self) -> float:
        return self.now


class Looks:
    """Looks that end at once, with the problem that is set."""

    def __init__(self, clock: Clock) -> None:
        self.problem = ""
        self.ended = Event()
        self.looks = Surveying(clock, self.ended.set, self.start)

    def take(self) -> Surveyed:
        """Return what the look found that is under way."""
        assert self.ended.wait(DEADLINE), "no look has ended"
        self.ended.clear()
        found = self.looks.take()
        assert found is not None
        return found

    def start(self, plan: Plan, turn: int, time: datetime) -> "Done":
        return Done(Surveyed(1, turn, problem=self.problem))


class Done:
    def __init__(self, found: Surveyed) -> None:
        self._found = found

    def finish(self) -> Surveyed:
        return self._found

    def kill(self) -> None:
        raise AssertionError("it has ended")


def look(made: Looks, clock: Clock, seconds: float) -> Surveying:
    """Have a look begin now, and end after some seconds."""
    assert made.looks.begin(PLAN, 1, datetime.now(UTC))
    clock.now += seconds
    assert made.take().turn == 1
    return made.looks


def test_the_first_is_due_at_once_and_no_second_beside_it() -> None:
    clock = Clock()
    made = Looks(clock)
    looks = made.looks
    assert looks.wait() == 0
    assert looks.begin(PLAN, 1, datetime.now(UTC))
    assert looks.is_running
    assert not looks.begin(PLAN, 2, datetime.now(UTC))
    made.take()
    assert not looks.is_running


def test_what_only_it_can_tell_is_looked_at_after_a_second_of_quiet() -> None:
    clock = Clock()
    looks = look(Looks(clock), clock, 0.5)
    looks.changed(only_all_tells=True)
    assert looks.wait() == QUIET


def test_what_was_told_is_confirmed_in_a_share_of_the_time() -> None:
    clock = Clock()
    looks = look(Looks(clock), clock, 8)
    looks.changed(only_all_tells=False)
    assert looks.wait() == 8 * SHARE
    looks.changed(only_all_tells=True)
    assert looks.wait() == 8


def test_a_long_one_is_not_put_off_for_ever() -> None:
    clock = Clock()
    looks = look(Looks(clock), clock, 1_000)
    looks.changed(only_all_tells=False)
    assert looks.wait() == max(LONGEST_PAUSE, 1_000)


def test_changes_that_do_not_end_do_not_put_it_off_for_ever() -> None:
    clock = Clock()
    looks = look(Looks(clock), clock, 1)
    begun = clock.now
    while looks.wait() > 0:
        looks.changed(only_all_tells=True)
        clock.now += 0.25
    assert clock.now - begun <= 1 + 10 + 1 + QUIET


def test_without_changes_it_comes_now_and_then() -> None:
    clock = Clock()
    looks = look(Looks(clock), clock, 2)
    assert looks.wait() == EVERY


def test_one_that_failed_is_tried_again_later_and_later() -> None:
    clock = Clock()
    made = Looks(clock)
    made.problem, looks = "the folder is gone", made.looks
    waits = []
    for _ in range(12):
        look(made, clock, 1)
        waits.append(looks.wait())
        clock.now += looks.wait()
    assert waits == sorted(waits)
    assert waits[0] == 2
    assert waits[-1] == LONGEST_PAUSE
