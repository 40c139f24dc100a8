"""IIS109: a .NET module or handler whose type names no assembly, so that any file of `bin` or App_Code may be it."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.inventory.link import assembly_of
from iisight.model.config import Fate
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules.configuration._web_configs import MANAGED, SERVER, is_foreign
from iisight.rules.configuration._weights import NOTED, tell

INFO = RuleInfo(
    id="IIS109",
    title="Type that names no assembly",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-02", "L-03", "L-04"),
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield them; types of System.Web need no assembly."""
    for component in inventory.of(*MANAGED):
        type_name = component.type or ""
        rows = [r for r in component.registrations if r.fate is not Fate.UNREAD]
        if rows and type_name and not assembly_of(type_name)[0] and is_foreign(component):
            where = rows[0].scope or SERVER
            message = (
                f"{component.kind} '{component.name}' of {where} is the type {type_name} of no named assembly: "
                "bin or App_Code has it"
            )
            yield tell(INFO, component, NOTED, message)
