"""A worker process that stays: a dropped file is examined at once, and not once a process has started."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime

from iisight.examine.look import Examines, Look
from iisight.examine.pool import Pool
from iisight.model.examination import Examination


class _Standing:
    """One worker for every look of a watch; what it found is forgotten with the look that asked."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def submit(self, name: str, data: bytes) -> None:
        """Have a file examined."""
        self._pool.submit(name, data)

    def results(self) -> dict[str, Examination]:
        """Return what was found in each file submitted since this was asked last."""
        found = self._pool.results()
        self._pool.forget()
        return found


@dataclass(frozen=True, slots=True)
class Warm(Look):
    """A look whose worker outlives it; `close` ends the worker."""

    pool: Pool | None = field(default=None, compare=False, repr=False)

    def start(self, at: datetime | None) -> AbstractContextManager[Examines]:
        """Return what examines; `at` is that of the setup already."""
        return Look.start(self, at) if self.pool is None else nullcontext(_Standing(self.pool))

    def close(self) -> None:
        """End the worker."""
        if self.pool is not None:
            self.pool.close()


def warmed(look: Look, at: datetime) -> Warm:
    """Return a look with a worker that is ready soon; signatures without a timestamp are judged at a time."""
    setup = look.setup.judged_at(at)
    pool = Pool(setup, 1)
    pool.warm_up()
    return Warm(setup, look.workers, look.cache, look.catalogues, look.problems, look.libraries, pool)
