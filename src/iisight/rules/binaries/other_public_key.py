"""IIS214: an assembly with another key than the one its type is asked for with."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.inventory.link import assembly_of
from iisight.model.component import Kind
from iisight.model.examination import AssemblyName
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules.binaries._examined import MANAGED, examined, is_vouched_for, say
from iisight.rules.configuration._types import microsoft_tokens, microsofts
from iisight.rules.configuration._weights import NOTED, ODD, Weight

INFO = RuleInfo(
    id="IIS214",
    title="Assembly with another public key",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-02", "L-03", "L-04", "L-14", "L-20", "L-21", "L-24"),
    attack=("T1505.004", "T1036.005", "T1574"),
)
_KINDS = (
    *MANAGED,
    *(Kind.AUTO_START, Kind.TYPE_REFERENCE, Kind.MANAGER_PROVIDER, Kind.REWRITE_PROVIDER, Kind.FTP_PROVIDER),
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every component whose type names a key that the assembly that was read does not have."""
    for component, binary, examination in examined(inventory, *_KINDS):
        assembly = None if examination.assembly is None else examination.assembly.name
        simple, _, wanted = assembly_of(component.type or "")
        if assembly is None or not wanted or wanted == assembly.public_key_token.lower():
            continue
        has = f"key {assembly.public_key_token}" if assembly.public_key_token else "no key"
        message = (
            f"{component.kind} '{component.name}' asks for '{simple}' with key {wanted}, and {binary.path} has {has}"
        )
        weight = NOTED if is_vouched_for(examination) else _weight(simple, wanted, assembly)
        yield say(INFO, component, binary, weight, message)


def _weight(simple: str, wanted: str, assembly: AssemblyName) -> Weight:
    """Nobody but Microsoft builds an assembly of Microsoft's name; others change keys, and Microsoft has several."""
    ours = microsoft_tokens()
    posing = wanted in ours and assembly.public_key_token.lower() not in ours and microsofts(simple) is not None
    return ODD if posing else NOTED
