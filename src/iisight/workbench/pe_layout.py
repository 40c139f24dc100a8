"""Headers and sections of a PE file, written (Microsoft's "PE Format" specification)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

PAGE = 0x1000
SECTOR = 0x200
EXPORT, IMPORT, RESOURCE, DEBUG, IMPORT_ADDRESSES, CLR = 0, 1, 2, 6, 12, 14

_MACHINES = {"x86": 0x014C, "x64": 0x8664, "arm64": 0xAA64}
_ACCESS = {"r": 0x40000000, "w": 0x80000000, "x": 0x20000000}
_CODE, _DATA = 0x20, 0x40  # IMAGE_SCN_CNT_CODE, IMAGE_SCN_CNT_INITIALIZED_DATA
_SIGNATURE_AT = 0x80
_DLL_CHARACTERISTICS = 0x0140  # NX compatible, dynamic base


@dataclass(slots=True)
class Region:
    """Bytes that will lie at an RVA; grows as parts are put in."""

    rva: int
    data: bytearray = field(default_factory=bytearray)

    def put(self, part: bytes, align: int = 4) -> int:
        """Append a part on a boundary and return its RVA."""
        self.data += bytes(-len(self.data) % align)
        self.data += part
        return self.rva + len(self.data) - len(part)

    def put_text(self, text: str) -> int:
        """Append a text that ends with NUL and return its RVA."""
        return self.put(text.encode() + b"\0", 2)

    @property
    def end(self) -> int:
        """Return the RVA where the next region may begin."""
        return self.rva + max(PAGE, round_up(len(self.data), PAGE))


@dataclass(frozen=True, slots=True)
class Part:
    """A section: name, access (`rwx`) and content."""

    name: str
    access: str
    region: Region


@dataclass(frozen=True, slots=True)
class Headers:
    """What the headers shall say, beyond what the sections tell."""

    machine: str
    dll: bool
    timestamp: int
    entry: int  # RVA; 0: none
    directories: dict[int, tuple[int, int]]  # number → RVA, size


def is_64bit(machine: str) -> bool:
    """Tell whether images of this machine are PE32+; ValueError for a machine that is not known."""
    if machine not in _MACHINES:
        raise ValueError(f"unknown machine {machine!r}; known: {', '.join(_MACHINES)}")
    return machine != "x86"


def round_up(value: int, unit: int) -> int:
    """Return the next multiple of `unit`."""
    return -(-value // unit) * unit


def write_image(headers: Headers, parts: Sequence[Part]) -> bytes:
    """Write the file: headers, section headers, sections."""
    optional_size = (112 if is_64bit(headers.machine) else 96) + 16 * 8
    size = round_up(_SIGNATURE_AT + 24 + optional_size + 40 * len(parts), SECTOR)
    rows, bodies, offset = bytearray(), bytearray(), size
    for part in parts:
        raw = round_up(len(part.region.data), SECTOR)
        rows += _section_header(part, raw, offset)
        bodies += part.region.data.ljust(raw, b"\0")
        offset += raw
    head = _dos_header() + _coff_header(headers, len(parts), optional_size)
    head += _optional_header(headers, parts, size) + _directories(headers) + rows
    return bytes(head.ljust(size, b"\0") + bodies)


def _dos_header() -> bytes:
    """Return the DOS header; there is no program behind it."""
    return b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", _SIGNATURE_AT).ljust(_SIGNATURE_AT - 0x3C, b"\0")


def _coff_header(headers: Headers, sections: int, optional_size: int) -> bytes:
    """Return the signature and IMAGE_FILE_HEADER."""
    flags = 0x0002 | (0x2000 if headers.dll else 0)  # executable image, DLL
    flags |= 0x0020 if is_64bit(headers.machine) else 0x0100  # large addresses, 32-bit machine
    machine = _MACHINES[headers.machine]
    return b"PE\0\0" + struct.pack(
        "<HHIIIHH", machine, sections, headers.timestamp & 0xFFFFFFFF, 0, 0, optional_size, flags
    )


def _optional_header(headers: Headers, parts: Sequence[Part], headers_size: int) -> bytes:
    """Return IMAGE_OPTIONAL_HEADER up to its data directories; CheckSum is 0."""
    wide = is_64bit(headers.machine)
    code = [p.region for p in parts if "x" in p.access]
    data = [p.region for p in parts if "x" not in p.access]
    sizes = (sum(round_up(len(r.data), SECTOR) for r in regions) for regions in (code, data))
    start = struct.pack("<HBB", 0x20B if wide else 0x10B, 14, 0)
    start += struct.pack("<5I", *sizes, 0, headers.entry, code[0].rva)
    base = struct.pack("<Q", 0x180000000) if wide else struct.pack("<II", data[0].rva, 0x10000000)
    middle = struct.pack("<II6HI", PAGE, SECTOR, 6, 0, 0, 0, 6, 0, 0)
    middle += struct.pack("<IIIHH", parts[-1].region.end, headers_size, 0, 3, _DLL_CHARACTERISTICS)
    stack = struct.pack("<4Q" if wide else "<4I", 0x100000, 0x1000, 0x100000, 0x1000)
    return start + base + middle + stack + struct.pack("<II", 0, 16)


def _directories(headers: Headers) -> bytes:
    """Return the sixteen data directories."""
    return b"".join(struct.pack("<II", *headers.directories.get(number, (0, 0))) for number in range(16))


def _section_header(part: Part, raw: int, offset: int) -> bytes:
    """Return IMAGE_SECTION_HEADER."""
    name = part.name.encode("latin-1")
    if len(name) > 8 or not set(part.access) <= set(_ACCESS):
        raise ValueError(f"section {part.name!r}: a name has at most 8 bytes, access is made of r, w, x")
    flags = (_CODE if "x" in part.access else _DATA) | sum(_ACCESS[letter] for letter in set(part.access))
    place = (len(part.region.data), part.region.rva, raw, offset)
    return struct.pack("<8s4IIIHHI", name, *place, 0, 0, 0, 0, flags)
