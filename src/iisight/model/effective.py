"""The configuration in force at one place, line by line, with the file and line each came from."""

from dataclasses import dataclass

from iisight.model.config import Fate, Problem
from iisight.model.locator import Locator


@dataclass(frozen=True, slots=True)
class Line:
    """A setting or an entry of a collection: what it says, who said it, and what became of it here."""

    element: str  # path below the section: `add`, `failure`, `rules/rule`; empty for the section's own attribute
    attributes: tuple[tuple[str, str], ...]
    locator: Locator
    scope: str  # configuration path it was written for
    fate: Fate = Fate.ACTIVE
    by: Locator | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section as it is in force at one place."""

    path: str
    lines: tuple[Line, ...]
    faults: tuple[Problem, ...] = ()  # why it cannot be used here: requests get HTTP 500.19
    delegated: bool | None = None  # whether a web.config below may set it; None: locks are not known


@dataclass(frozen=True, slots=True)
class Effective:
    """What is in force at one place of one server."""

    evidence: str
    server: str
    scope: str  # empty: the server itself
    physical_path: str
    pool: str
    sections: tuple[SectionView, ...]
