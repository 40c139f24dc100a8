"""IIS201: an image that does not export what IIS calls in it."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, evidence_of, finding, is_known
from iisight.rules.binaries._native import images, is_catalogued_place, is_foreign, is_stock_place, missing_entry_points

INFO = RuleInfo(
    id="IIS201",
    title="Image without its entry point",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-05", "L-06"),
    attack=("T1505.004", "T1554"),
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every module, filter and extension that IIS cannot use as what it is registered as."""
    for component, binary, image in images(inventory, Kind.NATIVE_MODULE, Kind.ISAPI_FILTER, Kind.ISAPI_EXTENSION):
        missing = missing_entry_points(component, image)
        known = is_known(component)
        if not missing or (known and is_stock_place(binary.path) and is_foreign(binary)):  # IIS208 says that
            continue
        text = f"{binary.path}, registered as {component.kind} '{component.name}', does not export "
        text += " and ".join(missing)
        if known and is_catalogued_place(binary.path):
            yield finding(INFO, text, evidence_of(component), component, severity=Severity.HIGH)
        else:
            yield finding(INFO, text, evidence_of(component), component)
