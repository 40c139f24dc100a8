"""IIS121: a pool that loads the CLR by another DLL, under another configuration, or with a foreign AppDomainManager."""

from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.config import Document, Element
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, finding, is_known
from iisight.rules.configuration._weights import GRAVE, PROOF, UNKNOWN, Weight, is_temporary, place_among, tell

INFO = RuleInfo(
    id="IIS121",
    title="CLR loaded by a foreign loader or with a foreign AppDomainManager",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    mechanisms=("L-12",),
    attack=("T1505.004", "T1574.014"),
    options={"loaders": ("webengine4.dll", "webengine.dll", "v4.0", "v2.0")},
)

_MANAGER = frozenset({"appDomainManagerAssembly", "appDomainManagerType"})
_READ_BY_IIS = frozenset({"machine.config", "web.config", "aspnet.config", "w3wp.exe.config"})
_CLR_CONFIG = "_clrconfig.config"


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield foreign loaders and CLR configurations of pools, then AppDomainManagers of the files IIS reads."""
    for component in inventory.of(Kind.CLR_LOADER):
        if component.image and not is_known(component):
            yield from _judge(component, component.image, options)
    named = {paths.fold(c.image) for c in inventory.of(Kind.CLR_LOADER) if c.image}
    for _, document in inventory.documents:
        if _is_read(document.path, named):
            yield from _managers(document)


def _judge(component: Component, image: str, options: Options) -> Iterator[Finding]:
    pool = "the pools' defaults" if component.name in {"managedRuntimeLoader", "CLRConfigFile"} else component.name
    loaders = options["loaders"]
    if paths.extension(image) in {".config", ".xml"}:
        place = place_among(image)
        message = f"pool '{pool}' starts the CLR with the configuration {image}, {place}"
        yield tell(INFO, component, _weight(image, place), message)
    elif not isinstance(loaders, tuple) or image.lower() not in loaders:
        yield tell(INFO, component, PROOF, f"pool '{pool}' has the CLR loaded by {image}")


def _weight(image: str, place: Place) -> Weight:
    if place in {Place.WRITABLE, Place.REMOTE}:
        return PROOF if is_temporary(image) else GRAVE
    return UNKNOWN


def _is_read(path: str, named: set[str]) -> bool:
    name = paths.basename(path).lower()
    return name in _READ_BY_IIS or name.endswith(_CLR_CONFIG) or paths.fold(path) in named


def _managers(document: Document) -> Iterator[Finding]:
    runtimes = [] if document.root is None else list(document.root.all("runtime"))
    found = [e for runtime in runtimes for e in runtime.children if e.name in _MANAGER and e.get("value")]
    if found:
        named = ", ".join(dict.fromkeys(e.get("value") for e in found))
        message = f"{document.path} has the CLR start with the AppDomainManager {named}"
        yield finding(INFO, message, [_place(document, e) for e in found])


def _place(document: Document, element: Element) -> Evidence:
    return Evidence(document.at(element), f'runtime/{element.name}: value="{element.get("value")}"')
