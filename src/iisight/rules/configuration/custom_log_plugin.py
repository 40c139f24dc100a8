"""IIS113: a COM class that IIS loads to write its log."""

from collections.abc import Iterable

from iisight.inventory.config.host import SITES
from iisight.inventory.inventory import Inventory
from iisight.inventory.track import at_path
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, is_known
from iisight.rules.configuration._weights import GRAVE, UNKNOWN, Weight, tell

INFO = RuleInfo(
    id="IIS113",
    title="Custom log plug-in",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-16",),
    options={
        "built_in": (  # W3C, IIS, NCSA and ODBC formats of IIS 6, kept by migrated servers
            "{FF160663-DE82-11CF-BC0A-00AA006111E0}",
            "{FF160657-DE82-11CF-BC0A-00AA006111E0}",
            "{FF16065F-DE82-11CF-BC0A-00AA006111E0}",
            "{FF16065B-DE82-11CF-BC0A-00AA006111E0}",
        )
    },
)

_MODULE = "CustomLoggingModule"


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every class that is not one of the built-in formats."""
    built_in = options["built_in"]
    known = {str(c).strip("{}").lower() for c in (built_in if isinstance(built_in, tuple) else (built_in,))}
    loading = {c.server for c in inventory.of(Kind.NATIVE_MODULE) if c.name == _MODULE and c.effective}
    for component in inventory.of(Kind.LOG_PLUGIN):
        clsid = (component.type or "").strip().strip("{}")
        if clsid.lower() not in known and not is_known(component):
            in_use = component.server in loading and _is_custom(inventory, component)
            why = "loads" if in_use else "names"
            message = f"the log of {_where(component)} {why} the COM class {component.type}"
            yield tell(INFO, component, _weight(in_use), message)


def _weight(in_use: bool) -> Weight:
    """Without CustomLoggingModule or logFormat=Custom nothing creates the class."""
    return GRAVE if in_use else UNKNOWN


def _where(component: Component) -> str:
    return "every site" if component.name == "customLogPluginClsid" else f"site {component.name}"


def _is_custom(inventory: Inventory, component: Component) -> bool:
    """Tell whether a row of the component, or the defaults, choose the format `Custom`."""
    own = [value for r in component.registrations for name, value in r.attributes if name == "logFormat"]
    server = inventory.server(component.server)
    defaults = at_path(server.resolver.effective(server.tree.root, SITES), "siteDefaults/logFile")
    return "custom" in {v.strip().lower() for v in own or [defaults.value("logFormat")]}
