"""IIS504: the evidence has event logs, and none of IIS's configuration: who changed it is not known."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.model.activity import Act
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from iisight.rules._case import Case
from iisight.rules._common import Options, finding
from iisight.rules._events import event_evidence
from iisight.rules.correlation._joins import acts, has_channel

INFO = RuleInfo(
    id="IIS504",
    title="No record of configuration changes",
    severity=Severity.INFO,
    confidence=Confidence.HIGH,
    mechanisms=(),
    attack=("T1505.004", "T1562.002"),
)


def check(case: Case, options: Options) -> Iterable[Finding]:
    """Yield once that no log tells who changed the configuration."""
    if case.inventory is None or not case.logs or has_channel(case):
        return
    own = [log for log in case.logs if "iis-configuration" in paths.basename(log.path).lower()]
    if own:
        what = f"{own[0].path} is in the evidence and has no record: the log is off, or was emptied"
        place = own[0].path
    else:
        number = f"{len(case.logs):,} event logs" if len(case.logs) > 1 else "event log"
        what = (
            f"no record in the {number} of the evidence is of Microsoft-IIS-Configuration/Operational (off by default)"
        )
        place = case.logs[0].path
    switched = [a for a, x in acts(case, Act.CLEAR, Act.BLIND) if "iis-configuration" in x.subject.lower()]
    evidence = [Evidence(Locator(place), "has none"), *(event_evidence(a) for a in switched[:3])]
    yield finding(
        INFO, f"{what}; changes of the configuration are known from its copies and from commands alone", evidence
    )
