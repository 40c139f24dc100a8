"""IIS102: a name made to be taken for that of a component of Windows."""

from collections.abc import Iterable, Iterator

from iisight.catalogue.lookup import catalogue
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, is_known
from iisight.rules.configuration._lookalike import Resemblance, Trick, resembles
from iisight.rules.configuration._weights import ODD, PROOF, UNKNOWN, Weight, tell

INFO = RuleInfo(
    id="IIS102",
    title="Look-alike of a stock name",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-02", "L-04", "L-05", "L-06"),
    attack=("T1505.004", "T1036.005"),
    options={"edits": 2, "names": 5_000},
)

_HANDLERS = (Kind.MANAGED_HANDLER, Kind.NATIVE_HANDLER, Kind.ISAPI_EXTENSION, Kind.CGI, Kind.FASTCGI)
_MODELS = {  # kind: the kinds whose stock names it may imitate
    Kind.NATIVE_MODULE: (Kind.NATIVE_MODULE,),
    Kind.MANAGED_MODULE: (Kind.MANAGED_MODULE, Kind.NATIVE_MODULE),
    Kind.ISAPI_FILTER: (Kind.ISAPI_FILTER,),
    **{kind: (kind,) for kind in _HANDLERS},
}


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every component whose name resembles a stock name and whose code is not the stock one."""
    seen = 0
    for component in inventory.of(*_MODELS):
        if _is_judged(component) and seen < int(str(options["names"])):
            seen += 1
            yield from _judge(component, int(str(options["edits"])))


def _is_judged(component: Component) -> bool:
    """Leave out what the catalogue knows by name, image or type, and what has no name of its own."""
    sections = {r.section for r in component.registrations}
    return not is_known(component) and component.match is None and "system.web/httpHandlers" not in sections


def _judge(component: Component, edits: int) -> Iterator[Finding]:
    names = (name for kind in _MODELS[component.kind] for name in catalogue().stock_names(kind) if "*" not in name)
    found = resembles(component.name, names, edits)
    if found is not None:
        code = component.image or component.type or "no code of its own"
        message = (
            f"{component.kind} '{component.name}' ({code}) differs from the stock name '{found.name}' by {found.trick}"
        )
        yield tell(INFO, component, _weight(component, found), message)


def _weight(component: Component, found: Resemblance) -> Weight:
    """Nobody types a Cyrillic letter or a zero by mistake; near names of .NET types do occur in applications."""
    if found.trick in {Trick.FOREIGN, Trick.DIGIT}:
        return PROOF if component.image or component.type else UNKNOWN
    return ODD if component.kind in {Kind.NATIVE_MODULE, Kind.ISAPI_FILTER} else UNKNOWN
