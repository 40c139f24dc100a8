"""Bodies of methods and the instructions in them (ECMA-335 II.25.4, III.1.9)."""

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from iisight.parsers.pe.clr import schema
from iisight.parsers.pe.clr.metadata import Metadata
from iisight.parsers.pe.clr.tables import rows
from iisight.parsers.pe.headers import View

MAX_TARGETS = 1024  # of one switch
MAX_OVERLAP = 64  # methods looked at that share one place

PREFIXED = 0x100  # added to the code of instructions that begin with FE
CALL, CALLVIRT, NEWOBJ, LDSTR, LDTOKEN, SWITCH = 0x28, 0x6F, 0x73, 0x72, 0xD0, 0x45
LDFTN, LDVIRTFTN = 0x106, 0x107

_TINY, _FAT = 2, 3
_NATIVE, _UNMANAGED = 0x3, 0x4  # MethodImplAttributes: CodeTypeMask, ManagedMask
_SWITCH_SIZE = -1
_UNKNOWN = 0


@dataclass(frozen=True, slots=True)
class Body:
    """Where a method's IL lies in the file."""

    start: int
    end: int
    method: int  # MethodDef


@dataclass(frozen=True, slots=True)
class Opcode:
    """What an instruction does to the stack. None: as a signature says."""

    pops: int | None
    pushes: int | None
    flow: str  # `jump`, `branch`, `end`, or empty


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction; `operand` is a token, number or target, 0 when there is none."""

    offset: int
    code: int
    operand: int
    next: int


class Bodies:
    """The bodies of an assembly, found by method and by place."""

    def __init__(self, view: View, metadata: Metadata) -> None:
        """Read the head of every body."""
        self._data = view.data
        self.missing: list[int] = []  # methods whose body cannot be read
        self.native = 0  # methods of native code
        self._sorted = sorted(self._read(view, metadata), key=lambda body: (body.start, body.method))
        self._starts = [body.start for body in self._sorted]
        self._ends = list(accumulate((body.end for body in self._sorted), max))
        self.by_method = {body.method: body for body in self._sorted}

    @property
    def span(self) -> tuple[int, int]:
        """Return where the first begins and the last ends."""
        return (self._starts[0], self._ends[-1]) if self._starts else (0, 0)

    def at(self, offset: int) -> Iterator[Body]:
        """Yield the bodies that hold a byte of the file: one, or several that share it."""
        first = bisect_right(self._starts, offset) - 1
        for index in range(first, max(-1, first - MAX_OVERLAP), -1):
            if self._ends[index] <= offset:
                return
            if offset < self._sorted[index].end:
                yield self._sorted[index]

    def code(self, method: int) -> bytes:
        """Return a method's IL; empty when it has none."""
        body = self.by_method.get(method)
        return b"" if body is None else bytes(self._data[body.start : body.end])

    def _read(self, view: View, metadata: Metadata) -> Iterator[Body]:
        for number, row in enumerate(metadata.rows(schema.METHOD_DEF), 1):
            if row[1] & (_NATIVE | _UNMANAGED) in (1, 4, 5):
                self.native += 1
            elif row[0]:
                body = _body(view.data, *view.place(row[0]), number)
                if body is not None:
                    yield body
                else:
                    self.missing.append(number)


def _body(data: memoryview, at: int, limit: int, method: int) -> Body | None:
    """Read a body's head, tiny or fat."""
    if at >= limit:
        return None
    kind = data[at] & 3
    if kind == _TINY:
        start, size = at + 1, data[at] >> 2
    elif kind == _FAT and at + 12 <= limit:
        flags, size = struct.unpack_from("<H2xI", data, at)
        start = at + (flags >> 12) * 4
    else:
        return None
    return Body(start, start + size, method) if start + size <= limit and size else None


@cache
def opcodes() -> tuple[Opcode | None, ...]:
    """Return what every instruction does; None for a code that is none."""
    table: list[Opcode | None] = [None] * 0x200
    for row in rows("opcodes"):
        pops, pushes = (None if row[key] == "v" else int(row[key]) for key in ("pops", "pushes"))
        table[_index(row["code"])] = Opcode(pops, pushes, row["flow"])
    return tuple(table)


@cache
def _operands() -> tuple[int, ...]:
    """Return for every code its size with the operand; 0 for a code that is none."""
    table = [_UNKNOWN] * 0x200
    for row in rows("opcodes"):
        size = 2 if row["code"].startswith("fe") else 1
        table[_index(row["code"])] = _SWITCH_SIZE if row["operand"] == "n" else size + int(row["operand"])
    return tuple(table)


def _index(code: str) -> int:
    return int(code[2:], 16) + (PREFIXED if code.startswith("fe") else 0)


def instructions(code: bytes, at: int = 0) -> Iterator[Instruction]:
    """Yield the instructions from a place on, one behind the other; ends at bytes that are none."""
    sizes = _operands()
    end = len(code)
    while at < end:
        number = code[at]
        head = 1
        if number == 0xFE and at + 1 < end:
            number = PREFIXED | code[at + 1]
            head = 2
        size = sizes[number]
        if size == _SWITCH_SIZE and at + 5 <= end:
            size = 5 + 4 * int.from_bytes(code[at + 1 : at + 5], "little")
            head = size
        if size <= _UNKNOWN or at + size > end:
            return
        yield Instruction(at, number, int.from_bytes(code[at + head : at + size], "little"), at + size)
        at += size


def branch_targets(code: bytes, instruction: Instruction) -> tuple[int, ...]:
    """Return where a branch may go, beside to what follows."""
    size = instruction.next - instruction.offset
    if instruction.code == SWITCH:
        offsets = struct.unpack_from(f"<{min((size - 5) // 4, MAX_TARGETS)}i", code, instruction.offset + 5)
        return tuple(instruction.next + offset for offset in offsets)
    offset = int.from_bytes(code[instruction.offset + 1 : instruction.next], "little", signed=True)
    return (instruction.next + offset,)
