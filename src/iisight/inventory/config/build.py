"""Build the tree of one server: find its files, hang their sections where they apply."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from iisight.evidence import paths
from iisight.evidence.source import File
from iisight.inventory.config import conditions, host, records
from iisight.inventory.config import declarations as declared
from iisight.inventory.config.declarations import Declarations
from iisight.inventory.config.documents import Documents
from iisight.inventory.config.host import Pool
from iisight.inventory.config.records import Record
from iisight.inventory.config.resolve import Resolver
from iisight.inventory.config.tree import App, Node, Tree, Unread, fold_scope
from iisight.model.config import Document
from iisight.model.coverage import GapKind

MACHINE_LEVEL, APPHOST_LEVEL, WEB_CONFIG_LEVEL = 0, 2, 3
MAX_CLAIMS = 250_000  # web.configs hung into one tree; many sites may share a folder
UNMAPPED = "(not mapped)"
"""Site under which web.configs hang that no site of the configuration reads."""

FRAMEWORKS = tuple(f"{f}\\{v}" for f in ("Framework64", "Framework") for v in ("v4.0.30319", "v2.0.50727"))


@dataclass(slots=True, eq=False)
class Server:
    """One IIS (or IIS Express) of the evidence, with its configuration ready to be asked."""

    name: str  # `IIS`, `IIS Express`, `(no applicationHost.config)`
    config_folder: str
    variables: Mapping[str, str]
    apphost: Document | None
    resolver: Resolver
    pools: dict[str, Pool]
    apps: list[App]
    mappings: list[host.Mapping]
    web_configs: set[str] = field(default_factory=set)  # folded paths of those that belong to a scope
    in_force: bool = True  # False: a collection of files that no site reads
    _pools_for: dict[tuple[str, bool | None], tuple[str, ...] | None] = field(default_factory=dict)

    @property
    def tree(self) -> Tree:
        """Return the configuration paths."""
        return self.resolver.tree

    def pool_of(self, app: App | None) -> Pool | None:
        """Return an application's pool, if the configuration defines it."""
        return None if app is None else self.pools.get(paths.lower(app.pool))

    def framework_of(self, node: Node) -> str:
        """Return the framework folder whose machine.config speaks for a node."""
        pool = self.pool_of(node.app)
        return self.resolver.default_framework if pool is None else pool.framework

    def bindings(self) -> dict[str, tuple[str, ...]]:
        """Return the bindings of every site as `protocol/information`."""
        state = self.resolver.effective(self.tree.root, host.SITES)
        holders = {e.element.get("name"): e.element.child("bindings") for e in state.entries}
        return {
            name: tuple(f"{b.get('protocol')}/{b.get('bindingInformation')}" for b in holder.all("binding"))
            for name, holder in holders.items()
            if holder is not None
        }

    def pools_for(self, precondition: str, integrated: bool | None = None) -> tuple[str, ...] | None:
        """Return the pools that meet a preCondition, of one pipeline mode if given; None when none is left out."""
        key = (precondition, integrated)
        if key not in self._pools_for:
            pools = list(self.pools.values())
            kept = [p for p in pools if integrated is None or p.integrated is integrated]
            met = conditions.pools_meeting(precondition, kept)
            if met is None and len(kept) < len(pools):
                met = tuple(sorted(p.name for p in kept))
            self._pools_for[key] = met
        return self._pools_for[key]

    def expand(self, path: str) -> str:
        """Return a path of the configuration with its variables replaced."""
        return paths.expand(path, self.variables)


class WebConfigs:
    """Every web.config of the evidence, asked by folder."""

    def __init__(self, files: Sequence[File]) -> None:
        """Index files by folded path; `files` come in that order."""
        self._files = {paths.fold(f.path): f for f in files}
        self._keys = sorted(self._files)

    def below(self, folder: str) -> Iterator[tuple[str, File]]:
        """Yield (path below the folder with `/`, file) for the folder and every folder in it."""
        prefix = paths.fold(folder).rstrip("\\") + "\\"
        for index in range(bisect_left(self._keys, prefix), len(self._keys)):
            key = self._keys[index]
            if not key.startswith(prefix):
                break
            file = self._files[key]
            relative = paths.parent(file.path[len(prefix) :]) if "\\" in key[len(prefix) :] else ""
            yield relative.replace("\\", "/"), file

    def all(self) -> list[File]:
        """Return every file, in the order of their folded paths."""
        return [self._files[key] for key in self._keys]


class Builder:
    """Builds one Server; a short life, for the many things its steps share."""

    def __init__(
        self, documents: Documents, web_configs: WebConfigs, apphost: Document | None, level: int = APPHOST_LEVEL
    ) -> None:
        """Take what is shared between the servers of one evidence; `level` is where `apphost` stands."""
        self.level = level
        self.documents = documents
        self.web_configs = web_configs
        self.apphost = apphost
        self.tree = Tree()
        self.declarations = declared.stock()
        self.frameworks: dict[str, Sequence[Record]] = {}

    def build(self, name: str, config_folder: str, variables: Mapping[str, str]) -> Server:
        """Read every file of the hierarchy and return the server."""
        if self.level != MACHINE_LEVEL:
            self._read_frameworks(variables)
        if self.apphost is not None:
            self.declarations = self.declarations.extend(self.apphost, self.level)
            self._attach(self.apphost, self.tree.root, self.level, self.declarations)
        resolver = Resolver(
            self.tree, self.declarations, self.frameworks, self._default_framework(), self.apphost is not None
        )
        pools = host.pools(resolver.effective(self.tree.root, host.POOLS))
        mappings = list(host.mappings(resolver.effective(self.tree.root, host.SITES)))
        apps = {m.app.scope: m.app for m in mappings if m.is_app_root}
        server = Server(name, config_folder, variables, self.apphost, resolver, pools, [*apps.values()], mappings)
        self._hang(server)
        return server

    def build_unmapped(self, variables: Mapping[str, str], reason: str) -> Server:
        """Return a server made of web.configs alone; `reason` says why none is read, if so."""
        self._read_frameworks(variables)
        resolver = Resolver(self.tree, self.declarations, self.frameworks, self._default_framework(), locks_known=False)
        server = Server(UNMAPPED, "", variables, None, resolver, {}, [], [], in_force=not reason)
        top = ""
        for file in self.web_configs.all():
            if self.documents.is_read(file):
                continue  # a root web.config
            folder = paths.parent(file.path)
            node = self.tree.ensure(f"{UNMAPPED}/{folder}")
            if node is None:
                continue
            if not top or not (paths.fold(folder) + "\\").startswith(top):
                top = paths.fold(folder) + "\\"
                node.is_app_root = True
                node.app = App(UNMAPPED, f"/{folder}", "", node.scope, folder)
                server.apps.append(node.app)
            server.web_configs.add(paths.fold(file.path))
            self._hang_web_config(node, file, reason)
        self._inherit_apps()
        return server

    def _read_frameworks(self, variables: Mapping[str, str]) -> None:
        windir = variables.get("windir", "C:\\Windows")
        for framework in FRAMEWORKS:
            folder = f"{windir}\\Microsoft.NET\\{framework}\\CONFIG"
            found: list[Record] = []
            for level, name in enumerate(("machine.config", "web.config")):
                document = self.documents.get(f"{folder}\\{name}", name if level == 0 else "root web.config")
                if document is not None:
                    self.declarations = self.declarations.extend(document, level)
                    found.extend(records.split(document, self.declarations, level, self.documents.include))
            if found:
                self.frameworks[framework] = found

    def _default_framework(self) -> str:
        return next((f for f in FRAMEWORKS if f in self.frameworks), FRAMEWORKS[0])

    def _attach(self, document: Document, node: Node, level: int, declarations: Declarations) -> None:
        """Hang a file's sections: its own level at `node`, its locations below it."""
        for record in records.split(document, declarations, level, self.documents.include):
            target: Node | None = node
            if record.location:
                target = self.tree.ensure(f"{node.scope}/{record.location}")
            if target is not None and not target.attach(record):
                self.tree.refused += 1

    def _hang(self, server: Server) -> None:
        """Make the nodes of applications and folders, and hang each folder's web.config."""
        own_scopes = {fold_scope(m.scope) for m in server.mappings}
        found: dict[str, tuple[File, str]] = {}  # node key → (web.config, why it is not read)
        for mapping in server.mappings:
            self._make_node(mapping, server)
            for scope, file, reason in self._claims(mapping, server, own_scopes):
                if len(found) >= MAX_CLAIMS:
                    self.tree.refused += 1
                    continue
                first, _ = found.setdefault(fold_scope(scope), (file, reason))
                if first is not file:
                    self.documents.gap(GapKind.REFUSED, file.path, f"'{scope}' has a web.config already: {first.path}")
                self.tree.ensure(scope)
                server.web_configs.add(paths.fold(file.path))
        self._inherit_apps()
        # Outer files first: the sections of a node apply in the order they are attached.
        for key in sorted(found, key=lambda k: (k.count("/"), k)):
            node = self.tree.find(key)
            if node is not None:
                self._hang_web_config(node, *found[key])

    def _make_node(self, mapping: host.Mapping, server: Server) -> None:
        node = self.tree.ensure(mapping.scope)
        if node is None:
            return
        node.physical_path = server.expand(mapping.folder)
        if mapping.is_app_root:
            node.app, node.is_app_root = mapping.app, True
        elif node.app is None or not node.is_app_root:
            node.app = mapping.app

    def _inherit_apps(self) -> None:
        for node in self.tree:
            if node.app is None and node.parent is not None:
                node.app = node.parent.app

    def _claims(self, mapping: host.Mapping, server: Server, own_scopes: set[str]) -> Iterator[tuple[str, File, str]]:
        """Yield (scope, web.config, reason it is not read) of a virtual directory's folders."""
        pool = server.pool_of(mapping.app)
        ignored = "" if pool is None or pool.reads_web_config else "the pool has enableConfigurationOverride=false"
        folder = server.expand(mapping.folder)
        if not folder:
            return
        for relative, file in self.web_configs.below(folder):
            scope = f"{mapping.scope}/{relative}" if relative else mapping.scope
            if relative and _owned(scope, mapping.scope, own_scopes):
                continue
            hidden = "allowSubDirConfig=false" if relative and not mapping.sub_folders else ""
            yield scope, file, ignored or hidden

    def _hang_web_config(self, node: Node, file: File, reason: str) -> None:
        document = self.documents.read(file, "web.config")
        if document is None:
            return
        node.physical_path = node.physical_path or paths.parent(file.path)
        level = WEB_CONFIG_LEVEL + node.depth
        declarations = self.declarations.extend(document, level)
        if reason:
            found = records.split(document, declarations, level, self.documents.include)
            node.unread.extend(Unread(record, reason) for record in found)
        else:
            self._attach(document, node, level, declarations)


def _owned(scope: str, mapping_scope: str, own_scopes: set[str]) -> bool:
    """Tell whether a deeper virtual directory owns a path, so that the physical folder there is not served."""
    key, stop = fold_scope(scope), fold_scope(mapping_scope)
    while key != stop and len(key) > len(stop):
        if key in own_scopes:
            return True
        key = key.rpartition("/")[0]
    return False
