"""IIS145: a delegation rule of Web Deploy that lets its users run commands."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.inventory.track import Follower
from iisight.model.component import Component, Kind
from iisight.model.config import Element, Fate
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


_SECTION = "system.webServer/management/delegation"
_EVERYBODY = frozenset(
    {
        *("*", "everyone", "users", "builtin\\users", "authenticated users", "nt authority\\authenticated users"),
        *("iis_iusrs", "builtin\\iis_iusrs"),
    }
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every rule among whose providers is `runCommand`, by name or by wildcard."""
    elements = {
        (server.name, str(track.entry.locator)): track.element
        for server in inventory.servers
        for track in Follower(server, _SECTION).entries()
    }
    for component in inventory.of(Kind.DEPLOY_RULE):
        providers = {p.strip().lower() for p in component.arguments.split(",")}
        if providers & _COMMANDS and component.type is None:
            rows = (elements.get((component.server, str(r.locator))) for r in component.registrations)
            yield _finding(component, [row for row in rows if row is not None])


def _finding(component: Component, rows: list[Element]) -> Finding:
    attributes = {name: value for r in component.registrations for name, value in r.attributes}
    path = f" below '{attributes['path']}'" if attributes.get("path") else ""
    text = f"Web Deploy lets delegated users run commands{path}: providers '{component.arguments}'"
    gone = all(r.fate in _GONE for r in component.registrations)
    if gone or attributes.get("enabled", "true").lower() == "false":
        return finding(INFO, f"{text}, switched off", evidence_of(component), component, severity=Severity.LOW)
    wide = ", ".join(dict.fromkeys(said for row in rows for said in (_everybody(row), _account(row)) if said))
    if wide:
        return finding(INFO, f"{text}, {wide}", evidence_of(component), component, confidence=Confidence.MEDIUM)
    return finding(INFO, text, evidence_of(component), component)


def _everybody(row: Element) -> str:
    """Say that the rule is not for named accounts; empty when it is."""
    allowed = [u for holder in row.all("permissions") for u in holder.all("user") if _allows(u)]
    return "for everybody" if any(u.get("name").strip().lower() in _EVERYBODY for u in allowed) else ""


def _allows(user: Element) -> bool:
    return user.get("accessType").lower() != "deny"


def _account(row: Element) -> str:
    """Say as which account of its own the commands run; empty when they run as the caller or the service."""
    run_as = row.child("runAs")
    if run_as is None or run_as.get("identityType").lower() != "specificuser":
        return ""
    return f"as the account '{run_as.get('userName')}'"
