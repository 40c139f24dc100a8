"""Which binding rules count for an application: its own, those above it, machine.config's and publishers' policies."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote

from iisight.catalogue import names
from iisight.evidence import paths
from iisight.evidence.source import Source
from iisight.inventory.bindings import Bindings, code_base, heeds_publisher, read_bindings, redirected
from iisight.inventory.config.build import APPHOST_LEVEL, MACHINE_LEVEL, Server
from iisight.inventory.config.documents import Documents
from iisight.inventory.config.records import Record, section_in
from iisight.inventory.config.tree import Node, ancestors
from iisight.inventory.references import Reference, Version, is_file_name, parse_version
from iisight.model.config import Document, Element

SECTION = "runtime"
GAC_V4 = "Microsoft.NET\\assembly"
GAC_V2 = "assembly"
ROOT_LEVEL = 1  # root web.config
_MAX_LINKED = 64  # files that linkedConfiguration names, on one server
_MAX_POLICY_FILES = 200  # files of one publisher policy's folder


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """The binding rules of one application."""

    clr: str  # `v4.0.30319`
    application: tuple[Bindings, ...]  # its own, then those of the applications above
    machine: tuple[Bindings, ...]
    folders: tuple[str, ...]  # privatePath, as written

    @property
    def is_v4(self) -> bool:
        """Tell whether the CLR is the one that looks into its own global assembly cache first."""
        return self.clr.startswith("v4")

    def whole_name(self, reference: Reference) -> Reference:
        """Return the reference as qualifyAssembly completes it."""
        for bindings in (*self.application, *self.machine):
            whole = bindings.whole_names.get(names.lower(reference.assembly))
            if whole is not None:
                return whole
        return reference


class Policies:
    """Reads them on demand, each file once."""

    def __init__(self, server: Server, source: Source, documents: Documents) -> None:
        """Start with nothing read."""
        self._server = server
        self._source = source
        self._documents = documents
        self._policies: dict[tuple[int, str], Policy] = {}
        self._machines: dict[str, tuple[tuple[Bindings, ...], tuple[Bindings, ...]]] = {}
        self._files: dict[tuple[int, str], tuple[Bindings, ...]] = {}
        self._publishers: dict[tuple[str, ...], tuple[Bindings, ...]] = {}
        self._linked = 0

    def of(self, node: Node) -> Policy:
        """Return the policy of an application, given the node of its root."""
        framework = self._server.framework_of(node)
        key = (id(node), framework)
        if key not in self._policies:
            self._policies[key] = self._read(node, framework)
        return self._policies[key]

    def version(self, policy: Policy, reference: Reference) -> Version | None:
        """Return the version that is loaded for a strong name, after the application, the publisher and the machine."""
        version = parse_version(reference.version)
        if version is None or not reference.token:
            return version
        version = redirected(version, policy.application, reference)
        if heeds_publisher(policy.application, reference):
            version = redirected(version, self._publisher(policy, reference, version), reference)
        return redirected(version, policy.machine, reference)

    def code_base(self, policy: Policy, reference: Reference, version: Version | None, folder: str) -> str:
        """Return the path that a codeBase gives for a version; empty when none does, or it leads to no path."""
        href = code_base(version, policy.machine, reference) or code_base(version, policy.application, reference)
        return "" if not href else self._path(href, folder)

    def _read(self, node: Node, framework: str) -> Policy:
        clr = framework.rpartition("\\")[2]
        if framework not in self._machines:
            self._machines[framework] = self._of_level(framework, MACHINE_LEVEL), self._of_level(framework, ROOT_LEVEL)
        machine, root = self._machines[framework]
        own = [b for record in _records(node) for b in self._bindings(record, clr)]
        folders = dict.fromkeys(f for bindings in own for f in bindings.folders)
        return Policy(clr, (*own, *root), machine, tuple(folders))

    def _of_level(self, framework: str, level: int) -> tuple[Bindings, ...]:
        """Return what machine.config, or the root web.config, of a framework says."""
        records = self._server.resolver.frameworks.get(framework, ())
        found = (r for r in records if r.section == SECTION and r.level == level and not r.location)
        return tuple(b for record in found for b in self._bindings(record, framework.rpartition("\\")[2]))

    def _bindings(self, record: Record, clr: str) -> tuple[Bindings, ...]:
        key = (id(record.element), clr)
        if key not in self._files:
            found = read_bindings(record.element, clr)
            linked = [b for href in found.linked for b in self._follow(href, record.document, clr)]
            self._files[key] = (found, *linked)
        return self._files[key]

    def _follow(self, href: str, holder: Document, clr: str) -> Iterator[Bindings]:
        """Yield what a linked file says; the files it links itself are not read."""
        self._linked += 1
        path = self._path(href, paths.parent(holder.path))
        document = self._documents.get(path, "linkedConfiguration") if path and self._linked <= _MAX_LINKED else None
        runtime = _runtime(document)
        if runtime is not None:
            yield read_bindings(runtime, clr)

    def _path(self, href: str, folder: str) -> str:
        """Return the Windows path of a URI or of a path below a folder; empty for one of another scheme."""
        text = unquote(self._server.expand(href.strip())).replace("/", "\\")
        scheme, colon, rest = text.partition(":")
        if colon and len(scheme) > 1:
            if names.lower(scheme) != "file":
                return ""
            bare = rest.lstrip("\\")
            text = bare if bare[1:2] == ":" else "\\\\" + bare
        return "" if paths.unknown_variables(text, {}) else paths.join(folder, text)

    def _publisher(self, policy: Policy, reference: Reference, version: Version) -> tuple[Bindings, ...]:
        """Return what `policy.<major>.<minor>.<name>` of the global assembly cache says, the newest of it."""
        name = names.lower(f"policy.{version[0]}.{version[1]}.{reference.assembly}")
        key = (name, reference.token, reference.culture, policy.clr)
        if key not in self._publishers:
            found = self._newest(policy, name, reference) if is_file_name(name) else None
            runtime = _runtime(found)
            self._publishers[key] = () if runtime is None else (read_bindings(runtime, policy.clr),)
        return self._publishers[key]

    def _newest(self, policy: Policy, name: str, reference: Reference) -> Document | None:
        windir = self._server.variables.get("windir", "C:\\Windows")
        for cache in (GAC_V4, GAC_V2) if policy.is_v4 else (GAC_V2,):
            folders = (f"{windir}\\{cache}\\{kind}\\{name}" for kind in ("GAC_MSIL", "GAC"))
            files = (f.path for folder in folders for f in islice(self._source.below(folder), _MAX_POLICY_FILES))
            versions = {path: _policy_version(path, reference) for path in files if path.lower().endswith(".config")}
            newest = max(((v, path) for path, v in versions.items() if v is not None), default=None)
            if newest is not None:
                return self._documents.get(newest[1], "publisher policy")
        return None


def _policy_version(path: str, reference: Reference) -> Version | None:
    """Return the version of a policy assembly by its folder in the cache; None when its key is another."""
    version, *identity = paths.basename(paths.fold(paths.parent(path))).removeprefix("v4.0_").split("_")
    return parse_version(version) if identity == [reference.culture, reference.token] else None


def _records(node: Node) -> Iterator[Record]:
    """Yield the runtime sections of an application and of those above it, its own first.

    The CLR knows neither applicationHost.config nor location tags.
    """
    for at in (node, *ancestors(node)):
        for record in reversed(at.inputs.get(SECTION, ())):
            if record.level > APPHOST_LEVEL and not record.location and (at is node or record.inherit_children):
                yield record


def _runtime(document: Document | None) -> Element | None:
    """Return the runtime section of a whole file; linked files may start with `assemblyBinding`."""
    root = None if document is None else document.root
    if root is None:
        return None
    if root.name.rpartition(":")[2] == "assemblyBinding":
        return Element(SECTION, {}, (root,), root.line, root.column)
    return section_in(root, SECTION)
