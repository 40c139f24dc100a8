"""What dnfile says of an assembly's metadata."""

import hashlib
import logging
from collections.abc import Iterator
from typing import Any

from iisight.model.examination import Assembly, AssemblyName
from iisight.model.locator import Locator
from iisight.parsers.pe.clr import examine_assembly, read_clr_header, schema
from iisight.parsers.pe.clr.metadata import read_metadata
from iisight.parsers.pe.clr.names import Names, target
from iisight.parsers.pe.headers import read_headers
from tests.oracles.comparison import Comparison, listing

_CLR = 14  # IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR
_SPECIFIED = "(made of others)"  # a TypeSpec: dnfile does not read its signature
_MAX_NESTING = 16


def compare(data: bytes) -> Iterator[Comparison]:
    """Yield both answers on the assembly's name, references, types, members of others, P/Invoke and resources."""
    import dnfile

    logging.getLogger("dnfile").setLevel(logging.CRITICAL)  # it complains of blobs that it does not need here
    image = dnfile.dnPE(data=data, fast_load=True)
    directories = image.OPTIONAL_HEADER.DATA_DIRECTORY
    if len(directories) <= _CLR or not directories[_CLR].VirtualAddress:
        return
    image.parse_data_directories(directories=[_CLR])
    tables = image.net.mdtables
    ours, names = _ours(data)
    yield Comparison("dnfile", "types", listing(_our_types(names)), listing(_types(tables)))
    yield Comparison("dnfile", "members of others", listing(_our_members(names)), listing(_members(tables)))
    named = _name(ours.name) if ours.name.name else ""
    yield Comparison("dnfile", "assembly", named, listing(_identity(row) for row in _rows(tables, "Assembly")))
    references = listing(_identity(row) for row in _rows(tables, "AssemblyRef"))
    yield Comparison("dnfile", "references", listing(map(_name, ours.references)), references)
    yield Comparison("dnfile", "native imports", listing(ours.native_imports), listing(set(_native(tables))))
    resources = listing({_text(row.Name) for row in _rows(tables, "ManifestResource")})
    yield Comparison("dnfile", "resources", listing({resource.name for resource in ours.resources}), resources)


def _ours(data: bytes) -> tuple[Assembly, Names]:
    view = read_headers(data, Locator(""))
    header = read_clr_header(view, [])
    metadata = read_metadata(view.read(*header.metadata)) if header else None
    assembly = examine_assembly(data).assembly
    if metadata is None or assembly is None:
        raise ValueError("iisight reads no metadata")
    return assembly, Names(metadata)


def _our_types(names: Names) -> Iterator[str]:
    rows = names.metadata.rows(schema.TYPE_DEF)
    for number, row in enumerate(rows, 1):
        yield f"{names.type(schema.TYPE_DEF, number)} : {_our_type(names, *target('TypeDefOrRef', row[3]))}"
    for number, coded in names.metadata.rows(schema.INTERFACE_IMPL):
        yield f"{names.type(schema.TYPE_DEF, number)} -> {_our_type(names, *target('TypeDefOrRef', coded))}"


def _our_members(names: Names) -> Iterator[str]:
    for coded, name, _ in names.metadata.rows(schema.MEMBER_REF):
        table, number = target("MemberRefParent", coded)
        yield f"{_our_type(names, table, number)}::{names.metadata.strings.read(name)}"


def _our_type(names: Names, table: int | None, number: int) -> str:
    if not number:
        return ""
    return names.type(table, number) if table in (schema.TYPE_DEF, schema.TYPE_REF) else _SPECIFIED


def _name(name: AssemblyName) -> str:
    return f"{name.name} {name.version} {name.public_key_token}"


def _types(tables: Any) -> Iterator[str]:
    outer = {row.NestedClass.row_index: row.EnclosingClass for row in _rows(tables, "NestedClass")}
    for number, row in enumerate(_rows(tables, "TypeDef"), 1):
        yield f"{_defined(row, number, outer)} : {_type(row.Extends, outer)}"
    for row in _rows(tables, "InterfaceImpl"):
        yield f"{_type(row.Class, outer, 'TypeDef')} -> {_type(row.Interface, outer)}"


def _members(tables: Any) -> Iterator[str]:
    outer = {row.NestedClass.row_index: row.EnclosingClass for row in _rows(tables, "NestedClass")}
    for row in _rows(tables, "MemberRef"):
        yield f"{_type(row.Class, outer)}::{_text(row.Name)}"


def _type(index: Any, outer: dict[int, Any], table: str = "") -> str:
    """Return the name of the type an index leads to."""
    if index is None or not index.row_index:
        return ""
    if (table or index.table.name) == "TypeDef":
        return _defined(index.row, index.row_index, outer)
    return _referenced(index.row) if index.table.name == "TypeRef" else _SPECIFIED


def _defined(row: Any, number: int, outer: dict[int, Any]) -> str:
    parts = [_full(row)]
    while number in outer and len(parts) <= _MAX_NESTING:
        number, row = outer[number].row_index, outer[number].row
        parts.append(_full(row))
    return "+".join(reversed(parts))


def _referenced(row: Any) -> str:
    parts = [_full(row)]
    while (
        row.ResolutionScope is not None and row.ResolutionScope.table.name == "TypeRef" and len(parts) <= _MAX_NESTING
    ):
        row = row.ResolutionScope.row
        parts.append(_full(row))
    return "+".join(reversed(parts))


def _full(row: Any) -> str:
    return ".".join(filter(None, (_text(row.TypeNamespace), _text(row.TypeName))))


def _identity(row: Any) -> str:
    version = f"{row.MajorVersion}.{row.MinorVersion}.{row.BuildNumber}.{row.RevisionNumber}"
    key = getattr(row.PublicKey, "value", None) or b""
    is_whole = not hasattr(row, "HashValue") or row.Flags.afPublicKey  # a reference mostly has the token alone
    token = hashlib.sha1(key).digest()[:-9:-1].hex() if key and is_whole else key.hex()
    return f"{_text(row.Name)} {version} {token}"


def _native(tables: Any) -> Iterator[str]:
    for row in _rows(tables, "ImplMap"):
        library = _text(row.ImportScope.row.Name)
        suffix = "" if "." in library.replace("\\", "/").rpartition("/")[2] else ".dll"
        yield f"{library}{suffix}!{_text(row.ImportName)}"


def _rows(tables: Any, name: str) -> list[Any]:
    return list(getattr(tables, name, None) or ())


def _text(item: Any) -> str:
    return str(getattr(item, "value", item) or "")
