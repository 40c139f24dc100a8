"""IIS138: a document type declaration in a configuration file that a server reads."""

from collections.abc import Iterable

from iisight.inventory.discovery import Role
from iisight.inventory.inventory import Inventory
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, finding

INFO = RuleInfo(
    id="IIS138",
    title="Document type declaration in configuration",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=(),
    attack=("T1505.004", "T1027"),
)

_READ = frozenset(
    {
        *(Role.IN_FORCE.value, Role.EXPRESS.value, "administration.config", "redirection.config"),
        *("machine.config", "root web.config", "web.config", "configSource"),
    }
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield one finding for each such file."""
    for role, document in inventory.documents:
        places = [p.locator for p in document.problems if p.code == "doctype"] if str(role) in _READ else []
        if places:
            message = f"{document.path} has a document type declaration; iisight did not read it"
            yield finding(INFO, message, [Evidence(place, "<!DOCTYPE") for place in places])
