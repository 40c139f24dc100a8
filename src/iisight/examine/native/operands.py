"""Operands of x86 instructions, read from a disassembler's Intel syntax: far faster than its objects are."""

import re
from functools import lru_cache
from typing import NamedTuple

_SIZES = {"byte": 1, "word": 2, "dword": 4, "fword": 6, "qword": 8, "tbyte": 10, "xmmword": 16, "ymmword": 32}
_MEMORY = re.compile(r"(?:(\w+) ptr )?(?:(\w\w):)?\[(.*)\]")
_TERM = re.compile(r"([+-]?)\s*([^\s+*-]+)(?:\*(\d))?")


class Register(NamedTuple):
    """A register, or the part of one: the name of the whole, size in bytes, the bit it starts at."""

    name: str
    size: int
    low: int = 0


class Immediate(NamedTuple):
    """A number."""

    number: int


class Memory(NamedTuple):
    """A place in memory."""

    size: int  # 0: not told
    segment: str
    base: str
    times: str  # the register that is scaled
    scale: int
    displacement: int


Operand = Register | Immediate | Memory


def _registers() -> dict[str, Register]:
    """Return every general and XMM register by name."""
    found: dict[str, Register] = {}
    for letter in "abcd":
        whole = f"r{letter}x"
        parts = ((whole, 8, 0), (f"e{letter}x", 4, 0), (f"{letter}x", 2, 0), (f"{letter}l", 1, 0), (f"{letter}h", 1, 8))
        found.update({name: Register(whole, size, low) for name, size, low in parts})
    for stem in ("si", "di", "bp", "sp"):
        names = ((f"r{stem}", 8), (f"e{stem}", 4), (stem, 2), (f"{stem}l", 1))
        found.update({name: Register(f"r{stem}", size) for name, size in names})
    for number in range(8, 16):
        whole = f"r{number}"
        found.update({whole + end: Register(whole, size) for end, size in (("", 8), ("d", 4), ("w", 2), ("b", 1))})
    found.update({f"xmm{n}": Register(f"xmm{n}", 16) for n in range(32)})
    found.update({f"ymm{n}": Register(f"xmm{n}", 32) for n in range(32)})
    return found


REGISTERS = _registers()


@lru_cache(4096)
def read_operands(text: str) -> tuple[Operand, ...]:
    """Return the operands; one that is not understood is a register of which nothing is known."""
    return tuple(
        REGISTERS.get(part) or _memory(part) or _immediate(part) or Register(part, 8)
        for part in (text.split(", ") if text else ())
    )


def _immediate(text: str) -> Immediate | None:
    """Read a number."""
    try:
        return Immediate(int(text, 0))
    except ValueError:
        return None


def _memory(text: str) -> Memory | None:
    """Read `dword ptr fs:[rax + rcx*4 - 0x10]`."""
    match = _MEMORY.fullmatch(text)
    if match is None:
        return None
    base = index = ""
    scale, displacement = 1, 0
    for sign, term, times in _TERM.findall(match[3]):
        number = _immediate(term)
        if number is not None:
            displacement = -number.number if sign == "-" else number.number
        elif base or times:
            index, scale = term, int(times or 1)
        else:
            base = term
    return Memory(_SIZES.get(match[1] or "", 0), match[2] or "", base, index, scale, displacement)
