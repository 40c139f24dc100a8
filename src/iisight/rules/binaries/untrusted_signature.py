"""IIS210: a signature that does not fit its file, or that nobody trusted stands behind."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.binary import Binary
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from iisight.model.signature import Signature, SignatureState
from iisight.rules._common import Options
from iisight.rules.binaries._examined import LOADED, files_of, is_damaged, names_microsoft, say
from iisight.rules.configuration._weights import GRAVE, NOTED, PROOF, RARE, UNKNOWN, Weight

INFO = RuleInfo(
    id="IIS210",
    title="Signature that is broken or not trusted",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=(),
    attack=("T1505.004", "T1553.002", "T1036.001"),
)
_FORGED = ("vouches for itself and is no trusted root", "was not signed by the issuer it names")
"""What is said of chains (`examine.chain`) that somebody made up himself, or an authority of his own."""


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every component with such a file, its own or its WOW64 twin."""
    for component in inventory.of(*LOADED):
        for binary, signature in files_of(component):
            judged = _judge(binary, signature)
            if judged is not None:
                weight, said = judged
                message = f"{binary.path} of {component.kind} '{component.name}' {said}"
                yield say(INFO, component, binary, weight, message, *_certificates(binary, signature))
                break


def _judge(binary: Binary, signature: Signature) -> tuple[Weight, str] | None:
    whose = f"'{signature.publisher}'" if signature.publisher else "somebody unnamed"
    if signature.state is SignatureState.BROKEN and not signature.catalogue:
        if signature.signer is None:
            return RARE, f"has a signature that is no good: {signature.reason}"
        said = f"carries the signature of {whose}, and it does not hold: {signature.reason}"
        if is_damaged(binary):
            return RARE, f"{said}; not all of the file is there, so the collection may have cut it"
        return (PROOF if names_microsoft(signature) else GRAVE), said
    if signature.state is SignatureState.UNTRUSTED and not any(s.is_trusted for s in signature.others):
        how = "is listed by a catalogue signed" if signature.catalogue else "is signed"
        return _distrust(signature), f"{how} as {whose}, and that is not to be trusted: {signature.reason}"
    return None


def _distrust(signature: Signature) -> Weight:
    """Weigh why a signature that fits is not trusted; in-house authorities and expired ones are daily business."""
    signer, microsoft = signature.signer, names_microsoft(signature)
    if signer is not None and signer.subject == signer.issuer:
        return PROOF if microsoft else UNKNOWN
    if " is revoked" in signature.reason:
        return GRAVE
    if any(forged in signature.reason for forged in _FORGED):
        return GRAVE if microsoft and not signature.catalogue else UNKNOWN
    return NOTED


def _certificates(binary: Binary, signature: Signature) -> Iterable[Evidence]:
    signer = signature.signer
    if signer is not None:
        note = f"signer {signer.subject}, issued by {signer.issuer}, thumbprint {signer.thumbprint}: {signature.reason}"
        yield Evidence(Locator(binary.path, origin=binary.origin), note)
