"""IIS219: a file whose code is hidden until it runs."""

from collections.abc import Iterable, Iterator

from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.examination import Examination
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, number_of
from iisight.rules.binaries._examined import MANAGED, listed, say, strangers
from iisight.rules.binaries._native import NATIVE
from iisight.rules.configuration._weights import NOTED, ODD, UNKNOWN, Weight

INFO = RuleInfo(
    id="IIS219",
    title="Packed module",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-02", "L-03", "L-04", "L-05", "L-06", "L-27"),
    attack=("T1505.004", "T1027.002"),
    options={"shown": 3},
)
_MODULES = frozenset({Kind.NATIVE_MODULE, Kind.ISAPI_FILTER})
_BY_NAME = "section "
_NAMED: Weight = (Severity.INFO, Confidence.LOW)


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every such file that neither the catalogue nor a trusted signature vouches for."""
    most = number_of(options, "shown")
    for component, binary, examination in strangers(inventory, *NATIVE, *MANAGED, Kind.SLEEPER):
        for weight, what, traces in _traces(component, examination):
            text = f"{component.kind} '{component.name}' ({binary.path}) is {what}: {listed(traces[:most])}"
            yield say(INFO, component, binary, weight, text)
            break


def _traces(component: Component, examination: Examination) -> Iterator[tuple[Weight, str, tuple[str, ...]]]:
    """Yield what was found, the gravest first; products obfuscate, and programs of the old days are packed."""
    packer = () if examination.anatomy is None else examination.anatomy.packer
    if any(trace.startswith(_BY_NAME) for trace in packer):
        yield (ODD if component.kind in _MODULES else UNKNOWN), "packed", packer
    elif packer:
        yield NOTED, "perhaps packed", packer
    if examination.assembly is not None and examination.assembly.obfuscation:
        yield _NAMED, "obfuscated", examination.assembly.obfuscation
