"""What a watch tells the moment it sees it: one change, one event, or one thing that is not watched."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from iisight.model.component import Verdict
from iisight.model.finding import Severity
from iisight.model.locator import Locator


class AlertKind(StrEnum):
    """What an alert is about."""

    CHANGE = "change"  # two states of the server differ
    EVENT = "event"  # an event log tells of something a rule speaks of
    WHO = "who"  # an event tells who made a change that was alerted before: `about` names that alert
    COVERAGE = "coverage"  # something is not watched or not read any more, or again
    HEALTH = "health"  # what is watched, since when, and what is not


@dataclass(frozen=True, slots=True)
class Concerned:
    """A component that an alert is about, as it is now; as it was, when it is gone."""

    id: str
    kind: str  # `native-module`
    name: str
    image: str = ""  # Windows path, or the .NET type when no file is known
    sha256: str = ""  # empty: no file was read
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing worth telling. Two alerts of one id are the same alert, sent twice."""

    id: str  # 32 hexadecimal digits
    time: datetime  # aware, UTC; when the watch saw it
    host: str  # what the evidence or the computer is called
    kind: AlertKind
    severity: Severity
    message: str  # one sentence; may hold any text of the evidence
    rule: str = ""  # rule id; empty when no rule speaks of it
    title: str = ""  # of the rule
    also: tuple[str, ...] = ()  # ids of further rules that speak of the same deed
    attack: tuple[str, ...] = ()  # ATT&CK techniques of the rule
    locator: Locator | None = None  # where to see it
    old: str = ""  # what it was, in one line
    new: str = ""  # what it is
    who: str = ""  # user, chain of processes and logon, in one line; empty: not known (yet)
    happened: datetime | None = None  # aware, UTC; when it was done, where an event or a file's time says so
    components: tuple[Concerned, ...] = ()
    about: str = ""  # id of the alert that this one adds to
