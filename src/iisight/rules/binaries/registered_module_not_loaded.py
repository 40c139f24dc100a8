"""IIS241: a worker process has not loaded a native module that the configuration registers for its pool."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, ImageState, Kind
from iisight.model.config import Fate
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.process import HostProcess
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, evidence_of, finding
from iisight.rules.binaries._loaded import told, workers

INFO = RuleInfo(
    id="IIS241",
    title="Registered native module that a worker process has not loaded",
    severity=Severity.INFO,
    confidence=Confidence.LOW,
    mechanisms=("L-01",),
)
_MODULES = "system.webServer/globalModules"
_SERVICE = "IIS"  # of several configurations those of IIS itself are named so


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every native module that some running process of a pool it is meant for has not loaded."""
    loaded = [(process, _names(process)) for process in workers(inventory) if process.pool]
    modules = [c for c in inventory.of(Kind.NATIVE_MODULE) if _is_expected(c)]
    images = {_name(c.image or "") for c in modules}
    whole = [(process, names) for process, names in loaded if names & images]  # else its list says nothing
    for component in modules:
        without = [p for p, names in whole if _is_for(component, p) and _name(component.image or "") not in names]
        if without:
            text = f"{told(without)} has not loaded native module '{component.name}' ({component.image})"
            notes = [Evidence(Locator(p.image), f"process {p.pid}: {p.command_line}".strip()) for p in without[:4]]
            yield finding(INFO, text, [*evidence_of(component)[:4], *notes], component)


def _is_expected(component: Component) -> bool:
    """Tell whether worker processes load it at their start: every module that is registered, used or not."""
    registered = any(r.section == _MODULES and r.fate is Fate.ACTIVE for r in component.registrations)
    known = component.image_state is ImageState.READ and component.image is not None
    return registered and known and component.server.partition(" ")[0] == _SERVICE and "Express" not in component.server


def _is_for(component: Component, process: HostProcess) -> bool:
    pools = component.pools
    return pools is None or paths.lower(process.pool) in {paths.lower(pool) for pool in pools}


def _names(process: HostProcess) -> set[str]:
    return {_name(module) for module in process.modules or ()}


def _name(path: str) -> str:
    """Return the name of a file: its folder is spelled otherwise for 32-bit processes and behind links."""
    return paths.lower(paths.basename(path))
