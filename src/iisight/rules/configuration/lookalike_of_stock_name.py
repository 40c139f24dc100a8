"""IIS102: a name made to be taken for that of a component of Windows."""

from collections.abc import Iterable, Iterator
from functools import cache

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, finding, is_known, number_of, registered
from iisight.rules.configuration._lookalike import Resemblance, Trick, resembles
from iisight.rules.configuration._weights import ODD, PROOF, UNKNOWN, Weight, tell

INFO = RuleInfo(
    id="IIS102",
    title="Look-alike of a stock name",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-02", "L-04", "L-05", "L-06", "L-15", "L-17", "L-22"),
    attack=("T1505.004", "T1036.005"),
    options={"edits": 2, "names": 10_000, "letters": 12},
)

_HANDLERS = (Kind.MANAGED_HANDLER, Kind.NATIVE_HANDLER, Kind.ISAPI_EXTENSION, Kind.CGI, Kind.FASTCGI)
_MODELS = {  # kind: the kinds whose stock names it may imitate
    Kind.NATIVE_MODULE: (Kind.NATIVE_MODULE,),
    Kind.MANAGED_MODULE: (Kind.MANAGED_MODULE, Kind.NATIVE_MODULE),
    Kind.ISAPI_FILTER: (Kind.ISAPI_FILTER,),
    **{kind: (kind,) for kind in _HANDLERS},
}

_FILES = (
    *(Kind.NATIVE_MODULE, Kind.ISAPI_FILTER, Kind.ISAPI_EXTENSION, Kind.COMPRESSION, Kind.WEB_FARM),
    Kind.WEBDAV_STORE,
)
_TWINS = frozenset({Trick.FOREIGN, Trick.DIGIT})
_WORDS = (frozenset("sz"), frozenset("il"))  # `Authorisation`, `Url` for `Uri`: another word, and no trick


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every component whose name or file resembles a stock one and whose code is not the stock one."""
    yield from _names(inventory, options)
    yield from _files(inventory, options)


def _names(inventory: Inventory, options: Options) -> Iterator[Finding]:
    models = {kind: _stock_names(imitated) for kind, imitated in _MODELS.items()}
    judged = [c for kind in _MODELS for c in inventory.of(kind) if _is_judged(c)]
    most = number_of(options, "names")
    for component in judged[:most]:
        found = resembles(component.name, models[component.kind], number_of(options, "edits"))
        if found is not None and not _is_label(component, found.name):
            yield _tell(component, found, number_of(options, "letters"))
    if len(judged) > most:
        message = f"{len(judged)} names are not in the catalogue; the first {most} were compared with the stock names"
        yield finding(INFO, message, registered(judged[most]), severity=Severity.LOW, confidence=Confidence.LOW)


def _files(inventory: Inventory, options: Options) -> Iterator[Finding]:
    """Judge file names; a slip of the pen says nothing there, products name their files as they like."""
    stock, most = catalogue().stock_file_names(), number_of(options, "names")
    judged = [c for c in inventory.of(*_FILES) if c.image and not is_known(c)]
    for component in judged[:most]:
        name = paths.basename(component.image or "").lower()
        found = resembles(name, stock, 0)
        if found is not None and found.trick in _TWINS:
            message = (
                f"the file {component.image} of {component.kind} '{component.name}' differs from the stock file name "
                f"'{found.name}' by {found.trick}"
            )
            yield tell(INFO, component, PROOF, message)


@cache
def _stock_names(kinds: tuple[Kind, ...]) -> frozenset[str]:
    names = (name for kind in kinds for name in catalogue().stock_names(kind))
    return frozenset(name for name in names if "*" not in name)


def _is_judged(component: Component) -> bool:
    """Leave out what the catalogue knows by name, image or type, and what has no name of its own."""
    sections = {r.section for r in component.registrations}
    return not is_known(component) and component.match is None and "system.web/httpHandlers" not in sections


def _is_label(component: Component, name: str) -> bool:
    """Tell whether a handler does what the stock one of that name does: its own name is the administrator's."""
    code = (component.image, component.type, component.precondition, "")
    match = catalogue().match(component.kind, name, *code) if component.kind in _HANDLERS else None
    return match is not None and match.exact


def _tell(component: Component, found: Resemblance, letters: int) -> Finding:
    code = component.image or component.type or "no code of its own"
    message = (
        f"{component.kind} '{component.name}' ({code}) differs from the stock name '{found.name}' by {found.trick}"
    )
    return tell(INFO, component, _weight(component, found, letters), message)


def _weight(component: Component, found: Resemblance, letters: int) -> Weight:
    """Nobody types a Cyrillic letter or a zero by mistake; near names of .NET types do occur in applications."""
    if found.trick in _TWINS:
        return PROOF if component.image or component.type else UNKNOWN
    if component.kind is Kind.MANAGED_MODULE:
        return ODD if _is_misspelt(component.name, found, letters) else UNKNOWN
    return ODD if component.kind in {Kind.NATIVE_MODULE, Kind.ISAPI_FILTER} else UNKNOWN


def _is_misspelt(name: str, found: Resemblance, letters: int) -> bool:
    """Tell whether one letter of a long name of Windows itself was exchanged, or two of them swapped.

    Applications add letters to the name of what they extend (`ErrorHandlersModule`); hardly any exchanges one.
    """
    if found.trick is not Trick.ONE_EDIT or len(name) != len(found.name) or found.name not in _core_names():
        return False
    changed = {frozenset(pair) for pair in zip(name.lower(), found.name.lower(), strict=True) if pair[0] != pair[1]}
    return sum(map(str.isalpha, found.name)) >= letters and not changed <= set(_WORDS)


@cache
def _core_names() -> frozenset[str]:
    rows = (*catalogue().rows("managed_modules"), *catalogue().rows("native_modules"))
    return frozenset(row["name"] for row in rows if row["tier"] == "core")
