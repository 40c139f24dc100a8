"""A close look at an assembly: metadata and IL, read and not run."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from iisight.model.errors import ParseError
from iisight.model.examination import Assembly, AssemblyName, Subscription
from iisight.model.locator import Locator
from iisight.parsers.pe.clr import schema
from iisight.parsers.pe.clr.attributes import read_attributes
from iisight.parsers.pe.clr.calls import read_calls
from iisight.parsers.pe.clr.header import IL_LIBRARY, IL_ONLY, ClrHeader, read_clr_header
from iisight.parsers.pe.clr.il import Bodies
from iisight.parsers.pe.clr.metadata import Metadata, read_metadata
from iisight.parsers.pe.clr.methods import Methods
from iisight.parsers.pe.clr.names import Names, target, token_of_key
from iisight.parsers.pe.clr.obfuscation import traces
from iisight.parsers.pe.clr.resources import read_resources
from iisight.parsers.pe.clr.roles import APPLICATION, MODULE, find_roles, types_with_roles
from iisight.parsers.pe.clr.sites import Finder
from iisight.parsers.pe.clr.subscriptions import read_subscriptions
from iisight.parsers.pe.clr.targets import find_targets
from iisight.parsers.pe.headers import View, read_headers

MAX_IMPORTS = 4096
MAX_REFERENCES = 2048

_HAS_PUBLIC_KEY = 0x1

_BY_REFLECTION = "System.Reflection.EventInfo::AddEventHandler"


class Examined(NamedTuple):
    """What a close look gave."""

    assembly: Assembly | None = None  # None: the file has no metadata that can be read
    subscriptions: tuple[Subscription, ...] = ()
    undecided: tuple[str, ...] = ()  # what modules may subscribe to besides, and why it cannot be told
    notes: tuple[str, ...] = ()  # what could not be read


def examine(data: bytes | memoryview) -> Examined:
    """Return the assembly and what its modules subscribe to."""
    try:
        view = read_headers(data, Locator(""))
    except ParseError:
        return Examined()
    notes: list[str] = []
    header = read_clr_header(view, notes)
    if header is None:
        return Examined(notes=tuple(notes))
    metadata = read_metadata(view.read(*header.metadata))
    if metadata is None:
        return Examined(notes=(*notes, f"the metadata at RVA {header.metadata[0]:#x} cannot be read"))
    return _examine(view, header, metadata)


def _examine(view: View, header: ClrHeader, metadata: Metadata) -> Examined:
    notes = metadata.notes
    names, bodies = Names(metadata), Bodies(view, metadata)
    name = _name(metadata)  # what decides comes first: names are read within one budget
    roles = find_roles(names)
    targets = find_targets(names, roles.having(APPLICATION))
    modules = roles.having(MODULE)
    finder = Finder(view.data, bodies, notes)
    subscriptions, undecided = read_subscriptions(names, bodies, finder, targets, roles)
    assembly = Assembly(
        name=name,
        references=tuple(_references(metadata)),
        types=types_with_roles(names, roles),
        attributes=read_attributes(names),
        resources=read_resources(view, header.resources, names, notes),
        calls=read_calls(names, finder, targets),
        native_imports=tuple(dict.fromkeys(_native_imports(names, notes))),
        is_mixed=bodies.native > 0 or not header.flags & (IL_ONLY | IL_LIBRARY),
        obfuscation=traces(names, bodies),
    )
    if bodies.missing:
        notes.append(f"the IL of {len(bodies.missing)} methods cannot be read: {names.method(bodies.missing[0])} first")
    reflected = (c for c in assembly.calls if c.target == _BY_REFLECTION)
    undecided += tuple(f"what {call.method} subscribes to by reflection" for call in reflected if modules)
    return Examined(assembly, subscriptions, tuple(dict.fromkeys(undecided)), tuple(dict.fromkeys(notes)))


def _name(metadata: Metadata) -> AssemblyName:
    """Return who it is, from the one row of table Assembly (II.22.2)."""
    row = metadata.row(schema.ASSEMBLY, 1)
    if row is None:
        return AssemblyName("", "")
    text = metadata.strings.read
    return AssemblyName(text(row[7]), _version(row[1:5]), token_of_key(metadata.blob(row[6])), text(row[8]))


def _references(metadata: Metadata) -> Iterator[AssemblyName]:
    """Yield the assemblies named (II.22.5), by key or token."""
    text = metadata.strings.read
    if metadata.count(schema.ASSEMBLY_REF) > MAX_REFERENCES:
        metadata.notes.append(f"references: {metadata.count(schema.ASSEMBLY_REF)} there, {MAX_REFERENCES} read")
    for row in islice(metadata.rows(schema.ASSEMBLY_REF), MAX_REFERENCES):
        key = metadata.blob(row[5])
        token = token_of_key(key) if row[4] & _HAS_PUBLIC_KEY else key[:8].hex()
        yield AssemblyName(text(row[6]), _version(row[:4]), token, text(row[7]))


def _version(parts: tuple[int, ...]) -> str:
    return ".".join(map(str, parts))


def _native_imports(names: Names, notes: list[str]) -> Iterator[str]:
    """Yield the native functions called by P/Invoke (II.22.22), as the loader completes the library's name."""
    metadata, methods = names.metadata, Methods(names)
    if metadata.count(schema.IMPL_MAP) > MAX_IMPORTS:
        notes.append(f"native imports: {metadata.count(schema.IMPL_MAP)} there, {MAX_IMPORTS} read")
    for _, member, name_at, scope in islice(metadata.rows(schema.IMPL_MAP), MAX_IMPORTS):
        row = metadata.row(schema.MODULE_REF, scope)
        library = metadata.strings.read(row[0]) if row else ""
        function = metadata.strings.read(name_at)
        if not function:
            table, number = target("MemberForwarded", member)
            function = methods.member((table or 0) << 24 | number)
        last = library.replace("/", "\\").rpartition("\\")[2]
        yield f"{library if '.' in last or not library else library + '.dll'}!{function}"
