"""IIS108: a module, handler or filter that a web.config adds below the server."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.inventory.link import assembly_of
from iisight.model.component import Component, ImageState, Kind, Registration
from iisight.model.config import Fate
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules.configuration._asset_folders import ASSET_FOLDERS, asset_scope
from iisight.rules.configuration._web_configs import (
    ADDED,
    MANAGED,
    app_of,
    collected_bins,
    from_web_config,
    is_foreign,
    scope_of_file,
    sees_everything,
)
from iisight.rules.configuration._weights import NOTED, ODD, UNKNOWN, Weight, tell

INFO = RuleInfo(
    id="IIS108",
    title="Component added by a web.config",
    severity=Severity.INFO,
    confidence=Confidence.LOW,
    mechanisms=("L-02", "L-03", "L-04", "L-05", "L-06"),
    options={"asset_folders": ASSET_FOLDERS},
)

_FETCHED = frozenset({"get", "head"})


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every component that is nobody's we know and that content brings in."""
    bins = collected_bins(inventory)
    for component in inventory.of(*ADDED):
        first = next(from_web_config(component), None)
        if first is not None and first.fate is not Fate.UNREAD and is_foreign(component):
            absent = _is_absent(inventory, component, first, bins)
            weight = _weight(inventory, component, first) if absent else (INFO.severity, INFO.confidence)
            code = component.type or component.image or "registered elsewhere"
            what = ", whose assembly is not among those collected from bin" if absent else ""
            asset = _asset(inventory, component, options)
            if asset:
                weight, what = ODD, f" in the asset folder '{asset}'{what}"
            message = f"the web.config of {first.scope} adds {component.kind} '{component.name}' ({code}){what}"
            yield tell(INFO, component, weight, message)


def _weight(inventory: Inventory, component: Component, registration: Registration) -> Weight:
    """Code that is asked for every request and whose file is gone broke the site, or was cleaned away."""
    return UNKNOWN if sees_everything(inventory, component, registration) else NOTED


def _asset(inventory: Inventory, component: Component, options: Options) -> str:
    """Return the folder without code for which a web.config adds managed code; a maker of thumbnails may be there."""
    if component.kind not in MANAGED or not component.type or _serves_files(component):
        return ""
    for registration in from_web_config(component):
        app = app_of(inventory, component, registration)
        scope = scope_of_file(inventory, component, registration)
        found = asset_scope(scope, "" if app is None else app.scope, options)
        if found:
            return found
    return ""


def _serves_files(component: Component) -> bool:
    """Tell whether a handler of a named assembly is only asked to fetch files of one kind (`*.jpg`)."""
    rows = [dict(r.attributes) for r in component.registrations]
    narrow = all(row.get("path", "").startswith("*.") and len(row["path"]) > len("*.") for row in rows)
    verbs = {verb.strip().lower() for row in rows for verb in row.get("verb", "*").split(",")}
    named = bool(assembly_of(component.type or "")[0])
    return component.kind is Kind.MANAGED_HANDLER and named and narrow and verbs <= _FETCHED


def _is_absent(inventory: Inventory, component: Component, registration: Registration, bins: frozenset[str]) -> bool:
    """Tell whether a type's assembly could only be in `bin`, and `bin` was collected without it."""
    simple, _, token = assembly_of(component.type or "")
    if component.kind not in MANAGED or component.image_state is ImageState.READ or not simple or token:
        return False
    app = app_of(inventory, component, registration)
    folder = "" if app is None else inventory.server(component.server).expand(app.physical_path)
    return bool(folder) and paths.fold(paths.join(folder, "bin")) in bins
