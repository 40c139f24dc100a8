"""The loop of a watch over real files, with a clock of the test's own."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from iisight.engine.ear import Ear
from iisight.engine.hearing import Ask
from iisight.engine.registry import Rule, all_rules
from iisight.engine.settings import Settings
from iisight.examine.look import Look
from iisight.examine.setup import Setup
from iisight.model.alert import Alert
from iisight.model.errors import UsageError
from iisight.model.finding import Severity
from iisight.watch import loop, state
from iisight.watch.courier import SinkHealth
from iisight.watch.listening import Listening
from iisight.watch.loop import Kit, Loop, World
from iisight.watch.memory import Remembered
from iisight.watch.notice import Batch, Root
from iisight.watch.running import Running
from iisight.watch.sources import watched
from iisight.watch.spool import Spool
from iisight.watch.survey import Plan, Surveyed, survey
from iisight.watch.surveying import Surveying
from iisight.watch.teller import Teller
from iisight.watch.warm import Warm
from iisight.workbench import images, signing, stock
from tests.unit.test_watch_telling import INETSRV, NAMES, built

DEADLINE = 60.0  # seconds; only a test that fails waits so long
SOON = 0.06  # seconds in which what was written settles, and nothing else is due
LOOK = Look(Setup(roots=signing.test_roots(), microsoft=signing.test_thumbprints()), workers=0)


@dataclass
class Now:
    """Both clocks."""

    seconds: float = 1000.0

    def clock(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)


class Everything:
    """A look at everything in this process, which has ended when it has begun."""

    def __init__(self, plan: Plan, turn: int, time: datetime) -> None:
        self._found = survey(plan, turn, time)

    def finish(self) -> Surveyed:
        return self._found

    def kill(self) -> None:
        """It has ended."""


@dataclass
class Noticed:
    """What is noticed next."""

    batch: Batch = field(default_factory=Batch)

    def roots(self, new: Iterable[Root]) -> None:
        """Take none: the test says what is noticed."""

    def wait(self, _seconds: float) -> Batch:
        batch, self.batch = self.batch, Batch()
        return batch


class Sinks:
    """Sinks that are well and take nothing."""

    def health(self) -> tuple[SinkHealth, ...]:
        return ()

    def wake(self) -> None:
        """Leave alerts in the queue."""

    def urge(self, alerts: Iterable[Alert]) -> None:
        raise AssertionError(f"the queue takes nothing: {alerts}")


class Watch:
    """A loop over the stock server and a catalogue of what will stand in the place of some files."""

    def __init__(self, folder: Path) -> None:
        self.root, self.time, self.noticed = folder / "server", Now(), Noticed()
        files = {**stock.stock_files(), images.STOCK_CATALOGUE: images.stock_catalogue()}
        files[images.PAGE_CATALOGUE] = images.write_catalogue(map(built, NAMES))
        for path, data in files.items():
            self.write(path, data)
        self.plan = Plan(self.root, folder / "state", LOOK, Settings(), Ask(), "WEB01")
        self.connection = state.open_state(self.plan.state).connection
        self.listening = Listening([], Ear((), Settings()), Spool(folder / "spool"), Settings(), self.time.clock, {})
        kit = Kit(
            watched(self.root), self.noticed, Sinks(), Teller(self.connection, Sinks()),
            Surveying(self.time.clock, start=Everything), self.listening, World(self.time.clock, self.time.now),
        )  # fmt: skip
        self.loop = Loop(kit, self.plan, all_rules(), lambda: Remembered(self.connection))
        self.until(lambda: self.loop.health().looked is not None)

    def write(self, path: str, data: bytes) -> None:
        file = self.root / path.replace(":", "").replace("\\", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        self.noticed.batch = Batch(frozenset({file}))

    def updates(self, name: str) -> None:
        """Replace a file as an update of Windows does, and let it settle."""
        self.write(f"{INETSRV}{name}", built(name))
        for _ in range(2):
            self.loop.step(0.0)
            self.time.seconds += SOON
        self.loop.step(0.0)

    def reloads(self, plans: Callable[[], tuple[Plan, tuple[Rule, ...]]]) -> None:
        running = Running()
        running.reload.set()
        self.loop._serve(running, plans)
        self.loop.step(0.0)

    def until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE
        while not is_so():
            assert time.monotonic() < deadline, f"told instead: {self.told()}"
            self.time.seconds += 1
            self.loop.step(0.0)
            time.sleep(0.01)

    def told(self) -> list[tuple[Severity, str]]:
        """Return severity and sentence of all that was told since this was asked last."""
        import msgspec

        rows = self.connection.execute("SELECT body FROM queue_alert ORDER BY number").fetchall()
        self.connection.execute("DELETE FROM queue_alert")
        self.connection.commit()
        alerts = [msgspec.json.decode(body, type=Alert) for (body,) in rows]
        return [(alert.severity, alert.message) for alert in alerts]

    def close(self) -> None:
        self.listening.close()
        self.connection.close()


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    monkeypatch.setattr(loop, "warmed", lambda look, at: Warm(look.setup.judged_at(at), workers=0))
    made = Watch(tmp_path)
    made.told()
    yield made
    made.close()


def test_of_an_update_the_first_file_is_told_at_once_and_the_rest_as_one(watch: Watch) -> None:
    watch.updates(NAMES[0])
    ((severity, first),) = watch.told()
    assert (severity, first.partition(":")[0]) == (Severity.LOW, "C")
    assert f"{NAMES[0]} was replaced: signed by Microsoft (catalogue), as before" in first
    watch.updates(NAMES[1])
    watch.updates(NAMES[2])
    assert watch.told() == []
    looked = watch.loop.health().looked
    watch.until(lambda: watch.loop.health().looked != looked)
    ((severity, rest),) = watch.told()
    assert severity is Severity.LOW
    assert rest.startswith("2 files were replaced, signed by Microsoft before and now")
    watch.updates(NAMES[3])
    ((_, next_one),) = watch.told()
    assert f"{NAMES[3]} was replaced" in next_one


def test_a_file_that_does_not_verify_is_told_at_once_while_an_update_goes_on(watch: Watch) -> None:
    watch.updates(NAMES[0])
    watch.told()
    watch.write(f"{INETSRV}{NAMES[1]}", built(NAMES[1], company="Acme"))
    for _ in range(3):
        watch.loop.step(0.0)
        watch.time.seconds += SOON
    ((severity, message),) = watch.told()
    assert severity is Severity.HIGH
    assert "signed by Microsoft (catalogue) → not signed" in message


def test_settings_that_can_be_read_again_are_told_to_be_in_force(watch: Watch) -> None:
    def bad() -> tuple[Plan, tuple[Rule, ...]]:
        raise UsageError("rules.toml: no such file")

    def good() -> tuple[Plan, tuple[Rule, ...]]:
        return watch.plan, all_rules()

    watch.reloads(good)
    assert watch.told() == []
    watch.reloads(bad)
    said, health = watch.told()
    assert said == (Severity.MEDIUM, "the settings and rules before stay in force: rules.toml: no such file")
    assert health[0] is Severity.MEDIUM
    assert "TROUBLE: the settings and rules before stay in force: rules.toml" in health[1]
    watch.reloads(good)
    said, health = watch.told()
    assert said == (Severity.LOW, "settings and rules can be read again, and are in force as they are now")
    assert health[0] is Severity.INFO
    assert "TROUBLE" not in health[1]
