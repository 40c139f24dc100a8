"""How closely a run looks at binaries, and the ways to do it: worker processes, or this one."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from iisight.examine.cache import Cached
from iisight.examine.examine import Examiner
from iisight.examine.pool import Job, Pool
from iisight.examine.setup import Setup
from iisight.model.examination import Examination

_REMEMBERED = 4096  # results that this process keeps when it examines by itself


class Examines(Protocol):
    """Something that examines files."""

    def examine(self, jobs: Iterable[Job]) -> Iterator[tuple[str, Examination]]:
        """Yield (name, what was found) for each (name, content), in any order."""


@dataclass(frozen=True, slots=True)
class Look:
    """What to examine with, and where."""

    setup: Setup = field(default_factory=Setup)
    workers: int | None = None  # processes; None: one for each processor; 0: none, which protects from nothing
    cache: Path | None = None  # folder that keeps results from run to run
    catalogues: tuple[Path, ...] = ()  # folders and files of signature catalogues beside those of the evidence
    problems: tuple[str, ...] = ()  # what of the user's rules could not be read

    def start(self, at: datetime | None) -> AbstractContextManager[Examines]:
        """Return what examines; signatures without a timestamp are judged at `at` unless the setup says when."""
        setup = self.setup.judged_at(at)
        inner: Pool | AbstractContextManager[Examines] = (
            nullcontext(_in_process(setup)) if self.workers == 0 else Pool(setup, self.workers)
        )
        return inner if self.cache is None else Cached(inner, self.cache, setup.fingerprint())


class _InProcess:
    """Examines in this process and remembers results by name: for tests, and for files known to be harmless."""

    def __init__(self, setup: Setup) -> None:
        self._examiner = Examiner(setup)
        self._found: dict[str, Examination] = {}

    def examine(self, jobs: Iterable[Job]) -> Iterator[tuple[str, Examination]]:
        """Yield what was found, in the order given."""
        for name, data in jobs:
            if name not in self._found:
                if len(self._found) >= _REMEMBERED:
                    self._found.clear()
                self._found[name] = self._examiner.examine(data)
            yield name, self._found[name]


@lru_cache(maxsize=2)
def _in_process(setup: Setup) -> _InProcess:
    return _InProcess(setup)
