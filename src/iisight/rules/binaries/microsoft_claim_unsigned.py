"""IIS211: an image that says it is Microsoft's, and Microsoft did not sign it."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.inventory.mechanisms.sleepers import entry_points
from iisight.model.binary import Binary
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.model.signature import Signature, SignatureState
from iisight.rules._common import Options, number_of
from iisight.rules.binaries._examined import LOADED, catalogues_cover, files_of, is_damaged, names_microsoft, say
from iisight.rules.binaries._native import NATIVE, claims_microsoft, is_stock_place
from iisight.rules.configuration._weights import GRAVE, UNKNOWN, Weight

INFO = RuleInfo(
    id="IIS211",
    title="Microsoft claim without Microsoft's signature",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=(),
    attack=("T1505.004", "T1036.001", "T1036.005"),
    options={"coverage": 50},
)
_NATIVE = frozenset({*NATIVE, Kind.SLEEPER})


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every file outside the stock places that claims to be Microsoft's and has no signature of theirs."""
    covered = catalogues_cover(inventory, number_of(options, "coverage"))
    for component in inventory.of(*LOADED):
        for binary, signature in files_of(component):
            said = _instead(signature)
            if said and _claims(binary) and not is_stock_place(binary.path):
                weight = _weight(binary, covered) if component.kind in _NATIVE else UNKNOWN
                message = f"{binary.path} of {component.kind} '{component.name}' says it is Microsoft's, and {said}"
                yield say(INFO, component, binary, weight, message)
                break


def _claims(binary: Binary) -> bool:
    return binary.image is not None and claims_microsoft(binary.image.version)


def _instead(signature: Signature) -> str:
    """Say what there is in place of Microsoft's signature; empty when that cannot be told or IIS210 says it."""
    if signature.state is SignatureState.NONE:
        return "neither the file nor a catalogue has a signature for it"
    foreign = not signature.is_microsoft and not names_microsoft(signature)
    if signature.state in (SignatureState.TRUSTED, SignatureState.UNTRUSTED) and foreign:
        return f"it is signed by '{signature.publisher}'"
    return ""


def _weight(binary: Binary, covered: bool) -> Weight:
    """Repackagers strip the signature of runtime libraries, and those export nothing that IIS calls."""
    image = binary.image
    callable_ = image is not None and bool(entry_points(image))
    company = image is not None and image.version is not None and "microsoft" in (image.version.company or "").lower()
    return GRAVE if covered and callable_ and company and not is_damaged(binary) else UNKNOWN
