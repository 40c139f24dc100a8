"""IIS206: a 32-bit twin in SysWOW64 that is not the twin of the file in System32."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.binary import Binary
from iisight.model.component import Component, ImageState
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, evidence_of, file_evidence, finding
from iisight.rules.binaries._native import NATIVE, claims_microsoft

INFO = RuleInfo(
    id="IIS206",
    title="SysWOW64 twin without its like",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-27",),
    attack=("T1505.004", "T1574"),
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every twin that 32-bit pools load and that stands alone, or is another's file."""
    for component in inventory.of(*NATIVE):
        if component.twin is not None and component.twin.image is not None:
            yield from _judge(component, component.twin)


def _judge(component: Component, twin: Binary) -> Iterable[Finding]:
    text = f"32-bit pools load {twin.path} as {component.kind} '{component.name}', "
    evidence = [*evidence_of(component), file_evidence(twin, "what 32-bit pools load")]
    if component.image_state is ImageState.MISSING:
        text += f"and {component.image} is not there"
        if "bitness32" in component.precondition.lower():
            yield finding(INFO, text, evidence, component, severity=Severity.LOW, confidence=Confidence.LOW)
        else:
            yield finding(INFO, text, evidence, component)
    elif _is_microsoft(component.binary) and not _is_microsoft(twin):
        yield finding(INFO, f"{text}which does not say it is Microsoft's as the 64-bit file does", evidence, component)


def _is_microsoft(binary: Binary | None) -> bool:
    return binary is not None and binary.image is not None and claims_microsoft(binary.image.version)
