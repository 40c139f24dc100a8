"""The image as the interpreter reads it: code, constants, imports and the guard's own functions."""

import struct
from dataclasses import dataclass
from functools import cached_property

from iisight.parsers.pe.headers import EXPORT, IMPORT, View
from iisight.parsers.pe.layout import LOAD_CONFIG, Row, read_layout

MAX_LIBRARIES = 512
MAX_THUNKS = 4096  # of one library
# Offsets of the pointers to guard functions in IMAGE_LOAD_CONFIG_DIRECTORY: those that check, those that call.
_GUARDS = {8: ((112, 280), (120, 288, 296)), 4: ((72,), (76,))}
CHECK, DISPATCH = "guard check", "guard dispatch"


@dataclass(frozen=True, slots=True)
class Area:
    """Addresses of one section."""

    start: int
    end: int
    executable: bool
    writable: bool


class Space:
    """Addresses are virtual ones, the preferred base of the image included."""

    def __init__(self, view: View) -> None:
        """Read nothing yet but the section table."""
        self.view = view
        self.base = view.base
        self.word = 8 if view.image.is_64bit else 4
        self.areas = tuple(_area(view.base, row) for row in read_layout(view).rows)

    def area(self, address: int) -> Area | None:
        """Return the section an address lies in."""
        return next((area for area in self.areas if area.start <= address < area.end), None)

    def is_code(self, address: int) -> bool:
        """Tell whether the address lies in an executable section."""
        area = self.area(address)
        return area is not None and area.executable

    def code(self, address: int, size: int) -> bytes:
        """Return bytes of an executable section, as far as the file has them."""
        return bytes(self.view.read(address - self.base, size)) if self.is_code(address) else b""

    def constant(self, address: int, size: int) -> bytes | None:
        """Return bytes that cannot change at run time; None when they can, or are not there."""
        area = self.area(address)
        if area is None or area.writable or address + size > area.end:
            return None
        found = bytes(self.view.read(address - self.base, size))
        return found.ljust(size, b"\0") if found else None

    def text(self, address: int) -> str | None:
        """Return a short UTF-16 text that cannot change at run time."""
        raw = self.constant(address, 32) or self.constant(address, 16)
        text = (raw or b"").decode("utf-16-le", "replace")
        return text.partition("\0")[0] if "\0" in text else None

    def export(self, ordinal: int) -> int | None:
        """Return the address of an exported function."""
        head = self.view.read(self.view.directory(EXPORT)[0], 40)
        if len(head) < 40:
            return None
        first, _, _, table = struct.unpack_from("<4I", head, 16)
        cell = self.view.read(table + 4 * (ordinal - first), 4)
        return self.base + struct.unpack("<I", cell)[0] if len(cell) == 4 else None

    @cached_property
    def guards(self) -> dict[int, str]:
        """Return the places of the pointers to the control flow guard's functions."""
        head = self.view.read(self.view.directory(LOAD_CONFIG)[0], 320)
        size = struct.unpack_from("<I", head)[0] if len(head) >= 4 else 0
        code = "<Q" if self.word == 8 else "<I"
        found: dict[int, str] = {}
        for kind, offsets in zip((CHECK, DISPATCH), _GUARDS[self.word], strict=True):
            for offset in offsets:
                if offset + self.word <= min(size, len(head)):
                    found[struct.unpack_from(code, head, offset)[0]] = kind
        found.pop(0, None)
        return found

    def imported(self, address: int) -> tuple[str, str] | None:
        """Return (library, function) whose address the loader puts there."""
        for names, first, library in self._libraries:
            index, odd = divmod(address - self.base - first, self.word)
            if 0 <= index < MAX_THUNKS and not odd and self._is_thunk(first, index):
                return library, self._function(names or first, index)
        return None

    @cached_property
    def _libraries(self) -> list[tuple[int, int, str]]:
        """Return (RVA of names, RVA of addresses, name) of each import descriptor."""
        found = []
        table = self.view.read(self.view.directory(IMPORT)[0], 20 * MAX_LIBRARIES)
        for names, _, _, title, first in struct.iter_unpack("<5I", table[: len(table) // 20 * 20]):
            if not first or not title:
                break
            library = bytes(self.view.read(title, 64)).partition(b"\0")[0].decode("latin-1").lower()
            found.append((names, first, library))
        return found

    def _is_thunk(self, first: int, index: int) -> bool:
        """Tell whether the table of addresses goes on to `index`: a zero ends it."""
        size = (index + 1) * self.word
        raw = bytes(self.view.read(first, size))
        return len(raw) == size and all(any(raw[i : i + self.word]) for i in range(0, size, self.word))

    def _function(self, names: int, index: int) -> str:
        """Return the name of an imported function."""
        raw = bytes(self.view.read(names + index * self.word, self.word))
        place = int.from_bytes(raw, "little")
        if place >> (8 * self.word - 1):
            return f"#{place & 0xFFFF}"
        return bytes(self.view.read(place + 2, 128)).partition(b"\0")[0].decode("latin-1")


def _area(base: int, row: Row) -> Area:
    """Return the addresses of one section."""
    start = base + row.address
    return Area(start, start + max(row.virtual_size, row.raw_size), row.executable, row.writable)
