"""The resources of a PE file: a tree of three levels, type, name and language."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from iisight.model.errors import ParseError
from iisight.model.examination import Resource
from iisight.model.locator import Locator
from iisight.parsers.pe.headers import CLR, MAX_NAME, RESOURCE, View, read_headers

MAX_ENTRIES = 4096  # of the resource tree, visited
MAX_RESOURCES = 512  # kept

VERSION_TYPE = 16

_BELOW = 0x80000000  # an entry that leads to a table and not to data; of a name, that it is a text
_TYPES = {
    1: "RT_CURSOR", 2: "RT_BITMAP", 3: "RT_ICON", 4: "RT_MENU", 5: "RT_DIALOG", 6: "RT_STRING", 7: "RT_FONTDIR",
    8: "RT_FONT", 9: "RT_ACCELERATOR", 10: "RT_RCDATA", 11: "RT_MESSAGETABLE", 12: "RT_GROUP_CURSOR",
    14: "RT_GROUP_ICON", 16: "RT_VERSION", 17: "RT_DLGINCLUDE", 19: "RT_PLUGPLAY", 20: "RT_VXD", 21: "RT_ANICURSOR",
    22: "RT_ANIICON", 23: "RT_HTML", 24: "RT_MANIFEST",
}  # winuser.h  # fmt: skip
_MAGICS = (
    (b"PK\3\4", "zip"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"MSCF\0\0\0\0", "cab"),
)


@dataclass(slots=True)
class Budget:
    """What may still be visited; one for a whole tree, so that loops in it end."""

    left: int
    what: str
    notes: list[str]

    def spend(self) -> bool:
        """Take one; tell whether there was one."""
        if self.left <= 0:
            self.notes.append(f"{self.what}: too many, the rest is left out")
        self.left -= 1
        return self.left >= 0


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where a resource lies, and under which identifiers; `_BELOW` set: an offset of a text."""

    type: int
    name: int
    rva: int
    size: int  # as claimed


def read_resources(view: View, notes: list[str]) -> tuple[Resource, ...]:
    """Read the resources in the order of the tree, at most MAX_RESOURCES, each language for itself."""
    root, _ = view.directory(RESOURCE)
    found: list[Resource] = []
    for leaf in leaves(view, notes):
        if len(found) == MAX_RESOURCES:
            notes.append(f"resources: only the first {MAX_RESOURCES} are kept")
            break
        kind = _TYPES.get(leaf.type) or _name(view, root, leaf.type)
        found.append(
            Resource(kind, _name(view, root, leaf.name), leaf.size, content_of(view.read(leaf.rva, leaf.size)))
        )
    return tuple(found)


def leaves(view: View, notes: list[str], wanted: int | None = None) -> Iterator[Leaf]:
    """Yield the resources of every type, or of the one wanted. Three levels and no more, as Windows has it."""
    root, _ = view.directory(RESOURCE)
    budget = Budget(MAX_ENTRIES, "resources", notes)
    for kind, names in _entries(view, root, 0, budget) if root else ():
        if wanted not in (None, kind) or not names & _BELOW:
            continue
        for name, languages in _entries(view, root, names, budget):
            if languages & _BELOW:
                for _, at in _entries(view, root, languages, budget):
                    yield from _leaf(view, (kind, name), root + at, notes)


def content_of(data: memoryview) -> str:
    """Return what the first bytes of embedded data say it is: `pe`, `assembly`, `zip`, …; empty: nothing known."""
    head = bytes(data[:8])
    if head[:2] == b"MZ":
        return executable_of(data)
    return next((content for magic, content in _MAGICS if head.startswith(magic)), "")


def executable_of(data: memoryview) -> str:
    """Tell an `assembly` from another `pe`; empty when it is neither."""
    try:
        view = read_headers(data, Locator(""))
    except ParseError:
        return ""
    return "assembly" if view.directory(CLR)[0] else "pe"


def _entries(view: View, root: int, offset: int, budget: Budget) -> Iterator[tuple[int, int]]:
    """Yield (id, offset) of a resource table's entries."""
    rva = root + (offset & ~_BELOW)
    header = view.read(rva, 16)
    if len(header) < 16:
        budget.notes.append(f"the resource table at RVA {rva:#x} cannot be read")
        return
    named, numbered = struct.unpack_from("<12xHH", header)
    raw = view.read(rva + 16, 8 * min(named + numbered, MAX_ENTRIES + 1))
    if len(raw) < 8 * min(named + numbered, MAX_ENTRIES + 1):
        budget.notes.append(f"the resource table at RVA {rva:#x} is cut short")
    for entry in struct.iter_unpack("<II", raw[: len(raw) // 8 * 8]):
        if not budget.spend():
            return
        yield entry


def _leaf(view: View, names: tuple[int, int], rva: int, notes: list[str]) -> Iterator[Leaf]:
    """Yield what a resource data entry tells, if it can be read."""
    entry = view.read(rva, 16)
    if len(entry) < 16:
        notes.append(f"the resource entry at RVA {rva:#x} cannot be read")
        return
    at, size = struct.unpack_from("<II", entry)
    yield Leaf(*names, at, size)


def _name(view: View, root: int, name: int) -> str:
    """Return a name: its text, or `#` and its number."""
    if not name & _BELOW:
        return f"#{name}"
    rva = root + (name & ~_BELOW)
    raw = view.read(rva, 2)
    units = int.from_bytes(raw, "little")
    return bytes(view.read(rva + 2, 2 * min(units, MAX_NAME))).decode("utf-16-le", "replace")
