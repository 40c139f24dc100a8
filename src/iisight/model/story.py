"""The story of a component, or of a server: what happened, when, by whom, and where that stands."""

from dataclasses import dataclass
from datetime import datetime

from iisight.model.finding import Severity
from iisight.model.locator import Locator


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a story."""

    time: datetime | None  # aware, UTC; None: known that, not when
    source: str  # `Sysmon 11`, `IIS-Configuration 29`, `configuration history`, `file times`
    what: str  # one sentence
    who: str = ""  # user and chain of processes, in one line
    locator: Locator | None = None
    weight: Severity = Severity.INFO  # the highest of the findings that rest on it
    rules: tuple[str, ...] = ()
    count: int = 1  # how many alike were folded into this one
    until: datetime | None = None  # time of the last of them


@dataclass(frozen=True, slots=True)
class LogRead:
    """One event log that was read, and how much of it."""

    path: str  # Windows path, or the name it was given by
    format: str  # `evtx`, `json`, `xml`
    channels: tuple[str, ...]  # those that were seen
    records: int  # that the log holds, as far as it says
    lost: int  # of them that could not be read
    first: datetime | None = None
    last: datetime | None = None
    skipped: int = 0  # records that were not looked at because nothing searched for can be in them
