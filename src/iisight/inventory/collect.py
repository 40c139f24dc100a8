"""Take the inventory of a source: find its servers, resolve them, run every mechanism, link the files."""

import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from importlib import import_module

from iisight.catalogue import schema
from iisight.evidence import paths
from iisight.evidence.sniff import is_express
from iisight.evidence.source import File, Source
from iisight.examine.look import Examines, Look
from iisight.inventory import discovery, expected, link, mechanisms
from iisight.inventory.binaries import Binaries
from iisight.inventory.com import ComClasses
from iisight.inventory.config.build import MACHINE_LEVEL, Builder, Server, WebConfigs
from iisight.inventory.config.documents import Documents
from iisight.inventory.discovery import Found, Role
from iisight.inventory.draft import MAIN, Draft, finish, join
from iisight.inventory.examined import examine
from iisight.inventory.inventory import Copy, Inventory
from iisight.inventory.machine import Machine
from iisight.inventory.mechanisms import sleepers
from iisight.inventory.memory import Memory
from iisight.inventory.registry import Asked, absent, find_registry
from iisight.inventory.registry_facts import facts_of
from iisight.inventory.steps import guarded
from iisight.inventory.survey import Survey
from iisight.model.binary import Binary
from iisight.model.component import Component, ImageState
from iisight.model.config import Document
from iisight.model.coverage import Gap, GapKind
from iisight.model.progress import Progress

Finder = Callable[[Survey], Iterable[Draft]]
_FEW_FILES = 40
_MAX_COPIES = 200
_MAX_LOADED = 5_000  # files that worker processes have loaded and that are looked at
_PROFILE = re.compile(r"[a-z]:\\users\\[^\\]+", re.IGNORECASE)
_NOT_SERVICES = ("IIS Express", "IIS Manager")


def collect(
    source: Source,
    progress: Progress | None = None,
    look: Look | None = None,
    machine: Machine | None = None,
    memory: Memory | None = None,
) -> Inventory:
    """Return the inventory; nothing of the evidence is left out without a gap that says so.

    Binaries are looked at closely when `look` says how; else their headers alone are read. `machine` is what is known
    of the machine beside the files; when its registry is not given, the hives of the source are asked. `memory` has
    what an earlier run read.
    """
    with nullcontext(None) if look is None else look.start(source.newest) as examiner:
        return _Collector(source, progress or (lambda *_: None), look, examiner, machine, memory).run()


def registered(source: Source, machine: Machine | None = None) -> Inventory:
    """Return the configuration and what it registers; DLLs that nothing registers are not looked for."""
    return _Collector(source, lambda *_: None, machine=machine).run(with_sleepers=False)


def resolve(source: Source, progress: Progress | None = None, machine: Machine | None = None) -> Inventory:
    """Return the configuration alone: servers and documents, no components."""
    return _Collector(source, progress or (lambda *_: None), machine=machine).run(with_components=False)


class _Collector:
    """One run over one source."""

    def __init__(
        self,
        source: Source,
        progress: Progress,
        look: Look | None = None,
        examiner: Examines | None = None,
        machine: Machine | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.source = source
        self.progress = progress
        self.look = look
        self.examiner = examiner
        self.memory = memory
        self.documents = Documents(source, memory)
        self.binaries = Binaries(source, examiner, memory)
        self.gaps: list[Gap] = list(source.gaps)
        self.hosts = discovery.find_hosts(source)
        self.web_configs = WebConfigs(list(source.named("web.config")))
        self.given = machine or Machine()
        self.gaps += self.given.gaps
        self.asked: Asked | None = None
        self.schemas_of: set[str] = set()  # folders whose schema files a server has already
        self.servers: list[Server] = []
        self.machine: Server | None = None  # the server that the registry's services are of

    def run(self, *, with_components: bool = True, with_sleepers: bool = True) -> Inventory:
        servers = self.servers = self._servers()
        copies = tuple(self._copies())
        schemas = tuple(self._schemas(servers))
        components: list[Component] = []
        if with_components:
            self._ask_registry(servers)
            components = [c for server in servers for c in self._components(server, schemas)]
            components += self._sleepers(components) if with_sleepers else []
            self._read_the_rest()
        loaded = list(self._loaded()) if with_components else []
        binaries = tuple(self.binaries.all())
        if self.look is not None and self.examiner is not None:
            self.progress("what binaries can do", 0, len(binaries))
            examined = examine(components, self.source, self.binaries, self.look, self.examiner, self.memory, loaded)
            self.gaps += examined.gaps
            components = [examined.component(c) for c in components]
            binaries = tuple(examined.binary(b) for b in binaries)
        facts = None if self.asked is None else facts_of(self.asked)
        self.gaps += expected.missing(servers, self.source)
        self.gaps += [*self.documents.gaps, *self.binaries.gaps, *link.absent_gaps(components)]
        return Inventory(
            evidence=self.source.name,
            servers=tuple(servers),
            components=tuple(sorted(components, key=lambda c: (c.kind, c.name.casefold(), c.id, c.server))),
            documents=tuple(self.documents.all()),
            copies=copies,
            gaps=tuple(sorted(set(self.gaps))),
            binaries=binaries,
            mapping=self.source.mount,
            registry=facts,
            processes=self.given.processes,
        )

    # Servers

    def _servers(self) -> list[Server]:
        in_force = [f for f in self.hosts if f.role is Role.IN_FORCE]
        chosen = [*in_force, *(f for f in self.hosts if f.role is Role.EXPRESS)]
        if self.hosts and not chosen:
            chosen = [self._copy()]
            reason = f"not in the evidence: the server is judged by a copy, {chosen[0].file.path}"
            self.gaps.append(Gap(GapKind.MISSING, f"C:{discovery.CONFIG_FOLDER}\\{discovery.APPHOST}", reason))
        servers = [s for found in chosen for s in self._server(found)]
        servers += [s for found in in_force for s in self._manager(found)]
        if not in_force:
            servers += self._manager(None)
        return [*servers, *self._unmapped(servers)]

    def _copy(self) -> Found:
        """Return the newest copy; of one that lies anywhere its modules say whether it is of IIS Express."""
        at, found = max(enumerate(self.hosts), key=lambda item: _age(item[1]))
        if found.role is Role.STRAY and is_express(self.source, found.file):
            self.hosts[at] = replace(found, role=Role.EXPRESS)
        return self.hosts[at]

    def _server(self, found: Found) -> Iterator[Server]:
        folder = paths.parent(found.file.path)
        variables = self._variables(found.file.path) | _express_variables(found)
        target = self._redirected(folder, variables, discovery.APPHOST) if found.role is Role.IN_FORCE else None
        document = self.documents.read(target or found.file, found.role)
        if document is None:
            return
        yield Builder(self.documents, self.web_configs, document).build(self._name(found), folder, variables)

    def _variables(self, path: str) -> dict[str, str]:
        """Return the variables of the machine a file is of: what every Windows has, in the case it has it, and more."""
        known = paths.default_variables(discovery.drive_of(path))
        spelled = {name.lower(): name for name in known}
        return known | {spelled.get(name.lower(), name): value for name, value in self.given.variables.items()}

    def _name(self, found: Found) -> str:
        alike = [f for f in self.hosts if f.role is found.role]
        base = {Role.IN_FORCE: "IIS", Role.EXPRESS: "IIS Express"}.get(found.role, f"IIS ({found.role})")
        return base if len(alike) == 1 or found.role is Role.HISTORY else f"{base} {alike.index(found) + 1}"

    def _redirected(self, folder: str, variables: Mapping[str, str], name: str) -> File | None:
        """Follow redirection.config: it moves applicationHost.config and administration.config."""
        document = self.documents.get(paths.join(folder, "redirection.config"), "redirection.config")
        element = None if document is None or document.root is None else document.root.child("configurationRedirection")
        if element is None or element.get("enabled").lower() != "true":
            return None
        path = paths.join(paths.expand(element.get("path"), variables), name)
        target = self.source.find(path)
        if target is None and (name == discovery.APPHOST or self.source.find(paths.join(folder, name)) is not None):
            what = "the configuration" if name == discovery.APPHOST else name
            reason = f"{what} is redirected there, and it is not in the evidence: the local file is used"
            self.gaps.append(Gap(GapKind.MISSING, path, reason))
        return target

    def _manager(self, found: Found | None) -> Iterator[Server]:
        """Yield IIS Manager's configuration, a hierarchy of its own."""
        folder = "C:" + discovery.CONFIG_FOLDER if found is None else paths.parent(found.file.path)
        variables = self._variables(folder)
        local = self.source.find(paths.join(folder, discovery.ADMINISTRATION))
        target = self._redirected(folder, variables, discovery.ADMINISTRATION) if found is not None else None
        file = target or local
        document = None if file is None else self.documents.read(file, discovery.ADMINISTRATION)
        if document is not None:
            builder = Builder(self.documents, WebConfigs(()), document, MACHINE_LEVEL)
            yield builder.build("IIS Manager", folder, variables)

    def _unmapped(self, servers: list[Server]) -> Iterator[Server]:
        """Yield the web.configs that no site reads; they count as in force only when no site is known."""
        claimed = {path for server in servers for path in server.web_configs}
        files = (f for f in self.web_configs.all() if paths.fold(f.path) not in claimed)
        rest = [f for f in files if not self.documents.is_read(f)]  # the root web.config of a framework is
        if rest:
            known = any(server.apphost is not None and server.apps for server in servers)
            builder = Builder(self.documents, WebConfigs(rest), None)
            if known:
                reason = "web.config that belongs to no site: listed, and not in force"
                self.gaps.append(Gap(GapKind.UNRESOLVED, rest[0].path, reason, len(rest)))
            yield builder.build_unmapped(
                self._variables(rest[0].path), reason="no site has this folder" if known else ""
            )

    # Files beside the configuration in force

    def _copies(self) -> Iterator[Copy]:
        used = {paths.fold(document.path) for _, document in self.documents.all()}
        others = [f for f in self.hosts if paths.fold(f.file.path) not in used and f.role is not Role.TEMPLATE]
        others.sort(key=_age)
        if len(others) > _MAX_COPIES:
            reason = f"only the newest {_MAX_COPIES} copies of {discovery.APPHOST} are read"
            self.gaps.append(Gap(GapKind.REFUSED, others[0].file.path, reason, len(others) - _MAX_COPIES))
        for found in others[-_MAX_COPIES:]:
            role = Role.REDIRECTED if found.role is Role.IN_FORCE else found.role
            document = self.documents.read(found.file, role)
            if document is not None:
                yield Copy(role, document)
        yield from self._copies_of("pool configuration", discovery.find_generated(self.source))
        yield from self._copies_of(Role.OF_ADMINISTRATION, discovery.find_administration(self.source))

    def _copies_of(self, role: str, found: Iterable[File]) -> Iterator[Copy]:
        files = list(found)
        if len(files) > _MAX_COPIES:
            reason = f"of {len(files):,} files ({role}) only {_MAX_COPIES} are read"
            self.gaps.append(Gap(GapKind.REFUSED, files[0].path, reason, len(files) - _MAX_COPIES))
        for file in files[:_MAX_COPIES]:
            document = self.documents.read(file, role)
            if document is not None:
                yield Copy(role, document)

    def _schemas(self, servers: list[Server]) -> Iterator[Document]:
        for folder in dict.fromkeys(paths.fold(server.config_folder) for server in servers if server.config_folder):
            for file in self.source.below(paths.join(folder, "schema")):
                document = self.documents.read(file, "schema") if paths.extension(file.path) == ".xml" else None
                if document is not None and document.root is not None:
                    yield document
                    facts = {f.owner: f for f in schema.collection_facts_from_schema(document.root)}
                    for server in servers:
                        server.resolver.schema_facts.update(facts)

    def _read_the_rest(self) -> None:
        """Read what else looks like configuration when the evidence is small: somebody gave it on purpose."""
        files = list(self.source.ending(".config", ".xml", ".xdt"))
        if len(files) <= _FEW_FILES:
            for file in files:
                self.documents.read(file, "other")

    # Components

    def _ask_registry(self, servers: list[Server]) -> None:
        """Find the registry and the server whose machine it is of; a server of a machine without one is told."""
        given = self.given.registry
        found = find_registry(self.source, self.gaps) if given is None else ("", given)
        self.asked = None if found is None else Asked(found[1], self.gaps)
        full = (s for s in servers if s.apphost is not None and not s.name.startswith(_NOT_SERVICES))
        self.machine = next(full, None)
        if self.machine is not None:
            self.gaps += absent(self.asked, discovery.drive_of(self.machine.config_folder))
        elif self.asked is not None:
            if not servers:
                builder = Builder(self.documents, WebConfigs(()), None)
                servers.append(builder.build_unmapped(self._variables(""), reason=""))
            self.machine = servers[0]

    def _components(self, server: Server, schemas: tuple[Document, ...]) -> list[Component]:
        registry = self.asked if server is self.machine else None
        own = self._own(server, schemas)
        survey = Survey(server, self.source, self.documents, self.binaries, self.gaps, own, registry)
        finders = list(_finders())
        drafts: list[Draft] = []
        for index, (name, finder) in enumerate(finders):
            self.progress(f"{server.name}: {name}", index, len(finders))
            drafts.extend(guarded(f"{server.name}: {name}", self.gaps, partial(finder, survey)))
        classes = None if self.asked is None else ComClasses(self.asked)
        joined = join(drafts) if self._is_alone(server) else [d for d in join(drafts) if _is_of(server, d)]
        return link.Linker(server, self.source, self.binaries, self.documents, classes).link(joined)

    def _is_alone(self, server: Server) -> bool:
        """Tell whether no other server has what the frameworks of the machine register."""
        return server.apphost is not None or not any(s.apphost is not None and s.apps for s in self.servers)

    def _own(self, server: Server, schemas: tuple[Document, ...]) -> tuple[Document, ...]:
        """Return the schema files beside a server's configuration, unless a server before it has them."""
        folder = paths.fold(paths.join(server.config_folder, "schema")) if server.config_folder else ""
        if not folder or folder in self.schemas_of:
            return ()
        self.schemas_of.add(folder)
        return tuple(document for document in schemas if paths.fold(document.path).startswith(folder + "\\"))

    def _sleepers(self, components: list[Component]) -> list[Component]:
        files = list(self.source.ending(".dll"))
        registered = link.registered_files(components)
        drafts = guarded("sleepers", self.gaps, lambda: sleepers.find(self._counted(files), self.binaries, registered))
        found = ((finish(draft, MAIN, None), self.binaries.get(draft.image or "")) for draft in drafts)
        return [replace(component, image_state=ImageState.READ, binary=binary) for component, binary in found]

    def _loaded(self) -> Iterator[Binary]:
        """Yield what worker processes have loaded from elsewhere than Windows' own folder, as far as it is there."""
        modules = {paths.fold(m) for process in self.given.processes or () for m in process.modules or ()}
        windows = paths.fold(self._variables("")["windir"]) + "\\"
        found = sorted(module for module in modules if not module.startswith(windows))
        if len(found) > _MAX_LOADED:
            reason = f"worker processes have loaded {len(found):,} files; {_MAX_LOADED:,} of them are looked at"
            self.gaps.append(Gap(GapKind.REFUSED, found[_MAX_LOADED], reason, len(found) - _MAX_LOADED))
        binaries = (self.binaries.get(module) for module in found[:_MAX_LOADED])
        return (binary for binary in binaries if binary is not None)

    def _counted(self, files: list[File]) -> Iterator[File]:
        for index, file in enumerate(files):
            if index % 64 == 0:
                self.progress("DLLs that nothing registers", index, len(files))
            yield file


def _is_of(server: Server, draft: Draft) -> bool:
    """Tell whether a web.config of a server registers a component, or nothing does."""
    places = {paths.fold(row.locator.path) for row in draft.registrations}
    return not places or not places.isdisjoint(server.web_configs)


def _finders() -> Iterator[tuple[str, Finder]]:
    """Yield the finder of every mechanism, by walking the package."""
    for found in sorted(pkgutil.iter_modules(mechanisms.__path__), key=lambda m: m.name):
        module = import_module(f"{mechanisms.__name__}.{found.name}")
        if module is not sleepers:
            yield found.name.replace("_", " "), module.find


def _age(found: Found) -> tuple[float, str]:
    """Return what sorts copies from old to new: their time, else their name, which numbers those of the history."""
    modified = found.file.modified
    return 0.0 if modified is None else modified.timestamp(), paths.fold(found.file.path)


def _express_variables(found: Found) -> dict[str, str]:
    """Return what iisexpress.exe sets for its configuration file."""
    if found.role is not Role.EXPRESS:
        return {}
    drive, home = discovery.drive_of(found.file.path), paths.parent(paths.parent(found.file.path))
    profile = paths.parent(paths.parent(home))
    if paths.basename(home).lower() != "iisexpress":  # of a solution: the home of the user stays where it is
        owner = _PROFILE.match(found.file.path)
        profile = owner[0] if owner is not None else f"{drive}\\Users\\user"
        home = f"{profile}\\Documents\\IISExpress"
    express = f"{drive}\\Program Files\\IIS Express"
    return {
        "IIS_BIN": express,
        "IIS_USER_HOME": home,
        "IIS_SITES_HOME": f"{home}\\My Web Sites",
        "USERPROFILE": profile,
    }
