"""IIS107: a registered file that is not there, though the evidence holds its neighbours."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, ImageState
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, finding, is_known, registered
from iisight.rules.configuration._weights import weigh

INFO = RuleInfo(
    id="IIS107",
    title="Registered image is missing",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-05", "L-06"),
    attack=("T1505.004", "T1070.004"),
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield one finding for each missing file, with all who name it."""
    missing: dict[tuple[str, str], list[Component]] = {}
    for component in inventory.components:
        if component.image_state is ImageState.MISSING and component.image:
            missing.setdefault((component.server, paths.fold(component.image)), []).append(component)
    for _, named in sorted(missing.items()):
        yield _tell(named)


def _tell(named: list[Component]) -> Finding:
    first = min(named, key=lambda c: (is_known(c), not c.effective))
    severity, confidence = weigh(first, (INFO.severity, INFO.confidence))
    others = f" and {len(named) - 1} more" if len(named) > 1 else ""
    message = (
        f"{first.image}, registered as {first.kind} '{first.name}'{others}, "
        "is not in the evidence, which holds other programs of that folder"
    )
    evidence = [e for c in named for e in registered(c)]
    return finding(
        INFO,
        message,
        evidence,
        *named,
        severity=Severity.LOW if is_known(first) else severity,
        confidence=confidence,
    )
