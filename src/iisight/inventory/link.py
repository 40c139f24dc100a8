"""Find the file behind a component, and say what it means when there is none."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from iisight.catalogue import names
from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.evidence.source import Source
from iisight.inventory.assemblies import Assemblies
from iisight.inventory.binaries import Binaries
from iisight.inventory.com import ComClasses, ComServer, to_clsid
from iisight.inventory.config.build import Server
from iisight.inventory.config.conditions import is_met
from iisight.inventory.config.documents import Documents
from iisight.inventory.draft import Draft, finish, normal_type
from iisight.inventory.mechanisms.handlers import RESTRICTIONS
from iisight.inventory.references import Reference, parse_reference
from iisight.model.component import CatalogueMatch, Component, ImageState, Kind, Registration
from iisight.model.config import Fate
from iisight.model.coverage import Gap, GapKind

_BINARIES = frozenset({".dll", ".exe", ".ocx"})
_LOOKED_AT = 5_000  # files of a folder that are looked at to tell whether binaries were collected there
_FEW = 4
_MANAGED = frozenset(
    {
        Kind.MANAGED_MODULE,
        Kind.MANAGED_HANDLER,
        Kind.AUTO_START,
        Kind.MANAGER_PROVIDER,
        Kind.REWRITE_PROVIDER,
        Kind.TYPE_REFERENCE,
        Kind.FTP_PROVIDER,
        Kind.WAS_PROTOCOL,
        Kind.DATABASE_PROVIDER,
        Kind.DEPLOY_RULE,
    }
)
"""Kinds whose `type` names a .NET type."""

_OF_CLASSES = frozenset({Kind.LOG_PLUGIN, Kind.SCHEMA_EXTENSION})
"""Kinds whose `type` names a COM class."""

_PROFILERS = frozenset({"COR_PROFILER", "CORECLR_PROFILER"})
_NO_TWIN = frozenset({Kind.SERVICE, Kind.PROCESS_HOOK})  # not loaded by a worker process for its own bitness
_NO_CLASS = "the registry of the evidence has no such COM class, or none that is a DLL"
_OF_APPLICATIONS = frozenset({Kind.MANAGED_MODULE, Kind.MANAGED_HANDLER, Kind.AUTO_START})
_NO_ASSEMBLY = "no assembly of the evidence defines the type: looked in System.Web, bin and compilation/assemblies"
_NO_STRONG_ASSEMBLY = "assembly not in the evidence: looked in the global assembly cache, codeBase and bin"
_NO_PRIVATE_ASSEMBLY = "assembly not in the evidence: looked in bin and compilation/assemblies"
_PROGRAM_CODE = frozenset({"app_code", "__code"})


class Linker:
    """Links the drafts of one server to the files of the evidence."""

    def __init__(
        self,
        server: Server,
        source: Source,
        binaries: Binaries,
        documents: Documents | None = None,
        classes: ComClasses | None = None,
    ) -> None:
        """Prepare to link; `documents` reads what binding rules lead to, `classes` says what COM classes load."""
        self._assemblies = Assemblies(server, source, binaries, documents or Documents(source))
        self._server = server
        self._source = source
        self._binaries = binaries
        self._classes = classes if classes is not None and classes.are_known else None
        self._collected: dict[str, bool] = {}

    def link(self, drafts: Iterable[Draft]) -> list[Component]:
        """Return the components of the drafts, each with its file, the state of the search, and its match."""
        linked = [self._one(draft) for draft in drafts]
        found, registered = self._count(linked)
        return [self._judge_absence(c, found, registered) for c in linked]

    def _one(self, draft: Draft) -> Component:
        component = finish(draft, self._server.name, self._match(draft))
        if draft.image:
            return self._with_image(component, draft.image)
        if component.type and _names_class(component):
            return (
                component if self._classes is None else self._with_class(component, self._classes.find(component.type))
            )
        if component.type and component.kind in _MANAGED:
            return self._with_type(component)
        return component

    def _match(self, draft: Draft) -> CatalogueMatch | None:
        if draft.stock:
            return CatalogueMatch("IIS", "core", "IIS schema", ("image",) if draft.image else ("type",))
        if draft.image and paths.has_blank_ends(draft.image):
            return None
        rows = [r for r in draft.registrations if r.section != RESTRICTIONS] or draft.registrations
        rows = [r for r in rows if r.fate is Fate.ACTIVE] or rows
        scopes = dict.fromkeys(r.scope for r in rows) or {"": None}
        known = catalogue()
        what = (draft.kind, draft.name, draft.image, draft.type, draft.precondition)
        found = [known.match(*what, scope) for scope in scopes]
        worst = None if None in found else max((m for m in found if m), key=lambda m: len(m.differs))
        return worst or _known_assembly(draft)

    def _with_image(self, component: Component, image: str) -> Component:
        path = paths.native(paths.expand_short(image))
        if not paths.is_absolute(path) or paths.unknown_variables(path, {}):
            return replace(component, image_state=ImageState.UNRESOLVED)
        binary = self._binaries.get(path)
        is_worker = component.kind not in _NO_TWIN
        twin = paths.wow64(path) if is_worker and self._may_run_32bit(component) else None
        state = ImageState.READ if binary is not None else ImageState.NOT_COLLECTED
        found = None if twin is None else self._binaries.get(twin)
        return replace(component, image_state=state, binary=binary, twin=found)

    def _may_run_32bit(self, component: Component) -> bool:
        """Tell whether a 32-bit pool would load it, and so the WOW64 twin of its file."""
        return any(pool.bits == 32 and is_met(component.precondition, pool) for pool in self._server.pools.values())

    def _with_type(self, component: Component) -> Component:
        reference = parse_reference(component.type or "", is_assembly=_names_assembly(component))
        if reference.assembly.lower() in _PROGRAM_CODE:
            return replace(component, image_state=ImageState.UNRESOLVED)
        rows = [r for r in component.registrations if r.fate is Fate.ACTIVE] or component.registrations
        place = self._assemblies.find(reference, dict.fromkeys(r.scope for r in rows))
        if place is None:
            return replace(component, image_state=ImageState.UNRESOLVED)
        state = ImageState.NOT_COLLECTED if place.binary is None else ImageState.READ
        return replace(component, image=place.path, image_state=state, binary=place.binary, type_found=place.defines)

    def _with_class(self, component: Component, servers: list[ComServer]) -> Component:
        """Return a component with the DLL of its COM class, and where the registry says so."""
        if not servers and component.kind is Kind.ENVIRONMENT:
            return component  # the variable beside it that names a file is enough
        if not servers:
            return replace(component, image_state=ImageState.UNRESOLVED)
        rows = [
            Registration(s.value.locator, s.key, "", ((s.value.name or "(default)", str(s.value.data)),))
            for s in servers
        ]
        found = self._with_image(component, self._server.expand(servers[0].image))
        twin = (
            self._binaries.get(paths.native(self._server.expand(servers[1].image))) if len(servers) > 1 else found.twin
        )
        image = self._server.expand(servers[0].image)
        return replace(found, image=image, twin=twin, registrations=(*component.registrations, *rows))

    def _count(self, components: Iterable[Component]) -> tuple[dict[str, int], dict[str, int]]:
        """Count, by folder, the registered images that were found and all of them."""
        found: dict[str, int] = {}
        registered: dict[str, int] = {}
        for image, read in {(paths.fold(c.image), c.binary is not None) for c in components if c.image}:
            folder = paths.parent(image)
            registered[folder] = registered.get(folder, 0) + 1
            found[folder] = found.get(folder, 0) + read
        return found, registered

    def _judge_absence(self, component: Component, found: dict[str, int], registered: dict[str, int]) -> Component:
        """Call a file missing only where the evidence holds the binaries around it."""
        if component.image_state is not ImageState.NOT_COLLECTED or component.image is None:
            return component
        if self._source.find(component.image) is not None:
            return replace(component, image_state=ImageState.UNRESOLVED)  # there, and could not be read
        folder = paths.fold(paths.parent(component.image))
        thin = registered.get(folder, 0) >= _FEW and 2 * found.get(folder, 0) < registered[folder]
        if thin or not self._is_collected(folder):
            return component
        return replace(component, image_state=ImageState.MISSING)

    def _is_collected(self, folder: str) -> bool:
        """Tell whether binaries were collected from a folder, or out of the nearest one above that is there."""
        if folder not in self._collected:
            self._collected[folder] = self._source.covers(folder) or self._holds_binaries(folder)
        return self._collected[folder]

    def _holds_binaries(self, folder: str) -> bool:
        above = folder
        while not self._source.has_folder(above):
            higher = paths.parent(above)
            if higher == above or len(higher) <= len("c:\\"):  # the root of a drive, or of another computer's share
                return False
            above = higher
        files = islice(self._source.below(above), _LOOKED_AT)
        programs = (f.path for f in files if paths.extension(f.path) in _BINARIES)
        if above == folder:
            return any(True for _ in programs)
        # what lies deeper is another product's: one of `Program Files` says nothing of the next
        return any(paths.fold(paths.parent(path)) == above for path in programs)


def assembly_of(type_name: str) -> tuple[str, str, str]:
    """Return (simple name, version, public key token) of an assembly-qualified type or an assembly name."""
    first, *rest = names.split_type(type_name[: names.MAX_NAME])
    named = {k.strip().lower(): v.strip() for k, _, v in (part.partition("=") for part in rest if "=" in part)}
    plain = [part for part in rest if part and "=" not in part]
    alone = first if rest and not plain else ""
    key = named.get("publickeytoken", "").lower()
    return (plain or [alone])[0], named.get("version", ""), "" if key == "null" else key


def _known_assembly(draft: Draft) -> CatalogueMatch | None:
    """Return the match of a type of .NET itself: its assemblies are bound to the global assembly cache first.

    Of any other product the key in a configuration file proves nothing: anybody can write it.
    """
    simple, _, key = assembly_of(draft.type or "") if draft.kind in _MANAGED else ("", "", "")
    if not simple or not key or not catalogue().is_framework_assembly(simple, key):
        return None
    return CatalogueMatch(".NET Framework", "core", "assemblies of .NET and their keys", ("type",))


def _names_class(component: Component) -> bool:
    """Tell whether what stands for the type is the name of a COM class."""
    if component.kind is Kind.ENVIRONMENT:
        return component.name.upper() in _PROFILERS
    is_provider = component.kind is Kind.FTP_PROVIDER and bool(to_clsid(component.type or ""))
    return component.kind in _OF_CLASSES or is_provider


def _names_assembly(component: Component) -> bool:
    """Tell whether what stands for the type is the name of an assembly: the attribute is called so."""
    named = (value for row in component.registrations for name, value in row.attributes if name == "assembly")
    return any(normal_type(value) == component.type for value in named)


def absent_gaps(components: Iterable[Component]) -> Iterator[Gap]:
    """Yield a gap for each folder whose registered images are not in the evidence, and each assembly that is not."""
    found = list(components)
    yield from _absent_images(found)
    yield from _absent_assemblies(found)


def _absent_assemblies(components: Iterable[Component]) -> Iterator[Gap]:
    """Yield one gap for each assembly that was not found, or type that names none; what is known needs none."""
    counts: dict[tuple[str, str], int] = {}
    for component in components:
        known = component.match is not None and component.match.exact
        if component.image_state is not ImageState.UNRESOLVED or component.image or known or not component.effective:
            continue
        if component.type and _names_class(component):
            counts[component.type, _NO_CLASS] = counts.get((component.type, _NO_CLASS), 0) + 1
        elif component.kind in _MANAGED and component.type:
            told = _told(component, parse_reference(component.type, is_assembly=_names_assembly(component)))
            if told is not None:
                counts[told] = counts.get(told, 0) + 1
    for (subject, reason), count in sorted(counts.items()):
        yield Gap(GapKind.UNRESOLVED, subject, reason, count)


def _told(component: Component, reference: Reference) -> tuple[str, str] | None:
    """Return what a gap says of a type that was not found, and None where that is no loss."""
    if reference.assembly.lower() in _PROGRAM_CODE:
        return None  # source text, listed by itself
    if not reference.assembly:
        of_framework = reference.type.lower().startswith("system.web.")
        return (reference.type, _NO_ASSEMBLY) if component.kind in _OF_APPLICATIONS and not of_framework else None
    if catalogue().assembly_product(reference.assembly, reference.token or None) is not None:
        return None
    return reference.assembly, _NO_STRONG_ASSEMBLY if reference.is_strong else _NO_PRIVATE_ASSEMBLY


def _absent_images(components: Iterable[Component]) -> Iterator[Gap]:
    """Yield one gap for each folder whose registered images are not in the evidence."""
    folders: dict[str, set[str]] = {}
    shown: dict[str, str] = {}
    for component in components:
        if component.image_state is ImageState.NOT_COLLECTED and component.image:
            folder = paths.parent(component.image)
            shown.setdefault(paths.fold(folder), folder)
            folders.setdefault(paths.fold(folder), set()).add(paths.fold(component.image))
    for folder, images in sorted(folders.items()):
        yield Gap(GapKind.MISSING, shown[folder], "registered images are not in the evidence", len(images))


def registered_files(components: Iterable[Component]) -> set[str]:
    """Return the folded paths of every file some component stands for, WOW64 twins included."""
    found: set[str] = set()
    for component in components:
        if component.image:
            path = paths.native(paths.expand_short(component.image))
            found.update(paths.fold(p) for p in (path, paths.wow64(path)) if p)
    return found
