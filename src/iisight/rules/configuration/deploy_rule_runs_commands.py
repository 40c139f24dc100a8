"""IIS145: a delegation rule of Web Deploy that lets its users run commands."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.config import Fate
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, evidence_of, finding

INFO = RuleInfo(
    id="IIS145",
    title="Deployment rule that runs commands",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-30",),
    attack=("T1505.004", "T1059"),
)
_COMMANDS = frozenset({"runcommand", "*"})
_GONE = frozenset({Fate.REMOVED, Fate.CLEARED, Fate.UNREAD})


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every rule among whose providers is `runCommand`, by name or by wildcard."""
    for component in inventory.of(Kind.DEPLOY_RULE):
        providers = {p.strip().lower() for p in component.arguments.split(",")}
        if providers & _COMMANDS and component.type is None:
            yield _finding(component)


def _finding(component: Component) -> Finding:
    attributes = {name: value for r in component.registrations for name, value in r.attributes}
    path = f" below '{attributes['path']}'" if attributes.get("path") else ""
    text = f"Web Deploy lets delegated users run commands{path}: providers '{component.arguments}'"
    gone = all(r.fate in _GONE for r in component.registrations)
    if not gone and attributes.get("enabled", "true").lower() != "false":
        return finding(INFO, text, evidence_of(component), component)
    return finding(INFO, f"{text}, switched off", evidence_of(component), component, severity=Severity.LOW)
