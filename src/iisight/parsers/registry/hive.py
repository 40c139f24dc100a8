"""One hive: keys by path. A walk reads the keys it passes and no others; what it has read is kept."""

import struct
from dataclasses import dataclass

from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.model.registry import Key, Value, ValueType, to_path
from iisight.parsers.registry.cells import BASE, Cells, Node

MAX_DEPTH = 64  # keys of one path
MAX_NAMES = 2_000_000  # names of keys read from one hive
_LINK = "SYMBOLICLINKVALUE"


@dataclass(frozen=True, slots=True)
class Link:
    r"""A key that stands for another one, met on the way: `\REGISTRY\MACHINE\SOFTWARE\Classes\Wow6432Node`."""

    target: str
    rest: tuple[str, ...]


class Hive:
    """The keys of one hive file."""

    def __init__(self, data: bytes, locator: Locator) -> None:
        """Read the base block and the root key. Raises ParseError."""
        if not is_hive(data) or len(data) < BASE:
            raise ParseError("expected the base block of a registry hive", locator)
        self.locator = locator
        self._cells = Cells(data, locator)
        (root,) = struct.unpack_from("<I", data, 36)
        self._root = self._cells.node(root)
        self._indices: dict[int, dict[str, int]] = {}
        self._left = MAX_NAMES
        self.lost: dict[int, int] = {}  # subkeys not readable, by the key's offset

    def find(self, parts: tuple[str, ...]) -> Node | Link | None:
        """Return the key at a path below the root. Raises ParseError for lists that are not readable."""
        node = self._root
        for index, part in enumerate(parts[:MAX_DEPTH]):
            offset = self._index(node).get(part.upper())
            if offset is None and self.lost.get(node.offset):
                raise self._cells.error(f"subkeys of {node.name} cannot be read; {part} may be one", node.offset)
            if offset is None:
                return None
            node = self._cells.node(offset)
            if node.is_link:
                return Link(self._target(node), parts[index + 1 :])
        return node if len(parts) <= MAX_DEPTH else None

    def key(self, node: Node, path: str) -> Key:
        """Return a key that was found, with its values and the names of its subkeys, each once."""
        values: list[Value] = []
        lost = 0
        try:
            for offset in self._cells.values(node):
                try:
                    record = self._cells.record(offset)
                except ParseError:
                    lost += 1
                    continue
                values.append(Value(record.name, record.type, record.data, self.at(offset)))
        except ParseError:
            lost += node.values
        names = tuple(self._cells.node(offset).name for offset in self._index(node).values())
        lost += self.lost.get(node.offset, 0)
        return Key(path, node.written, self.at(node.offset), tuple(values), names, lost)

    def at(self, offset: int) -> Locator:
        """Return the place of a cell in the file."""
        return Locator(self.locator.path, offset=BASE + offset, origin=self.locator.origin)

    def spelled(self, parts: tuple[str, ...]) -> str:
        """Return a path as the hive spells it."""
        node = self._root
        names: list[str] = []
        for part in parts:
            offset = self._index(node).get(part.upper())
            if offset is None:
                return to_path((*names, *parts[len(names) :]))
            node = self._cells.node(offset)
            names.append(node.name)
        return to_path(names)

    def _index(self, node: Node) -> dict[str, int]:
        """Return the offsets of a key's subkeys by upper-case name; of two alike the first counts."""
        if node.offset in self._indices:
            return self._indices[node.offset]
        found: dict[str, int] = {}
        lost = 0
        try:
            for offset in self._cells.children(node):
                self._left -= 1
                if self._left < 0:
                    raise ParseError(f"more than {MAX_NAMES:,} keys looked at", self.locator)
                try:
                    found.setdefault(self._cells.node(offset).name.upper(), offset)
                except ParseError:
                    lost += 1
        except ParseError:
            lost += max(node.subkeys - len(found) - lost, 1)
        if lost:
            self.lost[node.offset] = lost
        self._indices[node.offset] = found
        return found

    def _target(self, node: Node) -> str:
        for value in self.key(node, "").values:
            if value.name.upper() == _LINK and isinstance(value.data, str) and value.type == ValueType.LINK:
                return value.data
        return ""


def is_hive(data: bytes) -> bool:
    """Tell whether a file is a hive, by its start."""
    return data[:4] == b"regf"
