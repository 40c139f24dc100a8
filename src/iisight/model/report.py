"""The one document that every reporter reads."""

from dataclasses import dataclass

from iisight.model.component import Component, Verdict
from iisight.model.config import Fate
from iisight.model.coverage import Gap
from iisight.model.finding import Finding
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from iisight.model.story import LogRead, Moment

SCHEMA_VERSION = "1.2"


@dataclass(frozen=True, slots=True)
class Judged:
    """A component with its verdict and the reasons, in the order of weight."""

    component: Component
    verdict: Verdict
    reasons: tuple[str, ...]
    story: tuple[Moment, ...] = ()  # in the order of time; what has none comes first


@dataclass(frozen=True, slots=True)
class Application:
    """An application of a site."""

    path: str
    pool: str
    physical_path: str


@dataclass(frozen=True, slots=True)
class Site:
    """A site with its applications."""

    name: str
    bindings: tuple[str, ...]
    applications: tuple[Application, ...]


@dataclass(frozen=True, slots=True)
class FileRead:
    """One configuration file that was read."""

    path: str
    origin: str
    role: str  # `applicationHost.config`, `web.config`, `history`, …
    malformed: bool = False


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file says at one place of the configuration, beside what components are registered by.

    Long values, and those of sections that are not of IIS or ASP.NET, are digests; secrets are not shown.
    """

    server: str
    section: str  # `system.webServer/httpLogging`
    scope: str  # configuration path at which it is written
    element: str  # path inside the section: `site[Shop]/logFile`; empty: the section itself
    attributes: tuple[tuple[str, str], ...]
    locator: Locator
    fate: Fate = Fate.ACTIVE  # REMOVED, CLEARED: what an outer scope gave is taken away here


@dataclass(frozen=True, slots=True)
class Report:
    """What was found on one host. Same evidence and rules, same bytes."""

    schema: str
    version: str  # of iisight
    evidence: str  # name of the evidence as given, without its folder
    sites: tuple[Site, ...]
    files: tuple[FileRead, ...]
    components: tuple[Judged, ...]
    findings: tuple[Finding, ...]  # the suppressed ones included
    rules: tuple[RuleInfo, ...]  # those that were run
    gaps: tuple[Gap, ...]
    time: str | None = None  # ISO 8601, only when the caller gave one
    logs: tuple[LogRead, ...] = ()
    timeline: tuple[Moment, ...] = ()  # everything that happened, of components and of the server, in the order of time
    mapping: str = ""  # what the evidence was taken for, and so where its paths come from
    stated: tuple[Stated, ...] | None = None  # None: written by a version that did not keep it, or of logs alone
