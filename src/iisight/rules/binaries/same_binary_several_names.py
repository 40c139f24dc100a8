"""IIS221: one content under several file names."""

from collections.abc import Iterable, Sequence

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.binary import Binary
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, file_evidence, finding, is_known, number_of, place_of, registered
from iisight.rules.binaries._examined import MANAGED, is_vouched_for, listed
from iisight.rules.binaries._native import NATIVE, is_stock_place
from iisight.rules.configuration._lookalike import resembles
from iisight.rules.configuration._weights import NOTED, ODD, Weight, weigh

INFO = RuleInfo(
    id="IIS221",
    title="Same file under several names",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-02", "L-04", "L-05", "L-06", "L-27"),
    attack=("T1505.004", "T1036.005"),
    options={"shown": 4},
)
Group = Sequence[tuple[Component, Binary]]


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every content that lies under more than one name and that nothing vouches for."""
    groups: dict[str, list[tuple[Component, Binary]]] = {}
    for component in inventory.of(*NATIVE, *MANAGED, Kind.SLEEPER):
        binary = component.binary
        if binary is not None and binary.image is not None and not is_known(component) and not _is_vouched_for(binary):
            groups.setdefault(binary.sha256, []).append((component, binary))
    stock = catalogue().stock_file_names()
    for _, group in sorted(groups.items()):
        if len({paths.basename(binary.path).lower() for _, binary in group}) > 1:
            yield _tell(group, stock, number_of(options, "shown"))


def _is_vouched_for(binary: Binary) -> bool:
    return binary.examination is not None and is_vouched_for(binary.examination)


def _tell(group: Group, stock: frozenset[str], most: int) -> Finding:
    files = {paths.fold(binary.path): binary for _, binary in group}
    shown = [binary.path for _, binary in sorted(files.items())]
    rest = len(shown) - most
    told = listed([*shown[:most], *([f"{rest} more"] if rest > 0 else [])])
    odd = any(_is_odd(binary, stock) for binary in files.values())
    severity, confidence = max((weigh(c, ODD if odd else NOTED) for c, _ in group), key=_rank)
    evidence = [*(file_evidence(b) for b in files.values()), *(r for c, _ in group for r in registered(c)[:1])]
    components = (component for component, _ in group)
    return finding(
        INFO, f"{told} are one and the same file", evidence, *components, severity=severity, confidence=confidence
    )


def _is_odd(binary: Binary, stock: frozenset[str]) -> bool:
    """Tell whether a file has, or imitates, a name of Microsoft's elsewhere, or lies where anyone may put it."""
    name = paths.basename(binary.path).lower()
    posing = (name in stock or resembles(name, stock, 0) is not None) and not is_stock_place(binary.path)
    return posing or place_of(binary.path) is Place.WRITABLE


def _rank(weight: Weight) -> tuple[int, int]:
    return weight[0].rank, weight[1].rank
