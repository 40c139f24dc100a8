"""What was expected and not read: the difference between `clean` and `could not look`."""

from dataclasses import dataclass
from enum import StrEnum


class GapKind(StrEnum):
    """Why something was not read."""

    MISSING = "missing"  # expected, not in the evidence
    UNREADABLE = "unreadable"  # there, and the bytes could not be had
    MALFORMED = "malformed"  # there, and not what its format says; what could be read was used
    REFUSED = "refused"  # there, and outside the bounds: a bomb, a link out, a device name
    UNRESOLVED = "unresolved"  # a name that leads nowhere: a variable, an assembly, a COM class
    FAILED = "failed"  # a rule or a step of iisight failed on it


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """One thing that was not read."""

    kind: GapKind
    subject: str  # a Windows path, a section, a rule id
    reason: str
    count: int = 1  # how many alike were folded into this one
