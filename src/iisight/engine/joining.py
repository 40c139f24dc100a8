"""Which components an activity is about: by the code it names, by the file it touches, by the name it registers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from iisight.engine.listening import Heard
from iisight.engine.running import mark
from iisight.engine.settings import Settings
from iisight.evidence import paths
from iisight.model.activity import Act, Action
from iisight.model.component import Component, Kind
from iisight.model.finding import Finding

_NAMED = frozenset({Act.REGISTER, Act.UNREGISTER, Act.LOAD_FAILED})
_MODULES = (Kind.NATIVE_MODULE, Kind.MANAGED_MODULE)
_HANDLERS = (Kind.MANAGED_HANDLER, Kind.NATIVE_HANDLER, Kind.ISAPI_EXTENSION, Kind.CGI, Kind.FASTCGI)
_BY_SECTION = {
    "system.webserver/globalmodules": (Kind.NATIVE_MODULE,),
    "system.webserver/modules": _MODULES,
    "system.web/httpmodules": (Kind.MANAGED_MODULE,),
    "system.webserver/isapifilters": (Kind.ISAPI_FILTER,),
    "system.webserver/handlers": _HANDLERS,
    "system.web/httphandlers": (Kind.MANAGED_HANDLER,),
}
"""Sections whose entries have names by which a component is known; other sections are joined by what they run."""


class Joiner:
    """An index over the components of one inventory."""

    def __init__(self, components: Iterable[Component]) -> None:
        """Index components by file, by type and by name."""
        self._files: dict[str, list[Component]] = defaultdict(list)
        self._types: dict[str, list[Component]] = defaultdict(list)
        self._names: dict[tuple[Kind, str], list[Component]] = defaultdict(list)
        for component in components:
            for path in _files_of(component):
                self._files[path].append(component)
            if component.type:
                self._types[_type_name(component.type)].append(component)
            self._names[component.kind, component.name.casefold()].append(component)

    def components(self, heard: Heard) -> tuple[Component, ...]:
        """Return the components an activity is about, each once, in the order of their ids."""
        return self.about(*heard.activity.actions)

    def about(self, *actions: Action) -> tuple[Component, ...]:
        """Return the components that actions are about, each once, in the order of their ids."""
        found = {c.id: c for action in actions for c in self._of(action)}
        return tuple(found[key] for key in sorted(found))

    def _of(self, action: Action) -> Iterator[Component]:
        by_code = list(self._by_code(action))
        yield from by_code
        yield from self._files.get(paths.fold(action.subject), ()) if action.subject else ()
        if action.name and action.act in _NAMED and not (by_code or action.code):
            kinds = _BY_SECTION.get(action.section.lower(), ())
            yield from (c for kind in kinds for c in self._names.get((kind, action.name.casefold()), ()))

    def _by_code(self, action: Action) -> Iterator[Component]:
        if action.code:
            expanded = paths.expand(action.code, paths.default_variables("C:"))
            yield from self._files.get(paths.fold(expanded), ())
            yield from self._types.get(_type_name(action.code), ())


def attributed(heard: Iterable[Heard], joiner: Joiner, settings: Settings) -> tuple[Heard, ...]:
    """Return what was heard with each finding naming the components it is about, and whether it counts."""
    return tuple(_attributed(h, joiner.components(h), settings) for h in heard)


def _attributed(heard: Heard, components: tuple[Component, ...], settings: Settings) -> Heard:
    findings = tuple(mark(_with(f, components), settings) for f in heard.findings)
    return replace(heard, findings=findings, components=tuple(c.id for c in components))


def _with(finding: Finding, components: tuple[Component, ...]) -> Finding:
    ids = dict.fromkeys((*finding.components, *(c.id for c in components)))
    return replace(finding, components=tuple(ids))


def _files_of(component: Component) -> Iterator[str]:
    held = (component.image, *(b.path for b in (component.binary, component.twin) if b is not None))
    yield from dict.fromkeys(paths.fold(path) for path in held if path)


def _type_name(text: str) -> str:
    """Return `Namespace.Class` of a type as configuration writes it, in lower case."""
    return text.partition(",")[0].strip().lower()
