"""What configuration says beside what components are registered by: for the comparison of two reports."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from iisight.inventory.config.build import Server
from iisight.inventory.config.resolve import Change
from iisight.inventory.secrets import shown
from iisight.model.component import Component
from iisight.model.config import Dropped, Element, ElementState, Entry, Fate, Setting
from iisight.model.locator import Locator
from iisight.model.report import Stated

MAX_STATED = 200_000  # elements; 2,000 sites with 10,000 locations state about 30,000
MAX_KEY = 200  # characters of what tells one entry of a collection from another
MAX_VALUE = 500  # characters of a value that is kept as it is
MAX_DEPTH = 16  # of elements inside an entry; those of a site are four deep
_OURS = ("system.", "configurationRedirection", "location")
_LIKELY_KEYS = ("name", "key", "path", "value", "fileExtension", "protocol", "users", "type", "assembly", "namespace")
_DECLARATION = ("allowDefinition", "overrideModeDefault", "allowLocation")

Place = tuple[str, int | None, int | None]


def stated(servers: Iterable[Server], components: Iterable[Component]) -> tuple[list[Stated], int]:
    """Return what every server's files say, and how many elements were over the bounds."""
    told = {_place(r.locator) for c in components for r in c.registrations}
    found: list[Stated] = []
    refused = 0
    for said in (said for server in servers for said in _server(server, told)):
        if len(found) < MAX_STATED:
            found.append(said)
        else:
            refused += 1
    return sorted(found, key=lambda s: (s.server, s.section, s.scope, s.locator, s.element)), refused


def _server(server: Server, told: set[Place]) -> Iterator[Stated]:
    yield from _declarations(server)
    for section in server.resolver.sections():
        yield from _Section(server, section, told).all()


def _declarations(server: Server) -> Iterator[Stated]:
    """Yield who may set each section that applicationHost.config declares, and what its locations lock or unlock."""
    for declaration in server.resolver.declarations.declared():
        element, document = declaration.element, declaration.document
        if element is not None and document is not None and document is server.apphost:
            said = tuple((name, element.get(name)) for name in _DECLARATION if element.get(name))
            yield Stated(server.name, declaration.path, "", "(declaration)", said, document.at(element))
    for node in server.tree:
        for section, records in node.inputs.items():
            for record in records:
                if record.override != "Inherit":
                    said = (("overrideMode", record.override),)
                    place = record.document.at(record.element)
                    yield Stated(server.name, section, node.scope, "(location)", said, place)


class _Section:
    """One section of one server, wherever it is set."""

    def __init__(self, server: Server, section: str, told: set[Place]) -> None:
        self.server = server
        self.section = section
        self.told = told

    def all(self) -> Iterator[Stated]:
        """Yield what each node adds, changes and takes away."""
        for change in self.server.resolver.changes(self.section):
            yield from self._state(change.before, change.after, "", change.node.scope)
            yield from self._problems(change)

    def _state(self, before: ElementState, after: ElementState, prefix: str, scope: str) -> Iterator[Stated]:
        if after is before:
            return
        yield from self._settings(after.settings, prefix, scope)
        was = {id(entry) for entry in before.entries}
        labels: Counter[str] = Counter()
        for entry in after.entries:
            if id(entry) not in was:
                yield from self._entry(entry, f"{after.path}/{entry.element.name}", prefix, labels)
        yield from self._dropped(after.dropped[len(before.dropped) :], prefix, scope)
        for name, child in after.children.items():
            inner = before.children.get(name) or ElementState(child.path)
            yield from self._state(inner, child, f"{prefix}/{name}".lstrip("/"), scope)

    def _settings(self, settings: Mapping[str, Setting], prefix: str, scope: str) -> Iterator[Stated]:
        """Yield the attributes that are set here, those of one file together."""
        files: dict[str, list[Setting]] = {}
        for setting in settings.values():
            if setting.name and setting.scope == scope and _place(setting.locator) not in self.told:
                files.setdefault(setting.locator.path, []).append(setting)
        for group in files.values():
            said = [(s.name, s.value) for s in group]
            yield self._said(scope, prefix, said, min(s.locator for s in group))

    def _entry(self, entry: Entry, path: str, prefix: str, labels: Counter[str]) -> Iterator[Stated]:
        label = f"{prefix}/{_label(entry.element, entry.key)}".lstrip("/")
        labels[label] += 1
        name = label if labels[label] == 1 else f"{label}#{labels[label]}"
        yield from self._element(entry, entry.element, path, name, MAX_DEPTH)

    def _element(self, entry: Entry, element: Element, path: str, name: str, depth: int) -> Iterator[Stated]:
        """Yield an entry's element and those inside it, but for what a component is registered by."""
        place = entry.document.at(element)
        says = bool(element.attributes) or not element.children
        if says and _place(place) not in self.told:
            yield self._said(entry.scope, name, element.attributes.items(), place)
        labels: Counter[str] = Counter()
        for child in element.children if depth else ():
            inner = f"{path}/{child.name}"
            fact = self.server.resolver.collection(path)
            keyed = fact is not None and child.name in fact.add
            label = _label(child, "") if keyed or child.name == "add" else child.name
            labels[label] += 1
            label = label if labels[label] == 1 else f"{label}#{labels[label]}"
            yield from self._element(entry, child, inner, f"{name}/{label}", depth - 1)

    def _dropped(self, found: Iterable[Dropped], prefix: str, scope: str) -> Iterator[Stated]:
        """Yield what is taken away here, each once; what `<clear />` takes in one line."""
        gone: dict[tuple[str, Fate], Locator] = {}
        for dropped in found:
            entry = dropped.entry
            label = "clear" if dropped.fate is Fate.CLEARED else _label(entry.element, entry.key)
            if dropped.fate is Fate.CLEARED or _place(entry.locator) not in self.told:
                gone.setdefault((f"{prefix}/{label}".lstrip("/"), dropped.fate), dropped.by or entry.locator)
        for (name, fate), place in gone.items():
            yield Stated(self.server.name, self.section, scope, name, (), place, fate)

    def _problems(self, change: Change) -> Iterator[Stated]:
        for problem in change.after.problems[len(change.before.problems) :]:
            said = (("unusable", problem.code),)
            yield Stated(
                self.server.name, self.section, change.node.scope, "(problem)", said, problem.locator, Fate.INERT
            )

    def _said(self, scope: str, element: str, said: Iterable[tuple[str, str]], place: Locator) -> Stated:
        pairs = shown(said)
        if not self.section.startswith(_OURS) and pairs:
            pairs = (("content", _digest("\0".join(part for pair in sorted(pairs) for part in pair))),)
        kept = tuple(sorted((name, _value(value)) for name, value in pairs))
        return Stated(self.server.name, self.section, scope, element, kept, place)


def _label(element: Element, key: str) -> str:
    """Return what tells an entry from its neighbours: `site[Shop]`."""
    told = ", ".join(part for part in key.split("\0") if part) or next(
        (element.get(name) for name in _LIKELY_KEYS if element.get(name)), ""
    )
    if not key and element.get("bindingInformation"):
        told = f"{element.get('protocol')}/{element.get('bindingInformation')}"
    told = told if len(told) <= MAX_KEY else f"{told[:MAX_KEY]}... {_digest(told)}"
    return f"{element.name}[{told}]" if told else element.name


def _value(value: str) -> str:
    return value if len(value) <= MAX_VALUE else f"{value[:MAX_VALUE]}... {_digest(value)}"


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _place(locator: Locator) -> Place:
    return locator.path, locator.line, locator.column
