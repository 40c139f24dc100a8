"""IIS223: what unknown code can do, weighed together with its place, its name and its signature."""

from collections.abc import Iterable, Iterator
from functools import cache

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.binary import Binary
from iisight.model.component import Component, Kind
from iisight.model.examination import Ability, Capability, Examination
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.model.signature import SignatureState
from iisight.rules._common import EXPOSED, Options, Place, number_of
from iisight.rules.binaries._examined import (
    IN_PIPELINE,
    MANAGED,
    catalogues_cover,
    events_of,
    listed,
    say,
    state_of,
    strangers,
    traced,
)
from iisight.rules.configuration._lookalike import Trick, resembles
from iisight.rules.configuration._weights import NOTED, ODD, content_folders, place_among

INFO = RuleInfo(
    id="IIS223",
    title="Able code that nothing vouches for",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-02", "L-03", "L-04", "L-05", "L-06", "L-27"),
    attack=("T1505.004",),
    options={"score": 6, "doubts": 2, "events": 4},
)
SCORES = {
    Ability.KNOWS_CRAWLERS: 3,
    Ability.PARSES_COMMANDS: 3,
    Ability.READS_SECRETS: 2,
    Ability.RUNS_PROCESSES: 2,
    Ability.LISTENS: 2,
    Ability.ADDS_MODULES: 2,
    Ability.LOADS_CODE: 1,
    Ability.OPENS_SOCKETS: 1,
    Ability.CALLS_OUT: 1,
    Ability.IMPERSONATES: 1,
    Ability.HOOKS_LOGGING: 1,
    Ability.REWRITES_RESPONSES: 1,
    Ability.READS_REQUESTS: 1,
    Ability.STAGES_FILES: 1,
}
"""How much an ability weighs; what half of all DLLs can do weighs nothing."""

_SIGNATURES = {
    SignatureState.NONE: "no signature vouches for it",
    SignatureState.UNTRUSTED: "its signature is not trusted",
    SignatureState.BROKEN: "its signature is broken",
}
_TRICKS = frozenset({Trick.FOREIGN, Trick.DIGIT, Trick.ONE_EDIT})


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every unknown module, filter, handler, extension and sleeper that is able and doubtful."""
    folders, covered = content_folders(inventory), catalogues_cover(inventory)
    for component, binary, examination in strangers(
        inventory, *IN_PIPELINE, Kind.MANAGED_HANDLER, Kind.ISAPI_EXTENSION, Kind.SLEEPER
    ):
        weighty = [c for c in examination.capabilities if c.ability in SCORES]
        if sum(SCORES[c.ability] for c in weighty) < number_of(options, "score"):
            continue
        doubts = list(_doubts(component, binary, examination, folders, covered))
        if doubts:
            sure = len(doubts) >= number_of(options, "doubts") and _is_called(component, binary, examination)
            message = _sentence(component, binary, examination, weighty, doubts, number_of(options, "events"))
            most = sorted(weighty, key=lambda c: -SCORES[c.ability])
            yield say(INFO, component, binary, ODD if sure else NOTED, message, *traced(binary, most, 1))


def _doubts(
    component: Component, binary: Binary, examination: Examination, folders: frozenset[str], covered: bool
) -> Iterator[str]:
    """Yield what speaks against it, each independent of the others; a site's own assemblies lie in its folder."""
    state = state_of(examination)
    if state in _SIGNATURES and (covered or state is not SignatureState.NONE):
        yield _SIGNATURES[state]
    place = place_among(binary.path, folders)
    if place in EXPOSED and not (place is Place.CONTENT and component.kind in MANAGED):
        yield f"it lies in {place}"
    model = _model(component, binary)
    if model:
        yield f"its name is close to '{model}'"


def _model(component: Component, binary: Binary) -> str:
    """Return the stock name that the component's or its file's resembles."""
    named = resembles(component.name, _stock_names(component.kind), 1)
    filed = None if component.kind in MANAGED else resembles(_file_name(binary), catalogue().stock_file_names(), 1)
    return next((found.name for found in (named, filed) if found is not None and found.trick in _TRICKS), "")


def _file_name(binary: Binary) -> str:
    return paths.basename(binary.path).lower()


@cache
def _stock_names(kind: Kind) -> frozenset[str]:
    return frozenset(name for name in catalogue().stock_names(kind) if "*" not in name)


def _is_called(component: Component, binary: Binary, examination: Examination) -> bool:
    """Tell whether requests reach it as far as could be decoded; extensions and handlers are called for their own."""
    extends = binary.image is not None and binary.image.exports_name("HttpExtensionProc")
    return bool(events_of(examination)) or extends or component.kind is Kind.MANAGED_HANDLER


def _sentence(
    component: Component,
    binary: Binary,
    examination: Examination,
    weighty: list[Capability],
    doubts: list[str],
    most: int,
) -> str:
    events = events_of(examination)
    rest = len(events) - most
    shown = [*events[:most], *([f"{rest} more"] if rest > 0 else [])]
    asks = f", asks for {listed(shown)}" if events else ""
    can = listed(_infinitive(c.ability) for c in weighty)
    return f"{component.kind} '{component.name}' ({binary.path}) can {can}{asks}; {listed(doubts)}"


def _infinitive(ability: Ability) -> str:
    """Return an ability as what one can do: `runs processes` as `run processes`."""
    verb, _, rest = ability.value.partition(" ")
    return f"{verb.removesuffix('es') if verb.endswith('ches') else verb.removesuffix('s')} {rest}"
