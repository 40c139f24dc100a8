"""IIS202: an image that no pool it is registered for can load."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, evidence_of, finding, is_known
from iisight.rules.binaries._native import images

INFO = RuleInfo(
    id="IIS202",
    title="Image of the wrong bitness",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-05", "L-06"),
)
_KINDS = (Kind.NATIVE_MODULE, Kind.ISAPI_FILTER, Kind.ISAPI_EXTENSION)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every image whose bitness its preCondition, or every pool, rules out."""
    wide = any(image.is_64bit for c, _, image in images(inventory, Kind.NATIVE_MODULE) if is_known(c))
    for component, binary, image in images(inventory, *_KINDS):
        if is_known(component):
            continue
        bits = 64 if image.is_64bit else 32
        asked = _asked(component)
        pools = _pools(inventory, component) if not asked and wide else set()
        text = f"{binary.path} of {component.kind} '{component.name}' is a {bits}-bit image, "
        if asked and asked != {bits}:
            text += f"its preCondition is '{component.precondition}'"
            yield finding(INFO, text, evidence_of(component), component)
        elif pools and bits not in pools:
            text += f"every pool it is registered for is {min(pools)}-bit"
            yield finding(INFO, text, evidence_of(component), component)


def _asked(component: Component) -> set[int]:
    """Return the bitness that the preCondition names."""
    words = component.precondition.lower()
    return {bits for bits in (32, 64) if f"bitness{bits}" in words}


def _pools(inventory: Inventory, component: Component) -> set[int]:
    """Return the bitness of the pools; empty when one is unknown, or when Windows redirects the path."""
    every = inventory.server(component.server).pools.values()
    pools = [p for p in every if component.pools is None or p.name in component.pools]
    found = {p.bits for p in pools}
    redirected = 32 in found and paths.wow64(component.image or "") is not None
    return set() if redirected else {bits for bits in found if bits is not None and None not in found}
