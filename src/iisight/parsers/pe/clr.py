"""The CLR header of a managed image, and the facts of its metadata that tell an assembly apart (ECMA-335)."""

import hashlib
import struct
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.pe import clr_schema as schema
from iisight.parsers.pe.clr_metadata import Metadata, read_metadata
from iisight.parsers.pe.headers import CLR, View, read_headers

_HEADER_SIZE = 72
_IL_ONLY, _REQUIRES_32BIT = 1, 2
_ASSEMBLY_TAG = schema.CODED["HasCustomAttribute"].index(schema.ASSEMBLY)
_GENERIC_INSTANCE = 0x15  # ELEMENT_TYPE_GENERICINST (II.23.1.16)


@dataclass(frozen=True, slots=True)
class ClrHeader:
    """IMAGE_COR20_HEADER, as far as it is needed (ECMA-335 II.25.3.3)."""

    flags: int
    metadata: tuple[int, int]  # RVA, size


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """A type the assembly defines. A nested type has its own name alone."""

    name: str  # `Namespace.Name`
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


def read_clr_header(view: View, notes: list[str]) -> ClrHeader | None:
    """Read the CLR header; None when the image is not managed."""
    rva, _ = view.directory(CLR)
    if not rva:
        return None
    raw = view.read(rva, _HEADER_SIZE)
    if len(raw) < _HEADER_SIZE or struct.unpack_from("<I", raw)[0] < _HEADER_SIZE:
        notes.append(f"the CLR header at RVA {rva:#x} cannot be read")
        return None
    metadata_rva, metadata_size, flags = struct.unpack_from("<8x3I", raw)
    return ClrHeader(flags, (metadata_rva, metadata_size))


def is_any_cpu(view: View, clr: ClrHeader | None) -> bool:
    """Tell whether the image runs at either word size: PE32, IL alone, not bound to 32 bits."""
    return clr is not None and not view.image.is_64bit and clr.flags & (_IL_ONLY | _REQUIRES_32BIT) == _IL_ONLY


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
    name, version, token = _identity(metadata)
    # What decides comes first: names are read within one budget.
    attributes = tuple(sorted(_assembly_attributes(metadata)))
    types = tuple(_types(metadata))
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
    key = metadata.blob(row[6])
    # The token is the last eight bytes of the key's SHA-1, backwards (II.6.3); it protects nothing here.
    token = hashlib.sha1(key, usedforsecurity=False).digest()[:-9:-1].hex() if key else ""
    return metadata.strings.read(row[7]), ".".join(str(part) for part in row[1:5]), token


def _assembly_attributes(metadata: Metadata) -> set[str]:
    """Return the types of the attributes put on the assembly (II.22.10)."""
    bits = schema.tag_bits("HasCustomAttribute")
    assembly = 1 << bits | _ASSEMBLY_TAG
    constructors = {row[1] for row in metadata.rows(schema.CUSTOM_ATTRIBUTE) if row[0] == assembly}
    methods = [row[5] for row in metadata.rows(schema.TYPE_DEF)] if constructors else []
    names = (_constructor_type(metadata, coded, methods) for coded in sorted(constructors))
    return {name for name in names if name}


def _constructor_type(metadata: Metadata, coded: int, methods: list[int]) -> str:
    """Return the type whose constructor a CustomAttributeType names; empty when it cannot be told."""
    table, number = _target("CustomAttributeType", coded)
    if table == schema.METHOD_DEF:  # a type of this assembly: the last whose methods begin at or before it
        return _type_name(metadata, schema.TYPE_DEF, bisect_right(methods, number))
    row = metadata.row(schema.MEMBER_REF, number) if table == schema.MEMBER_REF else None
    return "" if row is None else _type_name(metadata, *_target("MemberRefParent", row[0]))


def _types(metadata: Metadata) -> Iterator[TypeFacts]:
    """Yield the types defined (II.22.37) with the interfaces they declare (II.22.23)."""
    interfaces: dict[int, list[str]] = defaultdict(list)
    for number, coded in metadata.rows(schema.INTERFACE_IMPL):
        interfaces[number].append(_type_name(metadata, *_target("TypeDefOrRef", coded)))
    for number, row in enumerate(metadata.rows(schema.TYPE_DEF), 1):
        name = metadata.strings.full_name(row[1], row[2])
        if number == 1 and name == "<Module>":
            continue
        base = _type_name(metadata, *_target("TypeDefOrRef", row[3]))
        yield TypeFacts(name, base, tuple(filter(None, interfaces[number])))


def _target(coded_index: str, value: int) -> tuple[int | None, int]:
    """Return the table a coded index chooses, and the row."""
    tables = schema.CODED[coded_index]
    bits = schema.tag_bits(coded_index)
    tag = value & ((1 << bits) - 1)
    return tables[tag] if tag < len(tables) else None, value >> bits


def _type_name(metadata: Metadata, table: int | None, number: int) -> str:
    """Return the full name of a row of TypeDef, TypeRef or TypeSpec; empty when it cannot be told."""
    if table == schema.TYPE_SPEC:
        table, number = _generic_type(metadata, number)
    # Name and namespace are columns 1 and 2 of both tables.
    row = metadata.row(table, number) if table in (schema.TYPE_DEF, schema.TYPE_REF) else None
    return metadata.strings.full_name(row[1], row[2]) if row else ""


def _generic_type(metadata: Metadata, number: int) -> tuple[int | None, int]:
    """Return the type that a TypeSpec makes an instance of: `GENERICINST CLASS type …` (II.23.2.14)."""
    row = metadata.row(schema.TYPE_SPEC, number)
    signature = metadata.blob(row[0]) if row else b""
    if len(signature) < 3 or signature[0] != _GENERIC_INSTANCE:
        return None, 0
    first = signature[2]
    width = 1 if first < 0x80 else 2 if first < 0xC0 else 4
    coded = int.from_bytes(signature[2 : 2 + width], "big") & (0x7F, 0x3FFF, 0, 0x1FFFFFFF)[width - 1]
    return _target("TypeDefOrRef", coded)
