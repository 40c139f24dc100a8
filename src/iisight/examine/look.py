"""How closely a run looks at binaries, and the ways to do it: worker processes, or this one."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from iisight.examine.cache import Cached
from iisight.examine.examine import Examiner
from iisight.examine.pool import Pool
from iisight.examine.setup import Setup
from iisight.model.examination import Examination

_REMEMBERED = 4096  # results that this process keeps when it examines by itself


class Examines(Protocol):
    """Something that examines files."""

    def submit(self, name: str, data: bytes) -> None:
        """Have a file examined; the name, its SHA-256, comes back with the answer."""

    def results(self) -> dict[str, Examination]:
        """Return what was found in each file so far submitted."""


@dataclass(frozen=True, slots=True)
class Look:
    """What to examine with, and where."""

    setup: Setup = field(default_factory=Setup)
    workers: int | None = None  # processes; None: one for each processor; 0: none, which protects from nothing
    cache: Path | None = None  # folder that keeps results from run to run
    catalogues: tuple[Path, ...] = ()  # folders and files of signature catalogues beside those of the evidence
    problems: tuple[str, ...] = ()  # what of the user's rules could not be read
    libraries: bool = False  # the mere libraries of `bin` folders too

    def start(self, at: datetime | None) -> AbstractContextManager[Examines]:
        """Return what examines; signatures without a timestamp are judged at `at` unless the setup says when."""
        setup = self.setup.judged_at(at)
        inner: Pool | AbstractContextManager[Examines] = (
            nullcontext(_InProcess(_remembering(setup))) if self.workers == 0 else Pool(setup, self.workers)
        )
        return inner if self.cache is None else Cached(inner, self.cache, setup.fingerprint())


class _InProcess:
    """Examines in this process and remembers results by name: for tests, and for files known to be harmless."""

    def __init__(self, examine: Callable[[str, bytes], Examination]) -> None:
        self._examine = examine
        self._found: dict[str, Examination] = {}

    def submit(self, name: str, data: bytes) -> None:
        """Examine a file."""
        self._found[name] = self._examine(name, data)

    def results(self) -> dict[str, Examination]:
        """Return what was found."""
        return self._found


@lru_cache(maxsize=2)
def _remembering(setup: Setup) -> Callable[[str, bytes], Examination]:
    """Return what examines with a setup, and remembers results by name."""
    examiner = Examiner(setup)
    found: dict[str, Examination] = {}

    def examine(name: str, data: bytes) -> Examination:
        if name not in found:
            if len(found) >= _REMEMBERED:
                found.clear()
            found[name] = examiner.examine(data)
        return found[name]

    return examine
