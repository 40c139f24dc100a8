"""What was lost, counted until somebody asks."""

from iisight.model.coverage import Gap, GapKind

MAX_KINDS = 100  # that are told apart until they are asked for


class Ledger:
    """Counts what could not be read, by subject and reason; bounded, however much is wrong."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._counts: dict[tuple[GapKind, str, str], int] = {}

    def add(self, kind: GapKind, subject: str, reason: str, count: int = 1) -> None:
        """Count something."""
        key = (kind, subject, reason)
        if key not in self._counts and len(self._counts) >= MAX_KINDS:
            key = (GapKind.MALFORMED, "events", "further kinds of damage")
        self._counts[key] = self._counts.get(key, 0) + count

    def take(self) -> tuple[Gap, ...]:
        """Return what was counted, and begin anew."""
        told = tuple(Gap(*key, count) for key, count in self._counts.items())
        self._counts.clear()
        return told


class Once:
    """Tells of a state when it begins, and not again while it lasts."""

    def __init__(self, ledger: Ledger) -> None:
        """Tell it to a ledger."""
        self._ledger = ledger
        self._told: dict[str, str] = {}

    def tell(self, kind: GapKind, subject: str, reason: str) -> None:
        """Tell the state of a subject unless it was told."""
        if self._told.get(subject) != reason:
            if len(self._told) >= MAX_KINDS:
                self._told.pop(next(iter(self._told)))
            self._told[subject] = reason
            self._ledger.add(kind, subject, reason)

    def over(self, subject: str) -> None:
        """Take note that the state is over."""
        self._told.pop(subject, None)
