"""IIS149: a FastCGI application whose interpreter is told to run or load something besides the script."""

import re
from collections.abc import Iterable, Sequence

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.inventory.track import Follower
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, evidence_of, finding
from iisight.rules.configuration import _weights as weights
from iisight.rules.configuration._interpreters import Told, Use, told_by_arguments, told_by_variable

INFO = RuleInfo(
    id="IIS149",
    title="FastCGI application that runs other code first",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-08",),
    attack=("T1505.004", "T1574"),
    options={"upload_folders": ("upload", "uploads", "uploaded", "userfiles", "attachments", "tmp", "temp", "cache")},
)

_FASTCGI = "system.webServer/fastCgi"
_WRAPPER = re.compile(r"(?:php|data|https?|ftps?|phar|expect|glob|compress\.\w+|zip)\s*:", re.IGNORECASE)
_DOES = {
    Use.RUNS: "runs it with every script",
    Use.PRELOADS: "runs it before the script",
    Use.LOADS: "loads what is there",
    Use.SEARCHES: "looks there for what scripts load",
}
_BY_PLACE: dict[Use, dict[Place, weights.Weight | None]] = {
    Use.RUNS: {Place.SYSTEM: weights.UNKNOWN, Place.PROGRAMS: weights.UNKNOWN, Place.WRITABLE: weights.GRAVE},
    Use.PRELOADS: {Place.SYSTEM: None, Place.PROGRAMS: None, Place.WRITABLE: weights.ODD},
    Use.LOADS: {Place.WRITABLE: weights.ODD, Place.REMOTE: weights.ODD},
    Use.SEARCHES: {Place.WRITABLE: weights.UNKNOWN, Place.REMOTE: weights.UNKNOWN},
}
_ELSEWHERE: dict[Use, weights.Weight] = {Use.RUNS: weights.ODD, Use.PRELOADS: weights.UNKNOWN}
_MAX_SHOWN = 200  # characters of a value
_MAX_VARIABLES = 1_000  # of one application

Variable = tuple[Told, Locator]


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield, for each application, everything it is told to run or load from where that is odd."""
    names = options["upload_folders"]
    uploads = frozenset(names) if isinstance(names, tuple) else frozenset()
    folders = weights.content_folders(inventory)
    variables = _variables(inventory)
    for components in _applications(inventory):
        image, arguments = components[0].image or "", components[0].arguments
        places = {r.locator for c in components for r in c.registrations}
        told: list[tuple[Told, Locator | None]] = [(t, None) for t in told_by_arguments(arguments)]
        told += [variable for place in sorted(places, key=str) for variable in variables.get(place, ())]
        for thing, written in dict.fromkeys(told):
            weight = _weight(thing, image, folders, uploads)
            if weight is not None:
                yield _tell(components, thing, written, weight)


def _applications(inventory: Inventory) -> Iterable[Sequence[Component]]:
    """Return the rows of each application together: that of the list, and the handlers that name it."""
    found: dict[tuple[str, str, str], list[Component]] = {}
    for component in inventory.of(Kind.FASTCGI):
        if component.image:
            key = (component.server, paths.fold(component.image), component.arguments.casefold())
            found.setdefault(key, []).append(component)
    return found.values()


def _variables(inventory: Inventory) -> dict[Locator, list[Variable]]:
    """Return what the variables of each application tell, by the application's place."""
    found: dict[Locator, list[Variable]] = {}
    for server in inventory.servers:
        for track in Follower(server, _FASTCGI).entries():
            document = track.entry.document
            said = found.setdefault(track.entry.locator, [])
            elements = (e for all_ in track.element.all("environmentVariables") for e in all_.children)
            for element in elements:
                told = told_by_variable(element.get("name"), element.get("value"))
                said.extend((thing, document.at(element)) for thing in told if len(said) < _MAX_VARIABLES)
    return found


def _weight(told: Told, interpreter: str, folders: frozenset[str], uploads: frozenset[object]) -> weights.Weight | None:
    value = told.value.strip()
    if told.use is Use.RUNS and _WRAPPER.match(value):
        return weights.PROOF
    if not weights.is_resolved(value):
        return weights.ODD if told.use is Use.RUNS and value.lower() not in {"", "none"} else None
    probe = value if paths.extension(value) else f"{value}\\x"
    if weights.is_temporary(probe):
        return weights.PROOF
    own = paths.fold(paths.parent(interpreter))
    if told.use is not Use.RUNS and "\\" in own and weights.is_in(probe, frozenset({own})):
        return None
    place = weights.place_among(probe, folders)
    if place is Place.CONTENT and uploads & set(paths.fold(probe).split("\\")):
        return weights.GRAVE
    return _BY_PLACE[told.use].get(place, _ELSEWHERE.get(told.use))


def _tell(components: Sequence[Component], told: Told, written: Locator | None, weight: weights.Weight) -> Finding:
    main = next((c for c in components if c.effective), components[0])
    severity, confidence = weights.weigh(main, weight)
    value = told.value if len(told.value) <= _MAX_SHOWN else f"{told.value[:_MAX_SHOWN]}…"
    message = f"{main.image} is told {told.name} {value} and {_DOES[told.use]}"
    state = "" if main.effective else " (not in force)"
    evidence = [Evidence(written, f"{told.name}={value}")] if written is not None else []
    evidence += [e for component in components for e in evidence_of(component)]
    return finding(INFO, message + state, evidence, *components, severity=severity, confidence=confidence)
