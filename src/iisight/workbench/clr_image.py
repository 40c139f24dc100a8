"""Metadata of a .NET assembly, written (ECMA-335 II.22 to II.25)."""

import struct
import zlib
from collections.abc import Mapping, Sequence

from iisight.parsers.pe.clr import schema
from iisight.workbench.clr_code import put_methods
from iisight.workbench.clr_draft import Draft, Row, coded, compressed
from iisight.workbench.pe_layout import Region
from iisight.workbench.pe_spec import PeSpec

_LIBRARIES = {"mscorlib": "b77a5c561934e089", "System.Web": "b03f5f7f11d50a3a"}
_PUBLIC, _INTERFACE = 0x1, 0xA0  # II.23.1.15; an interface is abstract
_SHA1 = 0x8004  # II.23.1.1
_HAS_PUBLIC_KEY = 0x1
_PROLOG, _NO_NAMED = b"\x01\x00", b"\x00\x00"  # of an attribute's value (II.23.3)
_IL_ONLY, _REQUIRES_32BIT = 1, 2
_MODULE_ID = b"iisight inert id"  # sixteen bytes, for no two of these files are ever compared by it


def put_clr(region: Region, spec: PeSpec) -> tuple[int, int]:
    """Write the CLR header, resources, code and metadata; return the place of the header."""
    draft = Draft()
    resources = _put_resources(draft, region, spec)
    _put_tables(draft, region, spec)
    metadata = _metadata(draft)
    place = region.put(metadata), len(metadata)
    only_32bit = spec.architecture == "x86" and not spec.any_cpu
    flags = _IL_ONLY | (_REQUIRES_32BIT if only_32bit else 0)
    return region.put(struct.pack("<IHHIIIIII", 72, 2, 5, *place, flags, 0, *resources).ljust(72, b"\0")), 72


def _put_tables(draft: Draft, region: Region, spec: PeSpec) -> None:
    """Fill the tables."""
    draft.row(schema.MODULE, 0, draft.text(f"{spec.assembly}.dll"), 1, 0, 0)
    for library, token in _LIBRARIES.items():
        _put_reference(draft, library, (4, 0, 0, 0), token)
    for reference in spec.assembly_references:
        name, *parts = (part.strip() for part in reference.split(","))
        given = {key.lower(): value for key, _, value in (part.partition("=") for part in parts)}
        key_token = given.get("publickeytoken", "null").replace("null", "")
        _put_reference(draft, name, _version(given.get("version", "")), key_token)
    key = draft.blob(spec.public_key)
    flags = _HAS_PUBLIC_KEY if spec.public_key else 0
    version = _version(spec.assembly_version)
    draft.row(schema.ASSEMBLY, _SHA1, *version, flags, key, draft.text(spec.assembly), 0)
    _check(spec)
    _put_types(draft, region, spec)
    _put_attributes(draft, spec.assembly_attributes)


def _put_reference(draft: Draft, name: str, version: tuple[int, ...], token: str) -> None:
    """Write a reference to another assembly."""
    draft.row(schema.ASSEMBLY_REF, *version, 0, draft.blob(bytes.fromhex(token)), draft.text(name), 0, 0)


def _version(text: str) -> tuple[int, ...]:
    """Return the four numbers of a version."""
    return (*(int(part) for part in text.split(".") if part), 0, 0, 0, 0)[:4]


def _check(spec: PeSpec) -> None:
    """Refuse methods of types that are not there."""
    types = {name for name, _, _ in spec.types}
    missing = sorted({entry.partition(":")[0].strip() for entry in spec.subscribes} - types)
    if missing:
        raise ValueError(f"no such type: {', '.join(missing)}")
    if (spec.calls or spec.native_imports) and not types:
        raise ValueError("calls and native imports need a type to be in")


def _put_types(draft: Draft, region: Region, spec: PeSpec) -> None:
    """Write the types: `<Module>`, which every assembly has, then those asked for, each with its methods."""
    draft.row(schema.TYPE_DEF, 0, *draft.name("<Module>"), 0, 1, 1)
    draft.defined.update({name: number for number, (name, _, _) in enumerate(spec.types, 2)})
    for number, (name, base, interfaces) in enumerate(spec.types, 2):
        flags = _PUBLIC if base else _PUBLIC | _INTERFACE
        parent = draft.type(base, "TypeDefOrRef") if base else 0
        first = len(draft.tables.get(schema.METHOD_DEF, ())) + 1
        draft.row(schema.TYPE_DEF, flags, *draft.name(name), parent, 1, first)
        for implemented in sorted(draft.type(interface, "TypeDefOrRef") for interface in interfaces):
            draft.row(schema.INTERFACE_IMPL, number, implemented)
        put_methods(draft, region, spec, name)


def _put_attributes(draft: Draft, attributes: Sequence[str]) -> None:
    """Put attributes on the assembly: `Name`, or `Name(typeof Type, text, 1)`."""
    target = coded("HasCustomAttribute", schema.ASSEMBLY, 1)
    for attribute in attributes:
        name, _, rest = attribute.partition("(")
        given = [_argument(part.strip()) for part in rest.rpartition(")")[0].split(",") if part.strip()]
        kinds = b"".join(draft.element(kind) for kind, _ in given)
        member = draft.member(name, ".ctor", bytes([0x20, len(given), 1]) + kinds)
        constructor = coded("CustomAttributeType", schema.MEMBER_REF, member)
        value = _PROLOG + b"".join(value for _, value in given) + _NO_NAMED
        draft.row(schema.CUSTOM_ATTRIBUTE, target, constructor, draft.blob(value))


def _argument(text: str) -> tuple[str, bytes]:
    """Return the type and value of an attribute's argument (II.23.3)."""
    if text.isdecimal():
        return "int", struct.pack("<i", int(text))
    kind, word = ("System.Type", text.removeprefix("typeof ")) if text.startswith("typeof ") else ("string", text)
    raw = word.strip('"').encode()
    return kind, compressed(len(raw)) + raw


def _put_resources(draft: Draft, region: Region, spec: PeSpec) -> tuple[int, int]:
    """Write the resources, `name=content`; return their place."""
    data = bytearray()
    for entry in spec.resources:
        name, _, kind = entry.partition("=")
        draft.row(schema.MANIFEST_RESOURCE, len(data), _PUBLIC, draft.text(name), 0)
        content = _content(kind)
        data += struct.pack("<I", len(content)) + content + bytes(-len(content) % 4)
    return (region.put(bytes(data)), len(data)) if data else (0, 0)


def _content(kind: str) -> bytes:
    """Return an inert `assembly`, `pe` or `deflate` (an assembly as Costura packs it), or the text itself."""
    if kind not in ("assembly", "pe", "deflate"):
        return kind.encode()
    from iisight.workbench.pe import build  # it builds with this module

    file = build(PeSpec() if kind == "pe" else PeSpec(managed=True, assembly="Inert"))
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(file) + packer.flush() if kind == "deflate" else file


def _metadata(draft: Draft) -> bytes:
    """Return the metadata root and its streams."""
    streams = {
        "#~": _tables(draft.tables),
        "#Strings": bytes(draft.strings.data),
        "#GUID": _MODULE_ID,
        "#Blob": bytes(draft.blobs.data),
    }
    if len(draft.user_strings.data) > 1:
        streams["#US"] = bytes(draft.user_strings.data)
    names = {name: (name.encode() + b"\0").ljust((len(name) // 4 + 1) * 4, b"\0") for name in streams}
    head = struct.pack("<4sHHII12sHH", b"BSJB", 1, 1, 0, 12, b"v4.0.30319", 0, len(streams))
    at = len(head) + sum(8 + len(name) for name in names.values())
    headers, bodies = bytearray(), bytearray()
    for name, stream in streams.items():
        padded = stream + bytes(-len(stream) % 4)
        headers += struct.pack("<II", at + len(bodies), len(padded)) + names[name]
        bodies += padded
    return head + bytes(headers + bodies)


def _tables(tables: Mapping[int, Sequence[Row]]) -> bytes:
    """Return the #~ stream; all heap indexes are four bytes wide."""
    counts = {number: len(rows) for number, rows in sorted(tables.items())}
    valid = sum(1 << number for number in counts)
    head = struct.pack("<IBBBBQQ", 0, 2, 0, 7, 1, valid, 0)
    head += struct.pack(f"<{len(counts)}I", *counts.values())
    body = b"".join(
        struct.pack(schema.row_format(number, counts, 7), *row) for number in counts for row in tables[number]
    )
    return head + body
