"""IIS220: a program hidden among the resources of a module."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Kind
from iisight.model.examination import Ability, Examination, Resource
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, number_of
from iisight.rules.binaries._examined import MANAGED, MODULE_TYPE, RESOLVER, able, listed, say, strangers, traced
from iisight.rules.binaries._native import NATIVE
from iisight.rules.configuration._weights import NOTED, ODD

INFO = RuleInfo(
    id="IIS220",
    title="Program embedded in a module",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-02", "L-03", "L-04", "L-05", "L-06", "L-27"),
    attack=("T1505.004", "T1027.009", "T1620"),
    options={"shown": 3},
)
_PROGRAMS = frozenset({"pe", "assembly"})
_COSTURA = "costura."
_FROM_BYTES = ("System.Reflection.Assembly::Load(byte[]", "System.AppDomain::Load(byte[]")


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every module, handler and native image with programs among its resources."""
    for component, binary, examination in strangers(inventory, *NATIVE, *MANAGED, Kind.SLEEPER):
        found = [r for r in _resources(examination) if r.content in _PROGRAMS or _is_costura(r)]
        if not found:
            continue
        loaded = component.kind is Kind.MANAGED_MODULE and _loads_itself(examination)
        loaded = loaded and not any(map(_is_costura, found))
        shown = [f"'{r.name}' ({r.size:,} bytes)" for r in found[: number_of(options, "shown")]]
        rest = len(found) - len(shown)
        shown += [f"{rest} more"] if rest else []
        message = (
            f"{component.kind} '{component.name}' ({binary.path}) holds programs among its resources: {listed(shown)}"
        )
        message += ", and its module loads code from memory" if loaded else ""
        evidence = traced(binary, able(examination, Ability.LOADS_CODE))
        yield say(INFO, component, binary, ODD if loaded else NOTED, message, *evidence)


def _resources(examination: Examination) -> tuple[Resource, ...]:
    native = () if examination.anatomy is None else examination.anatomy.resources
    return (*native, *(() if examination.assembly is None else examination.assembly.resources))


def _is_costura(resource: Resource) -> bool:
    """Tell whether Costura.Fody, which puts an application into one file, has packed a resource."""
    return resource.name.lower().startswith(_COSTURA)


def _loads_itself(examination: Examination) -> bool:
    """Tell whether a module itself loads assemblies from bytes, and not to supply what the runtime finds missing."""
    if examination.assembly is None or any(call.target == RESOLVER for call in examination.assembly.calls):
        return False
    modules = {t.name for t in examination.assembly.types if MODULE_TYPE in t.roles}
    traces = (t for c in able(examination, Ability.LOADS_CODE) for t in c.traces)
    return any(t.text.startswith(_FROM_BYTES) and t.place.partition("::")[0] in modules for t in traces)
