"""What a server does against ATT&CK T1505.004, check by check: the document that `iisight harden` writes."""

from dataclasses import dataclass, field
from enum import StrEnum

from iisight.model.coverage import Gap
from iisight.model.finding import Evidence, Severity
from iisight.model.rule import RuleInfo

POSTURE_SCHEMA = "1.0"
_WEIGHTS = {Severity.INFO: 0, Severity.LOW: 1, Severity.MEDIUM: 3, Severity.HIGH: 6, Severity.CRITICAL: 10}
MITIGATIONS = {
    "M1026": "Privileged Account Management",
    "M1038": "Execution Prevention",
    "M1045": "Code Signing",
    "M1047": "Audit",
}
"""The mitigations that ATT&CK names for T1505.004."""


class Answer(StrEnum):
    """What a check says, the gravest first."""

    FAIL = "fail"
    UNKNOWN = "unknown"  # what would tell is not in the evidence
    PASS = "pass"  # noqa: S105  no secret
    NOT_APPLICABLE = "not-applicable"


class Input(StrEnum):
    """What a check rests on: without it the check cannot pass."""

    CONFIGURATION = "configuration"  # applicationHost.config in force, whole
    WEB_CONFIGS = "web.config files"  # the folder of every application, and every web.config in it whole
    FRAMEWORK = "framework configuration"  # the root web.config
    ADMINISTRATION = "administration.config"
    SYSTEM = "registry hive SYSTEM"
    SOFTWARE = "registry hive SOFTWARE"


@dataclass(frozen=True, slots=True)
class Reference:
    """Where somebody else asks for the same."""

    scheme: str  # `CIS IIS 10 v1.1.1`, `STIG IIS 10.0 Server V3R7`
    id: str  # `1.4`, `IIST-SV-000144 (V-218814)`
    title: str


@dataclass(frozen=True, slots=True)
class CheckInfo(RuleInfo):
    """Static knowledge of one check. `severity` is what it costs to fail it; `confidence` says nothing here."""

    mitigation: str = ""  # `M1026`
    remedy: str = ""  # what to change, in the imperative
    references: tuple[str, ...] = ()  # ids of `rules/hardening/data/references.csv`
    rests_on: tuple[Input, ...] = ()

    @property
    def weight(self) -> int:
        """Return the points that a pass is worth."""
        return _WEIGHTS[self.severity]


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing a check speaks of, as a value that a program can act on."""

    kind: str  # `pool`, `site`, `path`, `key`, `section`, `image`, `channel`, `account`, `setting`
    name: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """One thing a check found out about this host."""

    answer: Answer
    message: str  # this host's facts, one sentence
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()  # what is needed to know, when the answer is unknown
    subjects: tuple[Subject, ...] = ()
    by_default: bool = False  # a fail because nothing says otherwise: not one where something was not read


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check says of this host: the gravest of its points."""

    id: str
    title: str
    mitigation: str
    answer: Answer
    weight: int
    remedy: str
    references: tuple[Reference, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Points of one mitigation. What is not known counts as possible and never as earned."""

    mitigation: str
    title: str
    earned: int
    failed: int
    unknown: int
    reasons: tuple[str, ...] = ()  # why it is not full: ids of checks, the heaviest first

    @property
    def possible(self) -> int:
        """Return the points that could be earned."""
        return self.earned + self.failed + self.unknown


@dataclass(frozen=True, slots=True)
class Change:
    """A change to the server and what it gains."""

    check: str
    remedy: str
    gain: int  # points
    why: str


class Told(StrEnum):
    """Whether this server could have told of what a rule looks for."""

    YES = "yes"
    UNKNOWN = "unknown"
    NO = "no"


@dataclass(frozen=True, slots=True)
class RuleCoverage:
    """One rule of iisight, and whether it could have seen anything here."""

    rule: str
    title: str
    told: Told
    sources: tuple[str, ...]  # what it looks at: `Security 4688`, `configuration`
    reasons: tuple[str, ...]  # why not, or why nobody can tell


class Installs(StrEnum):
    """Whether somebody who is no administrator can make IIS load code at an application."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class InstallRow:
    """One application: who can install a component there without being administrator."""

    scope: str  # configuration path
    pool: str
    identity: str
    folder: str
    delegated: tuple[str, ...]  # sections that its web.config may set
    writers: tuple[str, ...]  # who may write web.config or bin
    installs: Installs
    how: tuple[str, ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Posture:
    """Everything `iisight harden` says of one host. Same evidence and checks, same bytes."""

    posture: str  # version of this document
    version: str  # of iisight
    evidence: str
    mapping: str
    checks: tuple[CheckResult, ...]
    scores: tuple[Score, ...]
    first: tuple[Change, ...]  # the changes that gain most
    installs: tuple[InstallRow, ...]
    coverage: tuple[RuleCoverage, ...]
    gaps: tuple[Gap, ...] = field(default=())
    time: str | None = None
