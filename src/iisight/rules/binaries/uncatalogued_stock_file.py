"""IIS212: the path of a file of IIS or .NET, with content that no catalogue lists."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.model.signature import Signature, SignatureState
from iisight.rules._common import Options, number_of
from iisight.rules.binaries._examined import LOADED, catalogues_cover, files_of, is_damaged, names_microsoft, say
from iisight.rules.binaries._native import is_stock_place
from iisight.rules.configuration._weights import GRAVE, NOTED, RARE

INFO = RuleInfo(
    id="IIS212",
    title="Stock file that no catalogue lists",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=(),
    attack=("T1505.004", "T1554"),
    options={"coverage": 50, "sure": 90},
)


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every such file, where the catalogues list most of its like."""
    if not catalogues_cover(inventory, number_of(options, "coverage")):
        return
    sure = catalogues_cover(inventory, number_of(options, "sure"))
    for component in inventory.of(*LOADED):
        for binary, signature in files_of(component):
            said = _instead(signature)
            if said and is_stock_place(binary.path):
                weight = NOTED if is_damaged(binary) else GRAVE if sure else RARE
                message = f"{binary.path} is a file of Windows by its place, and {said}"
                yield say(INFO, component, binary, weight, message)
                break


def _instead(signature: Signature) -> str:
    """Say what is there for want of Microsoft's signature; what is broken or self-made is IIS210's."""
    if signature.state is SignatureState.NONE:
        return "no catalogue lists its content, as they do that of most others"
    if signature.state is SignatureState.TRUSTED and not signature.is_microsoft and not names_microsoft(signature):
        return f"it is signed by '{signature.publisher}'"
    return ""
