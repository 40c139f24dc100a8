"""Read event logs with as many processes as pay, and yield what they tell in the order of the logs."""

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice

from iisight.model.activity import Activity
from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import EvidenceError, ParseError
from iisight.model.event import Residue
from iisight.model.locator import Locator
from iisight.model.progress import Progress
from iisight.model.story import LogRead
from iisight.parsers import evtx
from iisight.telemetry.logs import Log, LogFormat
from iisight.telemetry.pool import Pool
from iisight.telemetry.search import Search
from iisight.telemetry.sift import Sifter, Tally

CHUNKS = 256  # of a task: 16 MiB
SMALL = 24 * 1024 * 1024  # bytes of all logs below which further processes cost more than they save
MAX_ACTIVITIES = 50_000  # that one task may yield


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of a log for one process."""

    number: int  # of the log
    log: Log
    places: tuple[evtx.Place, ...] = ()  # of an EVTX log that is a file here; empty: all of the log, as a stream


@dataclass(frozen=True, slots=True)
class Result:
    """What a task gave."""

    task: Task
    activities: tuple[Activity, ...]
    tally: Tally
    gaps: tuple[Gap, ...] = ()


class Gathering:
    """One run over logs: `activities` yields what they tell; then `read` and `gaps` say how much was read."""

    def __init__(self, logs: Sequence[Log], search: Search, workers: int | None, progress: Progress) -> None:
        """Prepare a run; nothing is read before `activities` is asked."""
        self._logs = logs
        self._search = search
        self._progress = progress
        self._workers = _workers(logs, workers)
        self._tallies = [Tally() for _ in logs]
        self.gaps: list[Gap] = []

    @property
    def read(self) -> tuple[LogRead, ...]:
        """Return each log with how much of it was read."""
        return tuple(_log_read(log, tally) for log, tally in zip(self._logs, self._tallies, strict=True))

    @property
    def residues(self) -> tuple[Residue, ...]:
        """Return what only the slack of the logs holds."""
        return tuple(residue for tally in self._tallies for residue in tally.residues)

    def activities(self) -> Iterator[Activity]:
        """Yield what the logs tell, in the order of the logs and of their records."""
        done, total = 0, sum(log.size or 0 for log in self._logs)
        with closing(self._results()) as results:
            for result in results:
                self._tallies[result.task.number].add(result.tally)
                self.gaps += result.gaps
                done += sum(place.size for place in result.task.places) or result.task.log.size or 0
                self._progress(result.task.log.path, done, total)
                yield from result.activities
        for log, tally in zip(self._logs, self._tallies, strict=True):
            self.gaps += _told(log, tally)
        looked_at = sum(tally.records - tally.lost - tally.skipped for tally in self._tallies)
        if looked_at and not any(tally.named for tally in self._tallies):
            asked = ", ".join((*self._search.window.hosts, *self._search.window.channels))
            reason = f"none of the {looked_at:,} events that were looked at is of {asked}"
            self.gaps.append(Gap(GapKind.MISSING, "event logs", reason))

    def _results(self) -> Generator[Result, None, None]:
        here = [n for n, log in enumerate(self._logs) if self._workers < 2 or not log.is_portable]
        there = [n for n, log in enumerate(self._logs) if n not in set(here)]
        sifter = Sifter(self._search)
        yield from (_run(sifter, task) for task in self._tasks(here))
        if there:
            yield from Pool(self._workers, partial(_start, self._search), _work, _died).map(self._tasks(there))

    def _tasks(self, numbers: Iterable[int]) -> Iterator[Task]:
        for number in numbers:
            log = self._logs[number]
            if log.file is None or log.format is not LogFormat.EVTX:
                yield Task(number, log)
                continue
            try:
                with log.open() as stream:
                    places, found = evtx.places(stream), 0
                    while some := tuple(islice(places, CHUNKS)):
                        found += len(some)
                        yield Task(number, log, some)
                    stream.seek(0)
                    if lacks := evtx.shortfall(stream.read(evtx.HEAD), found):
                        self.gaps.append(Gap(GapKind.MALFORMED, log.path, lacks))
            except (OSError, EvidenceError) as error:
                self.gaps.append(Gap(GapKind.UNREADABLE, log.path, str(error)))


def _workers(logs: Sequence[Log], wanted: int | None) -> int:
    if wanted is not None:
        return wanted
    size = sum(log.size or 0 for log in logs)
    return min(os.cpu_count() or 1, 16) if size > SMALL else 1


_sifter: Sifter | None = None  # of a worker process


def _start(search: Search) -> None:
    global _sifter  # noqa: PLW0603  a worker process has one search for all its life
    _sifter = Sifter(search)


def _work(task: Task) -> Result:
    assert _sifter is not None  # noqa: S101  the pool has started it
    return _run(_sifter, task)


def _died(task: Task) -> Result:
    reason = "the process that read it died: a part of the log was not read"
    return Result(task, (), Tally(), (Gap(GapKind.FAILED, task.log.path, reason),))


def _run(sifter: Sifter, task: Task) -> Result:
    tally, found, gaps = Tally(), list[Activity](), list[Gap]()
    try:
        for activity in _activities(sifter, task, tally):
            if len(found) == MAX_ACTIVITIES:
                reason = f"more than {MAX_ACTIVITIES:,} activities in one piece of the log: the rest was not read"
                gaps.append(Gap(GapKind.REFUSED, task.log.path, reason))
                break
            found.append(activity)
    except (OSError, EvidenceError, ParseError) as error:
        gaps.append(Gap(GapKind.UNREADABLE, task.log.path, str(error)))
    return Result(task, tuple(found), tally, tuple(gaps))


def _activities(sifter: Sifter, task: Task, tally: Tally) -> Iterator[Activity]:
    log = task.log
    locator = Locator(log.path, origin=log.name if log.name != log.path else "")
    with log.open() as stream:
        if log.format is not LogFormat.EVTX:
            yield from sifter.export(stream, locator, tally)
        elif task.places:
            yield from sifter.chunks((evtx.chunk_at(stream, place) for place in task.places), locator, tally)
        else:
            yield from sifter.chunks(evtx.all_chunks(stream, locator), locator, tally)


def _told(log: Log, tally: Tally) -> Iterator[Gap]:
    """Yield what could not be read of a log, as coverage."""
    for loss in tally.losses:
        yield Gap(GapKind.MALFORMED, str(loss.locator), loss.reason, max(loss.count, 1))
    untold = tally.lost - sum(loss.count for loss in tally.losses)
    if untold > 0:
        yield Gap(GapKind.MALFORMED, log.path, "further records that cannot be read", untold)


def _log_read(log: Log, tally: Tally) -> LogRead:
    return LogRead(
        path=log.path,
        format=log.format,
        channels=tuple(sorted(tally.channels)),
        records=tally.records,
        lost=tally.lost,
        first=tally.first,
        last=tally.last,
        skipped=tally.skipped,
    )
