"""What a check is given: one server with everything that protects it. Values alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from iisight.evidence import paths
from iisight.inventory.config.build import WEB_CONFIG_LEVEL, Server
from iisight.inventory.config.host import POOLS, Pool, defaulted
from iisight.inventory.config.tree import App, Node
from iisight.inventory.inventory import Inventory
from iisight.inventory.track import at_path
from iisight.model.acl import Trustee
from iisight.model.config import Document
from iisight.model.coverage import Gap, GapKind
from iisight.model.posture import Input
from iisight.model.protection import Protection
from iisight.parsers.acl.trustees import by_name, by_sid, pool_account

_NOT_SERVICES = ("IIS Express", "IIS Manager")
_ROOT = "root web.config"
_MAX_NAMED = 3  # files named as missing
_HIVES = {Input.SYSTEM: r"HKLM\SYSTEM", Input.SOFTWARE: r"HKLM\SOFTWARE"}
_IDENTITIES = {
    "0": "LocalSystem",
    "1": "LocalService",
    "2": "NetworkService",
    "3": "SpecificUser",
    "4": "ApplicationPoolIdentity",
}
_GROUPS = ("S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-6")  # Everyone, Authenticated Users, Users, SERVICE
_IUSRS = "S-1-5-32-568"
_ACCOUNTS = {"LocalService": "S-1-5-19", "NetworkService": "S-1-5-20", "LocalSystem": "S-1-5-18"}


@dataclass(frozen=True, slots=True)
class Identity:
    """As whom a pool runs."""

    kind: str  # `ApplicationPoolIdentity`, `LocalSystem`, `SpecificUser`, …
    account: Trustee

    def __str__(self) -> str:
        """Return the account, or what stands for it."""
        return str(self.account) or self.kind

    @property
    def token(self) -> tuple[Trustee, ...]:
        """Return the account with the groups that every worker process is in."""
        groups = (Trustee(sid, (by_sid(sid) or Trustee()).name) for sid in (*_GROUPS, _IUSRS))
        return (self.account, *groups)


@dataclass(frozen=True, slots=True, eq=False)
class Host:
    """One server under check."""

    inventory: Inventory
    protection: Protection = field(default_factory=Protection)

    @property
    def server(self) -> Server | None:
        """Return the server whose applicationHost.config is in force; None when the evidence has none."""
        found = (s for s in self.inventory.servers if s.apphost is not None and s.in_force)
        return next((s for s in found if not s.name.startswith(_NOT_SERVICES) and not _is_copy(s)), None)

    @property
    def others(self) -> tuple[Gap, ...]:
        """Return a gap for every other server in force: one is checked at a time."""
        found = [s for s in self.inventory.servers if s.apphost is not None and s.in_force and s is not self.server]
        reason = "another configuration in force: it is not checked; give its files alone"
        services = [s for s in found if not s.name.startswith(_NOT_SERVICES) and not _is_copy(s)]
        return tuple(Gap(GapKind.REFUSED, s.apphost.path, reason) for s in services if s.apphost is not None)

    @property
    def manager(self) -> Server | None:
        """Return the configuration of IIS Manager; None when the evidence has none."""
        return next((s for s in self.inventory.servers if s.name.startswith("IIS Manager")), None)

    def lacks(self, needed: Input) -> tuple[str, ...]:
        """Return what of an input is not there or not whole; nothing when all of it was read."""
        if needed in _HIVES:
            return () if self.protection.holds(_HIVES[needed] + "\\") else (str(needed),)
        if needed is Input.ADMINISTRATION:
            return _lacking(None if self.manager is None else self.manager.apphost, str(needed))
        if self.server is None:
            return ("applicationHost.config in force",)
        if needed is Input.CONFIGURATION:
            whole = _lacking(self.server.apphost, "applicationHost.config in force")
            return (*whole, *self._redirected(), *_refused(self.server))
        if needed is Input.FRAMEWORK:
            return tuple(self._frameworks(self.server))
        return (*self._web_configs(self.server), *_refused(self.server))

    def _redirected(self) -> Iterator[str]:
        """Yield where the configuration is, when it is elsewhere and not in the evidence."""
        for gap in self.inventory.gaps:
            if gap.kind is GapKind.MISSING and gap.reason.startswith("the configuration is redirected there"):
                yield gap.subject

    def _frameworks(self, server: Server) -> Iterator[str]:
        """Yield each root web.config that an application reads and that is not there or not whole."""
        windir = server.variables.get("windir", "C:\\Windows")
        read = {paths.fold(d.path) for role, d in self.inventory.documents if _ROOT in role and not _is_broken(d)}
        for framework in sorted({server.framework_of(node) for _, node, pool in apps_of(server) if is_managed(pool)}):
            path = f"{windir}\\Microsoft.NET\\{framework}\\CONFIG\\web.config"
            if paths.fold(path) not in read:
                yield path

    def _web_configs(self, server: Server) -> Iterator[str]:
        absent = sorted({server.expand(m.folder) for m in server.mappings} - {""}, key=lambda p: (paths.fold(p), p))
        lost = [folder for folder in absent if paths.fold(folder) not in self.protection.folders]
        broken = [d.path for role, d in self.inventory.documents if role == "web.config" and _is_broken(d)]
        refused = [g.subject for g in self.inventory.gaps if g.subject.lower().endswith("\\web.config")]
        for subject, what in ((lost, "the files of"), (sorted({*broken, *refused}), "all of")):
            if subject:
                more = f" and {len(subject) - _MAX_NAMED} more" if len(subject) > _MAX_NAMED else ""
                yield f"{what} {', '.join(subject[:_MAX_NAMED])}{more}"


def apps_of(server: Server) -> Iterator[tuple[App, Node, Pool | None]]:
    """Yield every application with its place in the tree and its pool, by configuration path."""
    for app in sorted(server.apps, key=lambda a: a.scope.casefold()):
        node = server.tree.find(app.scope)
        if node is not None:
            yield app, node, server.pool_of(app)


def identity_of(server: Server, pool: Pool) -> Identity:
    """Return as whom a pool runs, after `applicationPoolDefaults`."""
    kind = _process_model(server, pool, "identityType") or "ApplicationPoolIdentity"
    kind = _IDENTITIES.get(kind, kind)
    if kind == "SpecificUser":
        return Identity(kind, by_name(_process_model(server, pool, "userName")))
    if kind in _ACCOUNTS:
        return Identity(kind, by_sid(_ACCOUNTS[kind]) or Trustee())
    return Identity(kind, pool_account(pool.name))


def _process_model(server: Server, pool: Pool, attribute: str) -> str:
    state = server.resolver.effective(server.tree.root, POOLS)
    defaults = at_path(state, "applicationPoolDefaults/processModel").value(attribute)
    own = None if pool.entry is None else defaulted(pool.entry.element, (), "processModel", attribute)
    return own if own is not None else defaults


def is_managed(pool: Pool | None) -> bool:
    """Tell whether the CLR is loaded: a pool that says nothing, or is not known, has one."""
    return pool is None or pool.runtime != ""


def is_delegated(server: Server, app: App, node: Node, pool: Pool | None, section: str) -> bool:
    """Tell whether the web.config of an application may set a section."""
    if pool is not None and not pool.reads_web_config:
        return False
    return server.resolver.lock(node, section).admits(WEB_CONFIG_LEVEL + node.depth)


def folder_of(server: Server, app: App) -> str:
    """Return the folder of an application, empty when it has none."""
    return server.expand(app.physical_path)


def _is_copy(server: Server) -> bool:
    """Tell whether the server is judged by a copy of its configuration: it is named for that."""
    return server.name.startswith("IIS (")


def _lacking(document: Document | None, name: str) -> tuple[str, ...]:
    if document is None or document.root is None:
        return (name,)
    return (f"all of {document.path}",) if _is_broken(document) else ()


def _refused(server: Server) -> tuple[str, ...]:
    return (f"{server.tree.refused:,} places of the configuration over the bounds",) if server.tree.refused else ()


def _is_broken(document: Document) -> bool:
    return any(problem.code != "doctype" for problem in document.problems)
