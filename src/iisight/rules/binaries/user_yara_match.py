"""IIS230: a YARA rule of the user's matches what a component loads."""

from collections.abc import Iterable
from typing import TypeVar

from iisight.examine.yara import OWN
from iisight.inventory.inventory import Inventory
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._yara import matches, to_finding

INFO = RuleInfo(
    id="IIS230",
    title="Match of a YARA rule that was given",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=(),
)

_Level = TypeVar("_Level", Severity, Confidence)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every match, weighed as the rule's own meta says."""
    for matched in matches(inventory):
        if matched.match.source != OWN:
            meta = {name.lower(): text.strip().lower() for name, text in matched.match.meta}
            severity = _level(meta.get("severity"), INFO.severity)
            confidence = _level(meta.get("confidence"), INFO.confidence)
            yield to_finding(INFO, matched, severity, confidence)


def _level(text: str | None, default: _Level) -> _Level:
    """Return the level of a name; what is no level does not count."""
    return next((level for level in type(default) if level == text), default)
