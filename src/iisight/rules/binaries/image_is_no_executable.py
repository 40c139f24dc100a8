"""IIS207: a registered image that is no executable file."""

from collections.abc import Iterable

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.binary import Binary
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, evidence_of, finding, number_of
from iisight.rules.binaries._native import NATIVE

INFO = RuleInfo(
    id="IIS207",
    title="Registered image that is no executable",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-05", "L-06", "L-07", "L-08", "L-09", "L-27"),
    attack=("T1505.004", "T1554"),
    options={"smallest": 1024},
)
_KINDS = (*NATIVE, Kind.FASTCGI, Kind.APP_PROCESS)
_EXECUTABLE = frozenset({".dll", ".exe"})


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every image that was read and has no PE headers; files below `smallest` bytes are taken for remains."""
    for component in inventory.of(*_KINDS):
        binary = component.binary
        if binary is not None and binary.image is None and paths.extension(binary.path) in _EXECUTABLE:
            yield _judge(component, binary, number_of(options, "smallest"))


def _judge(component: Component, binary: Binary, smallest: int) -> Finding:
    text = f"{binary.path} of {component.kind} '{component.name}' is no executable file"
    if binary.size < smallest:
        state = "it is empty" if not binary.size else f"it has only {binary.size} bytes"
        text += f": {state}, which the collection may have left of it"
        return finding(INFO, text, evidence_of(component), component)
    text += f": {binary.problem or 'no PE headers'}"
    if catalogue().image_owner(binary.path) is None or "`MZ`" not in (binary.problem or ""):
        return finding(INFO, text, evidence_of(component), component)
    return finding(
        INFO, text, evidence_of(component), component, severity=Severity.MEDIUM, confidence=Confidence.MEDIUM
    )
