"""Metadata of a .NET assembly without code, written (ECMA-335 II.22 to II.25)."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from iisight.parsers.pe.clr import schema
from iisight.workbench.pe_layout import Region
from iisight.workbench.pe_spec import PeSpec

Row = tuple[int, ...]

_LIBRARIES = {"mscorlib": "b77a5c561934e089", "System.Web": "b03f5f7f11d50a3a"}
_PUBLIC, _INTERFACE = 0x1, 0xA0  # II.23.1.15; an interface is abstract
_SHA1 = 0x8004  # II.23.1.1
_HAS_PUBLIC_KEY = 0x1
_DEFAULT_CONSTRUCTOR = b"\x20\x00\x01"  # instance void () (II.23.2.1)
_NO_ARGUMENTS = b"\x01\x00\x00\x00"  # prolog, no named argument (II.23.3)
_IL_ONLY, _REQUIRES_32BIT = 1, 2
_MODULE_ID = b"iisight inert id"  # sixteen bytes, for no two of these files are ever compared by it


@dataclass(slots=True)
class _Heap:
    """A heap in which equal parts are kept once. Offset 0 is the empty part."""

    data: bytearray = field(default_factory=lambda: bytearray(1))
    places: dict[bytes, int] = field(default_factory=lambda: {b"": 0})

    def add(self, part: bytes, head: bytes = b"", tail: bytes = b"") -> int:
        """Return the offset of a part."""
        if part not in self.places:
            self.places[part] = len(self.data)
            self.data += head + part + tail
        return self.places[part]


@dataclass(slots=True)
class _Assembly:
    """The tables and heaps in the making."""

    tables: dict[int, list[Row]] = field(default_factory=dict)
    strings: _Heap = field(default_factory=_Heap)
    blobs: _Heap = field(default_factory=_Heap)
    defined: dict[str, int] = field(default_factory=dict)  # type → row
    referenced: dict[str, int] = field(default_factory=dict)

    def row(self, table: int, *values: int) -> int:
        """Append a row and return its number."""
        rows = self.tables.setdefault(table, [])
        rows.append(values)
        return len(rows)

    def text(self, value: str) -> int:
        """Return the offset of a string."""
        return self.strings.add(value.encode(), tail=b"\0")

    def blob(self, value: bytes) -> int:
        """Return the offset of a blob."""
        length = len(value)
        head = bytes([length]) if length < 0x80 else struct.pack(">H", 0x8000 | length)
        return self.blobs.add(value, head=head)

    def name(self, full_name: str) -> tuple[int, int]:
        """Return the offsets of name and namespace."""
        namespace, _, name = full_name.rpartition(".")
        return self.text(name), self.text(namespace)


def put_clr(region: Region, spec: PeSpec) -> tuple[int, int]:
    """Write the CLR header and the metadata; return the place of the header."""
    metadata = _metadata(_assembly(spec))
    place = region.put(metadata), len(metadata)
    only_32bit = spec.architecture == "x86" and not spec.any_cpu
    flags = _IL_ONLY | (_REQUIRES_32BIT if only_32bit else 0)
    return region.put(struct.pack("<IHHIII", 72, 2, 5, *place, flags).ljust(72, b"\0")), 72


def _assembly(spec: PeSpec) -> _Assembly:
    """Fill the tables."""
    made = _Assembly()
    made.row(schema.MODULE, 0, made.text(f"{spec.assembly}.dll"), 1, 0, 0)
    for library, token in _LIBRARIES.items():
        key = made.blob(bytes.fromhex(token))
        made.row(schema.ASSEMBLY_REF, 4, 0, 0, 0, 0, key, made.text(library), 0, 0)
    version = (*(int(part) for part in spec.assembly_version.split(".")), 0, 0, 0, 0)[:4]
    key = made.blob(spec.public_key)
    flags = _HAS_PUBLIC_KEY if spec.public_key else 0
    made.row(schema.ASSEMBLY, _SHA1, *version, flags, key, made.text(spec.assembly), 0)
    _put_types(made, spec)
    _put_attributes(made, spec.assembly_attributes)
    return made


def _put_types(made: _Assembly, spec: PeSpec) -> None:
    """Write the types: `<Module>`, which every assembly has, then those asked for."""
    made.row(schema.TYPE_DEF, 0, *made.name("<Module>"), 0, 1, 1)
    made.defined.update({name: number for number, (name, _, _) in enumerate(spec.types, 2)})
    for number, (name, base, interfaces) in enumerate(spec.types, 2):
        flags = _PUBLIC if base else _PUBLIC | _INTERFACE
        parent = _type(made, base, "TypeDefOrRef") if base else 0
        made.row(schema.TYPE_DEF, flags, *made.name(name), parent, 1, 1)
        for coded in sorted(_type(made, interface, "TypeDefOrRef") for interface in interfaces):
            made.row(schema.INTERFACE_IMPL, number, coded)


def _put_attributes(made: _Assembly, attributes: Sequence[str]) -> None:
    """Put attributes on the assembly, their constructors being called without arguments."""
    target = 1 << schema.tag_bits("HasCustomAttribute") | schema.CODED["HasCustomAttribute"].index(schema.ASSEMBLY)
    for name in attributes:
        parent = _type(made, name, "MemberRefParent")
        constructor = made.row(schema.MEMBER_REF, parent, made.text(".ctor"), made.blob(_DEFAULT_CONSTRUCTOR))
        made.row(
            schema.CUSTOM_ATTRIBUTE,
            target,
            _coded("CustomAttributeType", schema.MEMBER_REF, constructor),
            made.blob(_NO_ARGUMENTS),
        )


def _type(made: _Assembly, name: str, coded_index: str) -> int:
    """Return the coded index of a type, defined here or referred to in a library."""
    if name in made.defined:
        return _coded(coded_index, schema.TYPE_DEF, made.defined[name])
    if name not in made.referenced:
        library = 2 if name.startswith("System.Web.") else 1
        scope = _coded("ResolutionScope", schema.ASSEMBLY_REF, library)
        made.referenced[name] = made.row(schema.TYPE_REF, scope, *made.name(name))
    return _coded(coded_index, schema.TYPE_REF, made.referenced[name])


def _coded(coded_index: str, table: int, number: int) -> int:
    """Return a coded index."""
    return number << schema.tag_bits(coded_index) | schema.CODED[coded_index].index(table)


def _metadata(made: _Assembly) -> bytes:
    """Return the metadata root and its streams."""
    streams = {
        "#~": _tables(made.tables),
        "#Strings": bytes(made.strings.data),
        "#GUID": _MODULE_ID,
        "#Blob": bytes(made.blobs.data),
    }
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
