"""IIS217: a module that can run programs, or code from memory, on a visitor's word."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.examination import Ability, Assembly, Examination
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.model.signature import SignatureState
from iisight.rules._common import EXPOSED, Options, Place
from iisight.rules.binaries._examined import (
    IN_PIPELINE,
    MODULE_TYPE,
    RESOLVER,
    able,
    catalogues_cover,
    events_of,
    listed,
    say,
    state_of,
    strangers,
    traced,
)
from iisight.rules.configuration._weights import NOTED, ODD, Weight, content_folders, place_among

INFO = RuleInfo(
    id="IIS217",
    title="Programs or code from memory run by a module",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-02", "L-03", "L-04", "L-05", "L-06"),
    attack=("T1505.004", "T1059", "T1620"),
)
_KINDS = (*IN_PIPELINE, Kind.MANAGED_HANDLER, Kind.ISAPI_EXTENSION)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every such module, filter, extension and handler that nothing vouches for."""
    folders = content_folders(inventory)
    covered = catalogues_cover(inventory)
    for component, binary, examination in strangers(inventory, *_KINDS):
        runs = able(examination, Ability.RUNS_PROCESSES, Ability.LOADS_CODE)
        if not runs or _is_plain(component, examination):
            continue
        parses = able(examination, Ability.PARSES_COMMANDS)
        weight = NOTED
        if parses and events_of(examination):
            unsigned = covered and state_of(examination) is SignatureState.NONE
            weight = _weight(component, examination, place_among(binary.path, folders), unsigned)
        abilities = listed(c.ability for c in (*runs, *parses))
        shown = runs[0].traces[0].text if runs[0].traces else ""
        message = f"{component.kind} '{component.name}' ({binary.path}) {abilities}" + (f" ({shown})" if shown else "")
        yield say(INFO, component, binary, weight, message, *traced(binary, (*parses, *runs)))


def _is_plain(component: Component, examination: Examination) -> bool:
    """Tell whether all there is are imports that the runtime of any compiler brings along."""
    native = component.kind is not Kind.MANAGED_MODULE and component.kind is not Kind.MANAGED_HANDLER
    return native and not able(examination, Ability.RUNS_PROCESSES, Ability.PARSES_COMMANDS)


def _weight(component: Component, examination: Examination, place: Place, unsigned: bool) -> Weight:
    if component.kind in {Kind.MANAGED_HANDLER, Kind.ISAPI_EXTENSION}:  # they answer for one path, as programs do
        return NOTED
    if component.kind is Kind.MANAGED_MODULE:
        return ODD if _in_one_module(examination) else NOTED
    return ODD if place in EXPOSED or (unsigned and place is not Place.PROGRAMS) else NOTED


def _in_one_module(examination: Examination) -> bool:
    """Tell whether one module both reads requests and runs something; in an application many types do either."""
    assembly = examination.assembly
    if assembly is None or _unpacks_itself(assembly, examination):
        return False
    modules = {t.name for t in assembly.types if MODULE_TYPE in t.roles}
    runs = _types(examination, Ability.RUNS_PROCESSES, Ability.LOADS_CODE)
    reads = _types(examination, Ability.PARSES_COMMANDS, Ability.READS_REQUESTS)
    return bool(runs & reads & modules)


def _unpacks_itself(assembly: Assembly, examination: Examination) -> bool:
    """Tell whether what it loads may be its own libraries: it is asked for assemblies by .NET, and starts nothing."""
    answers = any(call.target == RESOLVER for call in assembly.calls)
    return answers and examination.can(Ability.RUNS_PROCESSES) is None


def _types(examination: Examination, *abilities: Ability) -> set[str]:
    """Return the types whose methods have the calls of some abilities."""
    traces = (t for c in able(examination, *abilities) for t in c.traces if t.kind == "call")
    return {t.place.partition("::")[0] for t in traces}
