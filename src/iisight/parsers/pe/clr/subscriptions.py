"""Which pipeline events the managed modules and applications of an assembly subscribe to."""

from collections.abc import Iterator, Mapping
from functools import cache

from iisight.model.examination import Subscription
from iisight.parsers.pe.clr import schema
from iisight.parsers.pe.clr.il import Bodies
from iisight.parsers.pe.clr.methods import Methods
from iisight.parsers.pe.clr.names import Names, target
from iisight.parsers.pe.clr.roles import APPLICATION, MODULE, Roles, is_abstract
from iisight.parsers.pe.clr.sites import Finder
from iisight.parsers.pe.clr.tables import rows
from iisight.parsers.pe.clr.targets import Targets
from iisight.parsers.pe.clr.trace import APPLICATION as THE_APPLICATION
from iisight.parsers.pe.clr.trace import UNKNOWN, Tracer

MAX_SUBSCRIPTIONS = 512
MAX_BASES = 16
MAX_MODULES = 1_000


def read_subscriptions(
    names: Names, bodies: Bodies, finder: Finder, targets: Targets, roles: Roles
) -> tuple[tuple[Subscription, ...], tuple[str, ...]]:
    """Return what is subscribed to, and what could not be told."""
    methods = Methods(names)
    notes: list[str] = []
    tracer = Tracer(methods, bodies, targets.events)
    sites = {site.method for site in finder.sites(targets.events, MAX_SUBSCRIPTIONS)}
    modules = roles.having(MODULE)
    if len(modules) > MAX_MODULES:
        notes.append(f"managed modules: {len(modules)} there, {MAX_MODULES} followed")
    for number in modules[:MAX_MODULES]:
        entry = _init(names, methods, number)
        if entry and sites:
            _follow(tracer, names, methods, entry, [UNKNOWN, THE_APPLICATION])
        if not is_abstract(names, number) and not bodies.code(entry):
            notes.append(f"what {names.type(schema.TYPE_DEF, number)} subscribes to: {_why(names, entry)}")
    for method in sorted(sites - tracer.visited):
        _follow(tracer, names, methods, method, [])
    if tracer.is_spent:
        notes.append("what the modules subscribe to: more IL than is followed")
    found = [*_traced(names, tracer), *_by_name(names, methods, roles)]
    if len(found) > MAX_SUBSCRIPTIONS:
        notes.append(f"subscriptions: {len(found)} there, {MAX_SUBSCRIPTIONS} kept")
    return tuple(found[:MAX_SUBSCRIPTIONS]), tuple(notes)


def _follow(tracer: Tracer, names: Names, methods: Methods, method: int, arguments: list[frozenset[str]]) -> None:
    """Follow a method, after the constructors of its type, where delegates may have been kept."""
    for constructor in (".cctor", ".ctor"):
        first = methods.find(names.owner(method), constructor)
        if first and first not in tracer.visited:
            tracer.follow(first, [])
    tracer.follow(method, arguments)


def _init(names: Names, methods: Methods, number: int) -> int:
    """Return the MethodDef that is a module's Init, its own or that of a base in this assembly; 0: none."""
    for _ in range(MAX_BASES):
        for method in names.methods(number):
            token = schema.METHOD_DEF << 24 | method
            name = methods.member(token)
            if name in ("Init", f"{MODULE}.Init") and methods.shape(token).parameters == 1:
                return method
        if explicit := methods.override(number, f"{MODULE}::Init"):
            return explicit
        row = names.metadata.row(schema.TYPE_DEF, number)
        table, number = names.definition(*target("TypeDefOrRef", row[3])) if row else (None, 0)
        if table != schema.TYPE_DEF:
            return 0
    return 0


def _why(names: Names, entry: int) -> str:
    return f"{names.method(entry)} has no IL" if entry else "its Init is not in this assembly"


def _traced(names: Names, tracer: Tracer) -> Iterator[Subscription]:
    """Yield what calls subscribe to, by method and offset."""
    for (method, offset), (event, handlers) in sorted(tracer.found.items()):
        place = f"{names.method(method)}+{offset:#x}"
        for handler in sorted(handlers) or ("",):
            yield Subscription(event, method=handler, place=place)


def _by_name(names: Names, methods: Methods, roles: Roles) -> Iterator[Subscription]:
    """Yield what ASP.NET hooks up by the names of an application's methods."""
    for number in roles.having(APPLICATION):
        for method in names.methods(number):
            token = schema.METHOD_DEF << 24 | method
            event = _event_by_name(methods.member(token))
            shape = methods.shape(token)
            if event and not shape.returns and shape.parameters in (0, 2):
                place = names.method(method)
                yield Subscription(event, method=place, place=place)


def _event_by_name(method: str) -> str:
    by_name, events = _application_methods()
    if method.lower() in by_name:
        return by_name[method.lower()]
    prefix, _, event = method.partition("_")
    event = event if event in events else event.removeprefix("On")
    return event if prefix == "Application" and event in events else ""


@cache
def _application_methods() -> tuple[Mapping[str, str], frozenset[str]]:
    """Return the events of methods that are called by a name of their own, and the events of HttpApplication."""
    table = rows("application_methods")
    by_name = {row["method"]: row["event"] for row in table if row["method"]}
    return by_name, frozenset(row["event"] for row in table if not row["method"])
