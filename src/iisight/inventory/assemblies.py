"""From a .NET type to the file it comes from, as the CLR and ASP.NET look for it.

Source: "How the runtime locates assemblies" of Microsoft's .NET documentation. Of ASP.NET: an application domain loads
from `bin` and privatePath, never from the application's own folder, and a type without an assembly may be of any
assembly in `bin` and of those that `compilation/assemblies` lists.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.evidence.source import File, Source
from iisight.inventory.binaries import Binaries
from iisight.inventory.config.build import Server
from iisight.inventory.config.documents import Documents
from iisight.inventory.config.tree import Node
from iisight.inventory.policies import GAC_V2, GAC_V4, Policies, Policy
from iisight.inventory.references import Reference, Version, is_file_name, parse_reference
from iisight.inventory.types import Types
from iisight.model.binary import Binary
from iisight.model.config import ElementState

COMPILATION = "system.web/compilation"
MAX_APPLICATIONS = 64  # whose `bin` is searched for a type that names no assembly
MAX_FILES = 20_000  # below one `bin`
_UNIFIED = "4.0.0.0"  # CLR 4 takes its own version of a framework assembly for every older one
_SYSTEM_WEB = Reference(assembly="System.Web", version=_UNIFIED, token="b03f5f7f11d50a3a")  # noqa: S106  no secret
_FRAMEWORK_VERSIONS = frozenset({"1.0.5000.0", "2.0.0.0", "3.0.0.0", "3.5.0.0", _UNIFIED})


class Via(StrEnum):
    """How the file of an assembly was found."""

    GAC = "global assembly cache"
    CODE_BASE = "codeBase"
    BIN = "bin"
    FRAMEWORK = "framework folder"  # not where the CLR looks: the same file, kept beside the compilers


@dataclass(frozen=True, slots=True)
class Place:
    """Where the assembly of a type is. Without a binary: where it would be, and the evidence has nothing there."""

    path: str
    via: Via
    binary: Binary | None
    defines: bool | None = None  # the assembly has the type; None: that cannot be told


class Assemblies:
    """Finds the assemblies of one server."""

    def __init__(self, server: Server, source: Source, binaries: Binaries, documents: Documents) -> None:
        """Prepare to find; nothing is read before it is asked for."""
        self._server = server
        self._source = source
        self._binaries = binaries
        self._policies = Policies(server, source, documents)
        self._types = Types(source, binaries)
        self._found: dict[tuple[Reference, int], Place | None] = {}
        self._cached: dict[tuple[Reference, str, bool, bool], Place | None] = {}
        self._lists: dict[int, tuple[ElementState, dict[str, Reference]]] = {}
        self._bins: dict[str, tuple[Binary, ...]] = {}
        self._roots: list[Node] | None = None

    def find(self, reference: Reference, scopes: Iterable[str]) -> Place | None:
        """Return the place of a type that is registered at some configuration paths; None when nothing leads to it."""
        if reference.assembly and not is_file_name(reference.assembly):
            return None
        nodes = dict.fromkeys(self._application(scope) for scope in scopes)
        places = [place for node in nodes if (place := self._at(reference, node)) is not None]
        found = next((place for place in places if place.binary is not None), places[0] if places else None)
        if found is None and any(not node.is_app_root for node in nodes):
            found = self._in_any(reference)
        if found is None or found.binary is None:
            return found
        return replace(found, defines=self._types.defines(found.binary, reference.type))

    def _application(self, scope: str) -> Node:
        """Return the root of the application that a configuration path belongs to, or the server."""
        node = self._server.tree.nearest(scope)
        while not node.is_app_root and node.parent is not None:
            node = node.parent
        return node

    def _at(self, reference: Reference, node: Node) -> Place | None:
        """Return the place as one application sees it."""
        if not reference.assembly:
            return self._by_type(reference, node)
        key = (reference.identity, id(node))
        if key not in self._found:
            self._found[key] = self._by_name(key[0], node)
        return self._found[key]

    def _in_any(self, reference: Reference) -> Place | None:
        """Return what the applications below a server's registration agree on: each has its own `bin`."""
        if self._roots is None:
            self._roots = [node for node in self._server.tree if node.is_app_root and node.physical_path]
        roots = self._roots
        if not reference.assembly:
            roots = roots[:MAX_APPLICATIONS]
        elif not _is_in_evidence(self._source, reference):
            return None
        found = [place for node in roots if (place := self._at(reference, node)) is not None]
        hashes = {place.binary.sha256 for place in found if place.binary is not None}
        return found[0] if len(hashes) == 1 else None

    # An assembly by its name

    def _by_name(self, reference: Reference, node: Node) -> Place | None:
        policy = self._policies.of(node)
        if reference.is_strong:
            return self._by_strong_name(reference, node, policy)
        whole = policy.whole_name(reference)
        if whole is not reference and whole.is_strong:
            return self._by_strong_name(whole, node, policy)
        place = self._by_code_base(reference, None, node, policy) or self._in_folders(reference, node, policy)
        if place is not None:
            return place
        listed = self._listed(node).get(paths.lower(reference.assembly))
        if listed is not None and _fits(reference, listed):
            return self._by_strong_name(listed, node, policy)
        return self._in_framework(reference, node)

    def _by_strong_name(self, reference: Reference, node: Node, policy: Policy) -> Place | None:
        version = self._policies.version(policy, reference)
        place = self._in_cache(reference, version, node, policy) or self._by_code_base(reference, version, node, policy)
        if place is not None:
            return place
        if _is_framework(reference) and _text(version) in _FRAMEWORK_VERSIONS:  # the real one hides a file of its name
            return self._in_framework(reference, node)
        return self._in_folders(reference, node, policy)

    def _in_cache(self, reference: Reference, version: Version | None, node: Node, policy: Policy) -> Place | None:
        """Return the place in the global assembly cache, of the CLR and the word size of the application's pool."""
        pool = self._server.pool_of(node.app)
        is_32bit = pool is not None and pool.bits == 32
        key = (reference, _text(version), is_32bit, policy.is_v4)
        if key not in self._cached:
            windir = self._server.variables.get("windir", "C:\\Windows")
            self._cached[key] = self._first((f"{windir}\\{path}" for path in _cache_paths(*key)), Via.GAC)
        return self._cached[key]

    def _by_code_base(self, reference: Reference, version: Version | None, node: Node, policy: Policy) -> Place | None:
        """Return the place that a codeBase gives: the CLR looks nowhere else then, even when nothing is there."""
        path = self._policies.code_base(policy, reference, version, node.physical_path)
        if not path:
            return None
        below = node.physical_path and paths.fold(path).startswith(paths.fold(node.physical_path) + "\\")
        if not reference.token and not below:
            return None  # without a key it may only lie below the application
        return self._first((path,), Via.CODE_BASE) or Place(path, Via.CODE_BASE, None)

    def _in_folders(self, reference: Reference, node: Node, policy: Policy) -> Place | None:
        folders = [paths.join(folder, reference.culture) for folder in _folders(node, policy)]
        name = reference.assembly
        tails = (name, f"{name}\\{name}")
        found = (f"{folder}\\{tail}{end}" for end in (".dll", ".exe") for folder in folders for tail in tails)
        return self._first(found, Via.BIN)

    def _in_framework(self, reference: Reference, node: Node) -> Place | None:
        if not _is_framework(reference):
            return None
        windir = self._server.variables.get("windir", "C:\\Windows")
        folder = f"{windir}\\Microsoft.NET\\{self._server.framework_of(node)}"
        return self._first((f"{folder}\\{reference.assembly}.dll",), Via.FRAMEWORK)

    def _first(self, candidates: Iterable[str], via: Via) -> Place | None:
        """Return the first path at which the evidence has a file; one that cannot be read is the place all the same."""
        files = (file for path in candidates if (file := self._source.find(path)) is not None)
        first = next(files, None)
        return None if first is None else Place(first.path, via, self._binaries.read(first))

    def _listed(self, node: Node) -> dict[str, Reference]:
        """Return the whole names that `compilation/assemblies` gives an application, by folded simple name."""
        state = self._server.resolver.effective(node, COMPILATION, self._server.framework_of(node))
        assemblies = state.children.get("assemblies")
        if assemblies is None:
            return {}
        if id(assemblies) not in self._lists:
            found = (parse_reference(e.element.get("assembly"), is_assembly=True) for e in assemblies.entries)
            whole = {paths.lower(r.assembly): r for r in found if r.is_strong and is_file_name(r.assembly)}
            self._lists[id(assemblies)] = (assemblies, whole)  # kept with its state: ids are used again
        return self._lists[id(assemblies)][1]

    # A type alone

    def _by_type(self, reference: Reference, node: Node) -> Place | None:
        """Return the one assembly that defines a type: System.Web, then `bin`, then what is listed beside it."""
        version = _UNIFIED if self._policies.of(node).is_v4 else "2.0.0.0"
        system_web = self._at(replace(_SYSTEM_WEB, version=version), node)
        if self._has(system_web, reference):
            return system_web
        own = [Place(b.path, Via.BIN, b) for b in self._in_bin(node) if self._types.has(b, reference.type)]
        if not own and paths.lower(reference.type).startswith("system.web."):
            return system_web
        held = own or self._listed_with(reference, node)
        return held[0] if len(held) == 1 else None  # ASP.NET refuses a type that two assemblies have

    def _listed_with(self, reference: Reference, node: Node) -> list[Place]:
        places = (self._at(listed, node) for listed in self._listed(node).values())
        return [place for place in places if place is not None and self._has(place, reference)]

    def _has(self, place: Place | None, reference: Reference) -> bool:
        return place is not None and place.binary is not None and self._types.has(place.binary, reference.type)

    def _in_bin(self, node: Node) -> tuple[Binary, ...]:
        """Return the assemblies that lie in `bin` itself: those in folders below it are no part of the application."""
        folder = paths.fold(paths.join(node.physical_path, "bin")) if node.physical_path else ""
        if folder not in self._bins:
            files = islice(self._source.below(folder), MAX_FILES) if folder else ()
            own = (f for f in files if paths.extension(f.path) == ".dll" and paths.fold(paths.parent(f.path)) == folder)
            self._bins[folder] = tuple(b for f in own if (b := self._binaries.read(f)) is not None)
        return self._bins[folder]


def _cache_paths(reference: Reference, version: str, is_32bit: bool, is_v4: bool) -> Iterator[str]:
    """Yield the paths of an assembly in the global assembly caches, below the Windows folder."""
    folders = ("GAC_32", "GAC_64", "GAC_MSIL") if is_32bit else ("GAC_64", "GAC_32", "GAC_MSIL")
    unified = is_v4 and version in _FRAMEWORK_VERSIONS and _is_framework(reference)
    for one in dict.fromkeys((_UNIFIED, version) if unified else (version,)):
        tail = f"{one}_{reference.culture}_{reference.token}\\{reference.assembly}.dll"
        for folder in folders if is_v4 else ():
            yield f"{GAC_V4}\\{folder}\\{reference.assembly}\\v4.0_{tail}"
        for folder in (*folders, "GAC"):
            yield f"{GAC_V2}\\{folder}\\{reference.assembly}\\{tail}"


def _folders(node: Node, policy: Policy) -> list[str]:
    """Return the folders an application loads from; privatePath leads to none outside of it."""
    root = node.physical_path
    if not root:
        return []
    private = (paths.join(root, folder) for folder in policy.folders if not paths.is_absolute(folder))
    inside = (f for f in private if paths.fold(f).startswith(paths.fold(root) + "\\"))
    return list({paths.fold(f): f for f in (paths.join(root, "bin"), *inside)}.values())


def _fits(reference: Reference, whole: Reference) -> bool:
    """Tell whether a whole name says the same as a partial one, as far as that goes."""
    pairs = ((reference.version, whole.version), (reference.culture, whole.culture), (reference.token, whole.token))
    return all(not part or part == full for part, full in pairs)


def _is_framework(reference: Reference) -> bool:
    return catalogue().is_framework_assembly(reference.assembly, reference.token or None)


def _is_in_evidence(source: Source, reference: Reference) -> bool:
    """Tell whether any file has the assembly's name; under a codeBase it may have another."""
    files: Iterator[File] = source.named(f"{reference.assembly}.dll", f"{reference.assembly}.exe")
    return next(files, None) is not None


def _text(version: Version | None) -> str:
    return "" if version is None else ".".join(str(part) for part in version)
