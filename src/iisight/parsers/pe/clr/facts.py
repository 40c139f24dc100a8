"""The facts of an assembly's metadata that tell it apart, read in passing of thousands of files (ECMA-335 II.22)."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.pe.clr import schema
from iisight.parsers.pe.clr.header import read_clr_header
from iisight.parsers.pe.clr.metadata import Metadata, read_metadata
from iisight.parsers.pe.clr.names import Names, target, token_of_key
from iisight.parsers.pe.headers import read_headers

_ASSEMBLY_TAG = schema.CODED["HasCustomAttribute"].index(schema.ASSEMBLY)


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """A type the assembly defines."""

    name: str  # `Namespace.Name`, `Outer+Nested`
    base: str  # empty: an interface, or not to be told
    interfaces: tuple[str, ...]  # those declared on the type itself, in the order of the table


@dataclass(frozen=True, slots=True)
class AssemblyFacts:
    """Who an assembly says it is, and what it names; empty for what could not be read."""

    name: str
    version: str  # `4.0.0.0`
    public_key_token: str  # sixteen hex digits; empty: not strong-named
    type_refs: tuple[str, ...]  # `Namespace.Name`, in the order of the table
    assembly_attributes: tuple[str, ...]  # types of the custom attributes of the assembly itself, sorted
    types: tuple[TypeFacts, ...] = ()  # in the order of the table, `<Module>` left out
    notes: tuple[str, ...] = ()  # what could not be read of it


def assembly_facts(data: bytes | memoryview) -> AssemblyFacts | None:
    """Read name, references, types and assembly-level attributes; None without metadata that can be read."""
    try:
        view = read_headers(data, Locator(""))
    except ParseError:
        return None
    clr = read_clr_header(view, [])
    metadata = None if clr is None else read_metadata(view.read(*clr.metadata))
    if metadata is None:
        return None
    names = Names(metadata)
    name, version, token = _identity(metadata)
    # What decides comes first: names are read within one budget.
    attributes = tuple(sorted(_assembly_attributes(names)))
    types = tuple(_types(names))
    references = (metadata.strings.full_name(row[1], row[2]) for row in metadata.rows(schema.TYPE_REF))
    return AssemblyFacts(
        name=name,
        version=version,
        public_key_token=token,
        type_refs=tuple(filter(None, references)),
        assembly_attributes=attributes,
        types=types,
        notes=tuple(dict.fromkeys(metadata.notes)),
    )


def _identity(metadata: Metadata) -> tuple[str, str, str]:
    """Return name, version and public key token from the one row of table Assembly (II.22.2)."""
    row = metadata.row(schema.ASSEMBLY, 1)
    if row is None:
        return "", "", ""
    token = token_of_key(metadata.blob(row[6]))
    return metadata.strings.read(row[7]), ".".join(str(part) for part in row[1:5]), token


def _assembly_attributes(names: Names) -> set[str]:
    """Return the types of the attributes put on the assembly (II.22.10)."""
    assembly = 1 << schema.tag_bits("HasCustomAttribute") | _ASSEMBLY_TAG
    constructors = {row[1] for row in names.metadata.rows(schema.CUSTOM_ATTRIBUTE) if row[0] == assembly}
    found = (constructor_type(names, coded) for coded in sorted(constructors))
    return {name for name in found if name}


def constructor_type(names: Names, coded: int) -> str:
    """Return the type whose constructor a CustomAttributeType names; empty when it cannot be told."""
    table, number = target("CustomAttributeType", coded)
    if table == schema.METHOD_DEF:
        return names.type(schema.TYPE_DEF, names.owner(number))
    row = names.metadata.row(schema.MEMBER_REF, number) if table == schema.MEMBER_REF else None
    return "" if row is None else names.type(*names.member_parent(row[0]))


def _types(names: Names) -> Iterator[TypeFacts]:
    """Yield the types defined (II.22.37) with the interfaces they declare (II.22.23)."""
    interfaces: dict[int, list[str]] = defaultdict(list)
    for number, coded in names.metadata.rows(schema.INTERFACE_IMPL):
        interfaces[number].append(names.type(*target("TypeDefOrRef", coded)))
    for number, row in enumerate(names.metadata.rows(schema.TYPE_DEF), 1):
        name = names.type(schema.TYPE_DEF, number)
        if number == 1 and name == "<Module>":
            continue
        base = names.type(*target("TypeDefOrRef", row[3]))
        yield TypeFacts(name, base, tuple(filter(None, interfaces[number])))
