"""IIS204: an image whose version resource gives it another file name."""

from collections.abc import Iterable

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, evidence_of, finding, is_known
from iisight.rules.binaries._native import NATIVE, images, is_stock_place, same_name, weight

INFO = RuleInfo(
    id="IIS204",
    title="Renamed native image",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-05", "L-06", "L-07", "L-15"),
    attack=("T1505.004", "T1036.003"),
)
_PROGRAMS = frozenset({Kind.CGI})


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every registered image under another name than its maker gave it."""
    stock = frozenset(paths.basename(path) for path in catalogue().stock_images())
    for component, binary, image in images(inventory, *NATIVE):
        original = (image.version.original_name if image.version else None) or ""
        name = paths.basename(binary.path)
        if is_known(component) or is_stock_place(binary.path) or not original or same_name(original, name):
            continue
        text = f"{binary.path} of {component.kind} '{component.name}' was made as '{original}'"
        plain = original.lower().strip().removesuffix(".mui")
        if plain in stock and component.kind not in _PROGRAMS:
            severity = weight(component, Severity.HIGH)
            text += ", the name of a file of IIS"
            yield finding(
                INFO, text, evidence_of(component), component, severity=severity, confidence=Confidence.MEDIUM
            )
        else:
            yield finding(INFO, text, evidence_of(component), component)
