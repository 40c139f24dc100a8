"""Instructions, disassembled where they are asked for and kept. The only file that knows the disassembler."""

from functools import cache
from typing import Any, NamedTuple

from iisight.examine.native.operands import Operand, read_operands
from iisight.examine.native.space import Space

_WINDOW = 96  # bytes disassembled at a time
_ENDS = frozenset({"ret", "retf", "jmp", "int3", "ud2", "hlt"})


class Step(NamedTuple):
    """One instruction."""

    address: int
    end: int  # address behind it
    name: str
    prefix: str  # `rep` and the like
    operands: tuple[Operand, ...]


@cache
def _engine(word: int) -> Any:
    """Return the disassembler for a word size."""
    import capstone

    return capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64 if word == 8 else capstone.CS_MODE_32)


class Code:
    """The instructions of an image."""

    def __init__(self, space: Space) -> None:
        """Disassemble nothing yet."""
        self._space = space
        self._steps: dict[int, Step] = {}

    def step(self, address: int) -> Step | None:
        """Return the instruction at an address; None where there is none."""
        if address not in self._steps:
            self._read(address)
        return self._steps.get(address)

    def _read(self, address: int) -> None:
        """Disassemble on from an address to the next that always goes elsewhere."""
        raw = self._space.code(address, _WINDOW)
        for place, size, name, text in _engine(self._space.word).disasm_lite(raw, address):
            prefix, _, plain = name.rpartition(" ")
            for word in ("notrack", "bnd"):
                prefix = prefix.replace(word, "").strip()
            self._steps.setdefault(place, Step(place, place + size, plain, prefix, read_operands(text)))
            if plain in _ENDS:
                break
