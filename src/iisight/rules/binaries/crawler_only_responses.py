"""IIS216: code that knows the crawlers of search engines and changes responses."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.examination import Ability
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, is_known, number_of, place_of
from iisight.rules.binaries._examined import IN_PIPELINE, examined, is_vouched_for, listed, say, traced
from iisight.rules.configuration._weights import GRAVE, RARE, Weight

INFO = RuleInfo(
    id="IIS216",
    title="Responses changed for crawlers",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-02", "L-03", "L-06"),
    attack=("T1505.004", "T1565.002", "T1608.006"),
    options={"names": 3},
)
_PRODUCT: Weight = (Severity.INFO, Confidence.LOW)


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every module and filter that could answer a crawler with something else; at most `names` are shown."""
    for component, binary, examination in examined(inventory, *IN_PIPELINE, Kind.SLEEPER):
        crawlers = examination.can(Ability.KNOWS_CRAWLERS)
        rewrites = examination.can(Ability.REWRITES_RESPONSES)
        if is_known(component) or crawlers is None or rewrites is None:
            continue
        shown = list(dict.fromkeys(t.text for t in crawlers.traces))[: number_of(options, "names")]
        weight = _PRODUCT if is_vouched_for(examination) else _weight(component, place_of(binary.path))
        message = (
            f"{component.kind} '{component.name}' ({binary.path}) knows {listed(shown)} and rewrites responses "
            f"({rewrites.traces[0].text if rewrites.traces else 'by what it asks for'})"
        )
        evidence = traced(binary, (crawlers, rewrites), number_of(options, "names"))
        yield say(INFO, component, binary, weight, message, *evidence)


def _weight(component: Component, place: Place) -> Weight:
    """An application's own assembly may hold both for reasons of its own."""
    if component.kind is Kind.MANAGED_MODULE and place not in {Place.WRITABLE, Place.SYSTEM}:
        return RARE
    return GRAVE
