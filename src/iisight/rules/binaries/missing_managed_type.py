"""IIS213: a .NET type that the assembly it is looked for in does not define."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.inventory.link import assembly_of
from iisight.model.binary import Binary
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.model.signature import SignatureState
from iisight.rules._common import Options
from iisight.rules.binaries._examined import say, state_of
from iisight.rules.configuration._types import microsofts
from iisight.rules.configuration._weights import NOTED, ODD, UNKNOWN, Weight

INFO = RuleInfo(
    id="IIS213",
    title="Managed type missing from its assembly",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-02", "L-03", "L-04", "L-14", "L-24"),
    attack=("T1505.004", "T1554"),
)
_DOUBTED = frozenset({SignatureState.NONE, SignatureState.UNTRUSTED, SignatureState.BROKEN})


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every component whose assembly was read and lacks the type that the configuration names."""
    for component in inventory.components:
        if component.type_found is not False or component.binary is None:
            continue
        product = microsofts(assembly_of(component.type or "")[0])
        message = f"{component.binary.path} does not define the type of {component.kind} '{component.name}'"
        message += f" ({component.type})" + (f", though it goes by the name of one of {product}" if product else "")
        weight = NOTED if product is None else _weight(component.binary)
        yield say(INFO, component, component.binary, weight, message)


def _weight(binary: Binary) -> Weight:
    """Versions of one assembly differ in their types; a file that Microsoft did not sign is no version of it."""
    return ODD if binary.examination is not None and state_of(binary.examination) in _DOUBTED else UNKNOWN
