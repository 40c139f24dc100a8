"""What a rule says about this host, with the evidence to check it by hand."""

from dataclasses import dataclass
from enum import StrEnum

from iisight.model.locator import Locator


class Severity(StrEnum):
    """Impact if the finding is true."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return 0 (info) to 4 (critical)."""
        return tuple(Severity).index(self)


class Confidence(StrEnum):
    """How sure the rule is that what it says belongs to an intruder, and not to an administrator."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Return 0 (low) to 2 (high)."""
        return tuple(Confidence).index(self)


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """One fact a finding rests on."""

    locator: Locator
    note: str = ""  # what to see there


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why a finding does not count: who said so and the reason given."""

    reason: str
    source: str  # `iisight.toml:12` or `--ignore`


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule found on this host. Title, reason and remedy are static: see RuleInfo."""

    rule: str  # rule id
    message: str  # this host's facts, one sentence
    severity: Severity
    confidence: Confidence
    evidence: tuple[Evidence, ...]
    components: tuple[str, ...] = ()  # component ids
    scope: str = ""  # configuration path, when it concerns a place and no component
    fingerprint: str = ""  # stable id for suppression and diff, set by the engine
    suppressed: Suppression | None = None
