"""A watch over real files in this process, on clocks of the test's own: what is told at once, and what later."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from iisight.engine.ear import Ear
from iisight.engine.hearing import Ask
from iisight.engine.registry import all_rules
from iisight.engine.settings import Settings
from iisight.examine.look import Look
from iisight.model.finding import Severity
from iisight.watch import state, surveying
from iisight.watch.listening import Listening
from iisight.watch.loop import Kit, Loop, World
from iisight.watch.memory import Remembered
from iisight.watch.notice import Batch, Notices, Root
from iisight.watch.running import Running
from iisight.watch.sources import watched
from iisight.watch.spool import Spool
from iisight.watch.survey import SPOOL, Plan, Process, Surveyed, survey
from iisight.watch.teller import Teller
from iisight.workbench import stock

CALM = 0.1  # seconds without a notification after which there is none on its way
DEADLINE = 30.0  # seconds; only a test that fails waits so long
SETTLED = 0.06  # seconds after which a file that does not change is looked at
ROUNDS = 4  # looks at everything that one deed causes at most
INETSRV = "C:\\Windows\\System32\\inetsrv\\"
_KEPT = ("w3core", "loghttp", "cachuri", "static", "authanon")

Alert = dict[str, Any]
"""An alert as the queue has it."""


def small_stock() -> dict[str, bytes]:
    """Return the stock server with few of its modules' files, so that a look at everything takes little time."""
    named = ((path, data, path.rpartition("\\")[2].lower()) for path, data in stock.stock_files().items())
    return {p: d for p, d, n in named if not p.startswith(INETSRV) or n.startswith(_KEPT) or n.endswith(".config")}


@dataclass
class Time:
    """The clocks of a watch."""

    seconds: float = 1_000.0  # never set back
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def pass_by(self, seconds: float) -> None:
        """Let time go by."""
        self.seconds += seconds
        self.now += timedelta(seconds=seconds)


class Place:
    """A served folder, and a watch over it that goes on when the test says so."""

    def __init__(self, folder: Path, files: Mapping[str, bytes | str]) -> None:
        self.root = folder / "server"
        self.time = Time()
        self.problems: list[str] = []  # of the next looks at everything, which find nothing then
        self.processes: list[Process] = []  # looks at everything in a process of their own
        self.in_processes = False
        self.surveys = 0
        for path, data in files.items():
            self.write(path, data)
        self.plan = Plan(self.root, folder / "state", Look(workers=0), Settings(), Ask(), "WEB01")
        self._told = 0
        self._start()
        self.new()

    def _start(self) -> None:
        what, rules = watched(self.root), all_rules()
        self._connection = state.open_state(self.plan.state).connection
        self._notices = _Noticed(Notices(what.roots(())))
        ear, spool = Ear(rules, self.plan.settings, None), Spool(self.plan.state / SPOOL)
        self._surveying = surveying.Surveying(self._clock, self._notices.inner.wake, self._survey)
        kit = Kit(
            watched=what,
            notices=self._notices,
            sending=_Nowhere(),
            teller=Teller(self._connection, _Nowhere()),
            surveying=self._surveying,
            listening=Listening((), ear, spool, self.plan.settings, self._clock, {}),
            world=World(self._clock, lambda: self.time.now),
            least=Severity.LOW,
        )
        self.loop = Loop(kit, self.plan, rules, lambda: Remembered(self._connection))
        self._look_at_everything()

    def _clock(self) -> float:
        return self.time.seconds

    def _survey(self, plan: Plan, turn: int, at: datetime) -> surveying.Look:
        self.surveys += 1
        if self.in_processes:
            self.processes.append(Process(plan, turn, at))
            return self.processes[-1]
        return _Looked(Surveyed(0, turn, problem=self.problems.pop(0)) if self.problems else survey(plan, turn, at))

    def restart(self, deed: Callable[[], object]) -> list[Alert]:
        """End the watch, do something while nobody watches, and return what the watch tells that is started then."""
        self.close()
        deed()
        self._start()
        return self.new()

    def close(self) -> None:
        """End the watch."""
        running = Running()
        running.stop.set()
        self.loop.run(running, lambda: (self.plan, ()))
        self._notices.inner.close()
        self._connection.close()

    # Files

    def at(self, path: str) -> Path:
        """Return where the file of a Windows path is on this machine."""
        return self.root / path.replace(":", "").replace("\\", "/")

    def write(self, path: str, data: bytes | str) -> None:
        """Write a file in place."""
        file = self.at(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data.encode() if isinstance(data, str) else data)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace the first place of a text."""
        text = self.at(path).read_text("utf-8")
        assert old in text
        self.write(path, text.replace(old, new, 1))

    def line_of(self, path: str, part: str) -> int:
        """Return the line of a text in a file."""
        text = self.at(path).read_text("utf-8")
        return text[: text.index(part)].count("\n") + 1

    # Going on

    def at_once(self) -> list[Alert]:
        """Return what is told of what was done, before everything is looked at."""
        surveys = self.surveys
        self._look()
        assert self.surveys == surveys
        return self.new()

    def later(self) -> list[Alert]:
        """Return what the looks at everything tell that follow."""
        for _ in range(ROUNDS):
            if not self._look_at_everything():
                break
            self._look()
        return self.new()

    def until(self, words: str) -> None:
        """Wait for what only a look at the watched folder itself can tell, which is made once a second."""
        end = time.monotonic() + DEADLINE
        while not any(words in alert["message"] for alert in self.new()):
            assert time.monotonic() < end, f"'{words}' is not told"
            self.loop.step(CALM)

    def new(self) -> list[Alert]:
        """Return what was told since this was asked last."""
        query = "SELECT number, body FROM queue_alert WHERE number > ? ORDER BY number"
        rows = self._connection.execute(query, (self._told,)).fetchall()
        self._told = max([self._told, *(number for number, _ in rows)])
        return [json.loads(body) for _, body in rows]

    def _look(self) -> None:
        """Hear what there is to be noticed, and look at it once it is calm."""
        calm = time.monotonic() + CALM
        while time.monotonic() < calm:
            heard = self._notices.heard
            self.loop.step(0.02)
            if self._notices.heard > heard:
                calm = time.monotonic() + CALM
        for _ in range(2):
            self.time.pass_by(SETTLED)
            self.loop.step(0.0)

    def _look_at_everything(self) -> bool:
        """Look at everything if a change has made that due; tell whether it has."""
        due = self._surveying.wait()
        if due > surveying.EVERY / 2:
            return False
        self.time.pass_by(due)
        self.loop.step(0.0)
        end = time.monotonic() + DEADLINE
        while self._surveying.is_running:
            assert time.monotonic() < end, "the look at everything does not end"
            self.loop.step(0.01)
        return True


class _Noticed:
    """Notices, counted."""

    def __init__(self, inner: Notices) -> None:
        self.inner = inner
        self.heard = 0

    def roots(self, new: Iterable[Root]) -> None:
        self.inner.roots(new)

    def wait(self, seconds: float) -> Batch:
        batch = self.inner.wait(min(seconds, CALM))
        self.heard += bool(batch)
        return batch


class _Looked:
    """A look at everything that has ended."""

    def __init__(self, found: Surveyed) -> None:
        self._found = found

    def finish(self) -> Surveyed:
        return self._found

    def kill(self) -> None:
        pass


class _Nowhere:
    """No sink: the test reads the queue."""

    def health(self) -> tuple[()]:
        return ()

    def wake(self) -> None:
        pass

    def urge(self, alerts: object) -> None:
        pass
