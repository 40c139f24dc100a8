"""What was said before is not said again at once: a line of garbage a second must not become an alert a second."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace

from iisight.model.coverage import Gap

AGAIN = 3_600.0  # seconds
MAX_KNOWN = 1_000  # different ones that are remembered


class Said:
    """Folds gaps of one kind, subject and reason over time; what is over the bound is counted as one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with nothing said."""
        self._clock = clock
        self._held: dict[Hashable, tuple[float, Gap | None]] = {}  # when it was said, and what has come since

    def take(self, gaps: Iterable[Gap]) -> Iterator[Gap]:
        """Yield what is to be said now: what is new, and what has come again since it was said long ago."""
        now = self._clock()
        for each in gaps:
            key, gap = self._folded(each)
            said, since = self._held.get(key, (now - AGAIN, None))
            whole = gap if since is None else replace(gap, count=since.count + gap.count)
            self._held[key] = (said, whole)
        for key, (said, since) in list(self._held.items()):
            if since is not None and now - said >= AGAIN:
                self._held[key] = (now, None)
                yield since
            elif since is None and now - said >= 2 * AGAIN:
                del self._held[key]

    def _folded(self, gap: Gap) -> tuple[Hashable, Gap]:
        """Return by what a gap is known, and the gap; over the bound all are one."""
        key = (gap.kind, gap.subject, gap.reason)
        if key in self._held or len(self._held) < MAX_KNOWN:
            return key, gap
        return "more", Gap(gap.kind, "event feeds", "further reasons", gap.count)
