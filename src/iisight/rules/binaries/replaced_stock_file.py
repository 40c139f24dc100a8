"""IIS208: the path of a file of IIS or .NET, and another file that stands there."""

from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.binary import Binary, Image
from iisight.model.component import Component
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, evidence_of, finding, number_of
from iisight.rules.binaries._native import (
    NATIVE,
    claims_microsoft,
    images,
    is_stock_place,
    missing_entry_points,
    same_name,
)

INFO = RuleInfo(
    id="IIS208",
    title="Replaced file of IIS",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    mechanisms=("L-27",),
    attack=("T1505.004", "T1554"),
    options={"smallest": 1024},
)
Judged = tuple[str, Severity, Confidence]
Found = tuple[Component, Binary, Image]


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every stock path whose file does not say it is the file that belongs there."""
    smallest = number_of(options, "smallest")
    stock = [found for found in images(inventory, *NATIVE) if is_stock_place(found[1].path)]
    doubtful = _is_stripped(stock)
    for component, binary, image in stock:
        for said, severity, confidence in _judge(component, binary, image):
            small = binary.size < smallest
            unsure = small or (doubtful and image.version is None)
            yield finding(
                INFO,
                f"{binary.path} is a file of Windows by its place, but {said}",
                evidence_of(component),
                component,
                severity=Severity.LOW if small else severity,
                confidence=Confidence.LOW if unsure else confidence,
            )


def _is_stripped(stock: Iterable[Found]) -> bool:
    """Tell whether most stock files lack a version resource: then the collection lost it, not an intruder."""
    versions = {binary.path: image.version for _, binary, image in stock}
    lacking = sum(version is None for version in versions.values())
    return lacking > 1 and 2 * lacking > len(versions)


def _judge(component: Component, binary: Binary, image: Image) -> Iterator[Judged]:
    version = image.version
    missing = missing_entry_points(component, image)
    if version is None:
        said = "it has no version resource" + (f" and does not export {' and '.join(missing)}" if missing else "")
        if image.notes:  # damaged, or cut by the collection
            yield f"{said} that can be read", Severity.MEDIUM, Confidence.LOW
        else:
            yield said, Severity.HIGH, Confidence.HIGH if missing else Confidence.MEDIUM
    elif version.company and not claims_microsoft(version):
        yield f"it says it is made by '{version.company}'", Severity.HIGH, Confidence.HIGH
    elif not claims_microsoft(version):
        yield "its version resource names no maker", Severity.HIGH, Confidence.MEDIUM
    elif version.original_name and not same_name(version.original_name, paths.basename(binary.path)):
        yield f"it was made as '{version.original_name}'", Severity.MEDIUM, Confidence.LOW
