"""IIS240: a worker process has loaded code that no configuration names."""

from collections.abc import Iterable, Iterator
from functools import cache

from iisight import tables
from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.inventory.mechanisms.sleepers import entry_points
from iisight.model.binary import Binary
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.process import HostProcess
from iisight.model.rule import RuleInfo
from iisight.rules._common import EXPOSED, Options, Place, file_evidence, finding
from iisight.rules.binaries._examined import is_vouched_for
from iisight.rules.binaries._loaded import told, workers
from iisight.rules.configuration._weights import GRAVE, NOTED, ODD, UNKNOWN, Weight, is_in, place_among

INFO = RuleInfo(
    id="IIS240",
    title="Code in a worker process that nothing registers",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-27"),
    attack=("T1505.004", "T1055"),
)
_MODULE = "RegisterModule"
_COMPILED = "system.web/compilation"
_SEEN: Weight = (Severity.INFO, Confidence.LOW)
_CODE = frozenset({".dll", ".exe", ".ocx"})  # of what is registered; pages and other content explain no library


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every file that is loaded and that neither its place nor the configuration explains."""
    if not any(server.apphost is not None for server in inventory.servers):
        return
    held: dict[str, tuple[str, list[HostProcess]]] = {}
    for process in workers(inventory):
        for module in process.modules or ():
            held.setdefault(paths.fold(module), (module, []))[1].append(process)
    if held:
        yield from _judged(inventory, held)


def _judged(inventory: Inventory, held: dict[str, tuple[str, list[HostProcess]]]) -> Iterator[Finding]:
    images = (c.image for c in inventory.components if c.image and c.kind is not Kind.SLEEPER)
    registered = {paths.fold(image) for image in images if paths.extension(image) in _CODE}
    folders = frozenset(_folders(inventory, registered))
    binaries = {paths.fold(binary.path): binary for binary in inventory.binaries}
    content = frozenset(paths.fold(server.expand(a.physical_path)) for server in inventory.servers for a in server.apps)
    for key, (module, processes) in sorted(held.items()):
        if key in registered or _is_a_products(key):
            continue
        binary = binaries.get(key)
        exports = () if binary is None or binary.image is None else entry_points(binary.image)
        place = place_among(module, content)
        if not exports and (place in {Place.SYSTEM, Place.PROGRAMS} or is_in(key, folders)):
            continue
        if exports and _is_stock(place, binary):
            continue
        severity, confidence = _weigh(place, exports, binary)
        yield _finding(module, place, exports, binary, processes, severity, confidence)


def _finding(
    module: str,
    place: Place,
    exports: tuple[str, ...],
    binary: Binary | None,
    processes: list[HostProcess],
    severity: Severity,
    confidence: Confidence,
) -> Finding:
    what = f" that exports {', '.join(exports)}" if exports else ""
    lost = "" if binary is not None else "; the file cannot be read, or is no longer there"
    text = f"{told(processes)} has loaded {module}{what} in {place}, and no configuration names it{lost}"
    files = [Evidence(Locator(module), "loaded")] if binary is None else [file_evidence(binary)]
    notes = [Evidence(Locator(p.image), f"process {p.pid}: {p.command_line}".strip()) for p in processes[:4]]
    return finding(INFO, text, [*files, *notes], severity=severity, confidence=confidence)


def _weigh(place: Place, exports: tuple[str, ...], binary: Binary | None) -> Weight:
    if binary is not None and is_vouched_for(binary.examination):
        return _SEEN
    if exports:  # a product in a program folder, an ISAPI extension that is called by its path, a module taken back
        return NOTED if place is Place.PROGRAMS else GRAVE if _MODULE in exports else ODD
    return UNKNOWN if place in EXPOSED else NOTED


def _is_stock(place: Place, binary: Binary | None) -> bool:
    """Tell whether it is a file of Windows' own that exports what IIS asks for."""
    return place is Place.SYSTEM and binary is not None and catalogue().image_owner(binary.path) is not None


def _folders(inventory: Inventory, registered: set[str]) -> Iterator[str]:
    """Yield the folded folders whose code is explained: beside what is registered, and of applications."""
    yield from (paths.parent(image) for image in registered)
    for server in inventory.servers:
        for app in server.apps:
            if app.physical_path:
                yield paths.fold(paths.join(server.expand(app.physical_path), "bin"))
            compiled = server.resolver.effective(server.tree.nearest(app.scope), _COMPILED).value("tempDirectory")
            if compiled:
                yield paths.fold(server.expand(compiled)).rstrip("\\")
    for component in inventory.of(Kind.APP_PROCESS):  # of ASP.NET Core the whole folder is code
        for registration in component.registrations:
            if paths.basename(registration.locator.path).lower() == "web.config":
                yield paths.fold(paths.parent(registration.locator.path))


def _is_a_products(key: str) -> bool:
    return key[3:].startswith(_products())


@cache
def _products() -> tuple[str, ...]:
    return tuple(row["folder"] for row in tables.rows("iisight.rules.binaries", "loaded_products"))
