"""One pass of expat over text: elements with their places, or where and why it stopped."""

import re
from array import array
from dataclasses import dataclass, field
from xml.parsers import expat

from iisight.model.config import Element
from iisight.parsers.xml.edits import Edits

MAX_DEPTH = 256
MAX_ELEMENTS = 400_000
_BLOCK = 512  # characters that are searched for one place
_UNDERSCORES = re.compile(r"</(_+)")


class OutOfBoundsError(Exception):
    """The file nests deeper, or holds more elements, than any configuration does."""


@dataclass(slots=True)
class Opened:
    """An element whose end tag has not come yet."""

    name: str
    attributes: dict[str, str]
    offset: int  # in the original text
    children: list[Element] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Stop:
    """Where expat stopped: its error code, the offset in the edited text, and what was open."""

    code: int
    offset: int
    opened: tuple[Opened, ...]


class Places:
    """Lines and columns of offsets, both from 1."""

    def __init__(self, text: str) -> None:
        """Index the text by blocks: a list of its lines may take a hundred times its size."""
        self._text = text
        self._lines = array("L", [1])  # at the start of each block
        self._starts = array("L", [0])  # of those lines
        for start in range(0, len(text), _BLOCK):
            end = start + _BLOCK
            self._lines.append(self._lines[-1] + text.count("\n", start, end))
            self._starts.append(text.rfind("\n", start, end) + 1 or self._starts[-1])

    def of(self, offset: int) -> tuple[int, int]:
        """Return (line, column) of an offset."""
        block = min(offset // _BLOCK, len(self._lines) - 1)
        line = self._lines[block] + self._text.count("\n", block * _BLOCK, offset)
        start = self._text.rfind("\n", block * _BLOCK, offset) + 1 or self._starts[block]
        return line, offset - start + 1


class Reader:
    """Reads `edits.text` once and gives elements placed in the original text."""

    def __init__(self, edits: Edits, places: Places) -> None:
        """Prepare for one pass."""
        self._edits = edits
        self._places = places
        self._data = edits.text.encode("utf-8", "replace")
        self._is_ascii = len(self._data) == len(edits.text)
        self._at = (0, 0)  # (byte, character) of the last offset asked for
        self._wrapper = _wrapper(edits.text)
        self._stack = [Opened(self._wrapper, {}, 0)]
        self._count = 0
        self.last_offset = 0  # original offset of the last element
        self.root_end = 0  # offset in the edited text of the last root's end tag

    def read(self) -> Stop | None:
        """Read; return None when all of it was well-formed. Raises OutOfBoundsError."""
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, attributes: self._start(parser, name, attributes)
        parser.EndElementHandler = lambda _name: self._end(parser)
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(f"<{self._wrapper}>".encode(), False)
            parser.Parse(self._data, False)
            parser.Parse(f"</{self._wrapper}>".encode(), True)
        except expat.ExpatError as error:
            return Stop(error.code, self._character(parser.ErrorByteIndex), tuple(self._stack))
        finally:
            parser.StartElementHandler = parser.EndElementHandler = None  # they hold the parser, and so each other
        return None

    def root(self) -> Element:
        """Return the wrapper with what was read; elements still open are taken to end here."""
        while len(self._stack) > 1:
            self._pop()
        return self._finish(self._stack[0])

    def _start(self, parser: expat.XMLParserType, name: str, attributes: dict[str, str]) -> None:
        if self._count == 0:
            self._count = 1  # the wrapper itself
            return
        self._count += 1
        if len(self._stack) > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise OutOfBoundsError
        self.last_offset = self._edits.original(self._character(parser.CurrentByteIndex))
        self._stack.append(Opened(name, attributes, self.last_offset))

    def _text(self, data: str) -> None:
        self._stack[-1].text.append(data)

    def _end(self, parser: expat.XMLParserType) -> None:
        if len(self._stack) == 2:
            self.root_end = self._character(parser.CurrentByteIndex)
        if len(self._stack) > 1:  # else it is the wrapper's own end tag
            self._pop()

    def _pop(self) -> None:
        done = self._stack.pop()
        self._stack[-1].children.append(self._finish(done))

    def _finish(self, done: Opened) -> Element:
        line, column = self._places.of(done.offset)
        text = "".join(done.text).strip() if done.text else ""
        return Element(done.name, done.attributes, tuple(done.children), line, column, done.offset, text)

    def _character(self, byte: int) -> int:
        """Return the index of the character at a byte offset of what expat was fed; offsets come in order."""
        byte = max(0, min(byte - len(self._wrapper) - 2, len(self._data)))
        if self._is_ascii:
            return byte
        last_byte, last_character = self._at
        if byte < last_byte:
            last_byte, last_character = 0, 0
        character = last_character + len(self._data[last_byte:byte].decode("utf-8", "replace"))
        self._at = (byte, character)
        return character


def _wrapper(text: str) -> str:
    """Name the element put around the file, so that several roots are read; nothing in the text can close it."""
    return "_" * (1 + max((len(found[1]) for found in _UNDERSCORES.finditer(text)), default=0))
