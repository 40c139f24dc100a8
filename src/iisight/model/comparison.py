"""What differs between two reports of one server."""

from dataclasses import dataclass
from enum import StrEnum

from iisight.model.finding import Severity
from iisight.model.locator import Locator

COMPARISON_SCHEMA = "1.0"


class Turn(StrEnum):
    """What became of something."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"  # the same, at another line, in another file or at another scope
    UNKNOWN = "cannot-tell"  # one side could not be read there


class Topic(StrEnum):
    """What a change is about."""

    COMPONENT = "component"
    REGISTRATION = "registration"
    IN_FORCE = "in-force"
    BINARY = "binary"
    SIGNATURE = "signature"
    LOGGING = "logging"
    SETTING = "setting"
    SITE = "site"
    FILE = "file"
    FINDING = "finding"
    COVERAGE = "coverage"


@dataclass(frozen=True, slots=True)
class Side:
    """What one report says of it."""

    text: str
    locator: Locator | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `old` is None where the old report has nothing of it, `new` where the new one has nothing."""

    id: str  # stable: the same for the same difference, wherever it is found
    turn: Turn
    topic: Topic
    subject: str  # component id, Windows path, configuration section, site, rule id
    what: str  # one sentence
    old: Side | None
    new: Side | None
    weight: Severity
    components: tuple[str, ...] = ()  # ids of those it concerns, as the new report has them if it does


@dataclass(frozen=True, slots=True)
class Compared:
    """One of the two reports."""

    evidence: str
    version: str  # of iisight
    time: str | None
    mapping: str
    gaps: int  # things that could not be read
    baseline: str = ""  # `'name', signed off by who at when: why`, when it is one


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs, the weightiest first. Same reports, same bytes."""

    schema: str
    version: str
    old: Compared
    new: Compared
    changes: tuple[Change, ...]

    @property
    def counting(self) -> tuple[Change, ...]:
        """Return the changes of the server: not what moved, what cannot be told, and what is read or not."""
        quiet = (Turn.MOVED, Turn.UNKNOWN)
        return tuple(c for c in self.changes if c.turn not in quiet and c.topic is not Topic.COVERAGE)
