"""An applicationHost.config with the sites and locations blanked out that are not asked about: line and column stay.

A server has thousands of sites, and a change concerns one of them. What is left has the same places, parses in a
fraction of the time and says the same of the sites that are kept.
"""

import html
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from iisight.evidence import paths

MAX_BLOCKS = 200_000  # a server of 2,000 sites has 14,000; of more than that nothing is blanked out
_ATTRIBUTES = rb"""(?:[^"'<>]++|"[^"<]*+"|'[^'<]*+')*+"""  # never tried another way: hostile files are large
_TOKEN = re.compile(
    rb"<!--|-->|<!\[CDATA\[|\]\]>|<!DOCTYPE|<\?(?!xml\s)"
    rb"|</?(?:sites|applicationPools|site|location|add)(?=[\s/>])" + _ATTRIBUTES + rb">"
)
"""What matters of the file. None has a `<` but its first, so that what stands between two `<` decides on itself."""

_VALUES = {
    b"site": re.compile(rb"""\sname\s*=\s*(?:"([^"]*)"|'([^']*)')"""),
    b"location": re.compile(rb"""\spath\s*=\s*(?:"([^"]*)"|'([^']*)')"""),
    b"add": re.compile(rb"""\sname\s*=\s*(?:"([^"]*)"|'([^']*)')"""),
}
_HOLDERS = {b"site": b"sites", b"add": b"applicationPools", b"location": b""}
_KIND = re.compile(rb"<(/?)(\w+)")
_UNICODE = (b"\xff\xfe", b"\xfe\xff")
_SPACES = bytes(byte if byte in b"\r\n" else 0x20 for byte in range(256))
_CONTINUED = bytes(range(0x80, 0xC0))  # further bytes of one character of UTF-8, which is one column
_TURNING = (b"<!", b"-->", b"]]>", b"<?", b"sites", b"applicationPools")
"""What changes what the text behind it is."""


@dataclass(frozen=True, slots=True)
class Block:
    """One site, location or pool of the file."""

    kind: bytes  # `site`, `location`, `add`
    site: str  # folded name of the site; of the pool for `add`; empty for a location of the server
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found of a file, in columns: a server of 2,000 sites has 14,000 blocks, and all move with each edit."""

    keys: list[tuple[bytes, str]] = field(default_factory=list)  # kind and name of each block
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    turns: tuple[tuple[int, bytes], ...] = ()  # where a collection begins, and where one ends: `b""`

    def block(self, index: int) -> Block:
        """Return a block by its number."""
        return Block(*self.keys[index], self.starts[index], self.ends[index])

    def with_piece(self, first: int, last: int, piece: "_Known", end: int, shift: int) -> "_Known":
        """Return it with other blocks in place of some that end at `end`, and with all behind them moved."""
        turns = ((place + shift if place >= end else place, holder) for place, holder in self.turns)
        keys = self.keys
        if keys[first:last] != piece.keys:
            keys = [*keys[:first], *piece.keys, *keys[last:]]
        return _Known(
            keys,
            [*self.starts[:first], *piece.starts, *(place + shift for place in self.starts[last:])],
            [*self.ends[:first], *piece.ends, *(place + shift for place in self.ends[last:])],
            tuple(turns),
        )


class Blocks:
    """Where the sites, locations and pools of an applicationHost.config stand; none when its form is unusual."""

    def __init__(self, data: bytes, known: "_Known | None" = None) -> None:
        """Find them, unless they are known."""
        self.data = data
        self._known = known or _found(data, 0, len(data), b"") or _Known()

    @property
    def found(self) -> tuple[Block, ...]:
        """All of them, in order."""
        return tuple(map(self._known.block, range(len(self._known.keys))))

    @property
    def is_empty(self) -> bool:
        """Tell whether none was found."""
        return not self._known.keys

    def moved(self, data: bytes) -> "Blocks":
        """Return the blocks of a later state of the file; only what differs is looked at where that is enough."""
        (start, end), _ = difference(self.data, data)
        start, end = self.data.rfind(b"<", 0, start), self.data.find(b"<", end)
        if self.is_empty or start < 0 or end < 0 or self._is_passed_over(start):
            return Blocks(data)
        known = self._known
        touched = self._touching(start, end)
        if touched:
            start, end = min(start, known.starts[touched[0]]), max(end, known.ends[touched[-1]])
        shift = len(data) - len(self.data)
        pieces = self.data[start:end], data[start : end + shift]
        if any(odd in piece for odd in _TURNING for piece in pieces):
            return Blocks(data)
        between = _found(data, start, end + shift, self._holder(start))
        if between is None:
            return Blocks(data)
        first, last = bisect_left(known.starts, start), bisect_left(known.starts, end)
        moved = Blocks(data, known.with_piece(first, last, between, end, shift))
        if moved._known.keys is known.keys and "_index" in self.__dict__:
            moved._index = self._index
        return moved

    def _is_passed_over(self, position: int) -> bool:
        """Tell whether a place of the file may be in a comment or in CDATA, or behind what is never closed."""
        marks = ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>"))
        return any(self.data.rfind(begin, 0, position) > self.data.rfind(end, 0, position) for begin, end in marks)

    def _holder(self, position: int) -> bytes:
        """Return the collection that a place of the file is in."""
        index = bisect_right(self._known.turns, position, key=lambda turn: turn[0])
        return self._known.turns[index - 1][1] if index else b""

    def touching(self, start: int, end: int) -> Iterator[Block]:
        """Yield the blocks that have bytes of a span."""
        return map(self._known.block, self._touching(start, end))

    def _touching(self, start: int, end: int) -> range:
        """Return the numbers of the blocks that have bytes of a span; blocks never overlap."""
        starts, ends = self._known.starts, self._known.ends
        first = max(bisect_right(starts, start) - 1, 0)
        if first < len(ends) and not (ends[first] > start or ends[first] == start == end):
            first += 1
        last = bisect_left(starts, end)
        if start == end and last < len(starts) and starts[last] == start:
            last += 1
        return range(first, max(first, last))

    def of(self, kind: bytes, name: str) -> list[Block]:
        """Return the blocks of a kind that are of a site, or the pool of a name; `""`: of none."""
        return list(map(self._known.block, self._index.get((kind, name), ())))

    def excerpt(self, wanted: Iterable[tuple[bytes, str]]) -> bytes:
        """Return the file with all other blocks turned into empty lines; those wanted are given by kind and name."""
        kept = sorted(index for key in set(wanted) for index in self._index.get(key, ()))
        parts: list[bytes] = []
        first, position = 0, 0
        for index in (*kept, len(self._known.keys)):
            for start, end in self._runs(first, index):
                parts += (self.data[position:start], _blank(self.data[start:end]))
                position = end
            first = index + 1
        return b"".join((*parts, self.data[position:]))

    @cached_property
    def _index(self) -> dict[tuple[bytes, str], list[int]]:
        index: dict[tuple[bytes, str], list[int]] = defaultdict(list)
        for number, key in enumerate(self._known.keys):
            index[key].append(number)
        return index

    @cached_property
    def _breaks(self) -> list[int]:
        """Return the numbers of the blocks that more than white space stands before."""
        gaps = zip((0, *self._known.ends), self._known.starts, strict=False)
        return [i for i, (end, start) in enumerate(gaps) if not self.data[end:start].isspace()]

    def _runs(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Yield the spans of blocks from one number to another, those as one that only white space parts."""
        breaks = self._breaks[bisect_right(self._breaks, first) : bisect_left(self._breaks, last)]
        for start, end in pairwise((first, *breaks, last)):
            if start < end:
                yield self._known.starts[start], self._known.ends[end - 1]


def _blank(text: bytes) -> bytes:
    """Return as many empty lines, and on the last of them what stood there as spaces."""
    if b"\r" in text and b"\r" in text.replace(b"\r\n", b""):  # the line ends of another age
        return text.translate(_SPACES, _CONTINUED)
    return b"\n" * text.count(b"\n") + text[text.rfind(b"\n") + 1 :].translate(_SPACES, _CONTINUED)


def difference(old: bytes, new: bytes) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the spans of both files in which they differ: before and after them they are the same."""
    limit = min(len(old), len(new))
    start = _common(limit, lambda low, high: old[low:high] == new[low:high])
    a, b = len(old), len(new)
    end = _common(limit - start, lambda low, high: old[a - high : a - low] == new[b - high : b - low])
    return (start, a - end), (start, b - end)


def differing(old: Blocks, new: Blocks) -> tuple[tuple[Block, ...], bool]:
    """Return the blocks that differ between two states of a file, and whether anything beside them does."""
    spans = difference(old.data, new.data)
    counted: Counter[tuple[bytes, str, bytes]] = Counter()
    rests: list[bytes] = []
    held: dict[tuple[bytes, str, bytes], Block] = {}
    for blocks, (start, end), sign in zip((old, new), spans, (1, -1), strict=True):
        rest, position = [], start
        for block in blocks.touching(start, end):
            key = block.kind, block.site, blocks.data[block.start : block.end]
            counted[key] += sign
            held[key] = block
            rest.append(blocks.data[position : max(block.start, position)])
            position = max(position, block.end)
        rests.append(b"".join((*rest, blocks.data[position:end])))
    found = tuple(held[key] for key, count in counted.items() if count)
    return found, b"".join(rests[0].split()) != b"".join(rests[1].split())


def _common(most: int, is_same: Callable[[int, int], bool]) -> int:
    """Return how many of at most so many bytes two texts share from an end on."""
    low, high = 0, most
    if is_same(0, high):
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if is_same(low, middle):
            low = middle
        else:
            high = middle
    return low


def _found(data: bytes, start: int, end: int, holder: bytes) -> _Known | None:
    """Return the blocks of a span in order; None when something is odd, so that nothing is blanked out."""
    if data.startswith(_UNICODE) or b"\0" in data[:64]:
        return None
    finder = _Finder(holder)
    if all(finder.take(token) for token in _TOKEN.finditer(data, start, end)) and finder.is_done:
        return finder.known
    return None


class _Finder:
    """Goes through the tags of the file; comments and CDATA are passed over."""

    def __init__(self, holder: bytes) -> None:
        self._keys: list[tuple[bytes, str]] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._turns: list[tuple[int, bytes]] = []
        self._holder = holder  # collection it is in
        self._closing = b""  # what ends the comment it is in
        self._open: tuple[bytes, str, int] | None = None  # kind, site and start of the block it is in

    @property
    def is_done(self) -> bool:
        """Tell whether everything that began has ended."""
        return self._open is None and not self._closing

    @property
    def known(self) -> _Known:
        """What was found so far."""
        return _Known(self._keys, self._starts, self._ends, tuple(self._turns))

    def take(self, token: "re.Match[bytes]") -> bool:
        """Go on behind a tag; False when the file is not formed as such files are."""
        text = token[0]
        if len(self._keys) > MAX_BLOCKS:
            return False
        if self._closing:
            self._closing = b"" if text == self._closing else self._closing
        elif text in (b"<!--", b"<![CDATA["):
            self._closing = b"-->" if text == b"<!--" else b"]]>"
        elif not text.endswith(b">") or text in (b"-->", b"]]>"):
            return False
        else:
            named = _KIND.match(text)
            is_end, kind = (b"", b"") if named is None else named.groups()
            if kind not in _HOLDERS:
                self._turn(token.start(), b"" if is_end or text.endswith(b"/>") else kind)
            else:
                return self._block(token, kind, is_end=bool(is_end))
        return True

    def _turn(self, place: int, holder: bytes) -> None:
        """Go on in another collection, unless that stands in a block."""
        if self._open is None:
            self._holder = holder
            self._turns.append((place, holder))

    def _block(self, token: "re.Match[bytes]", kind: bytes, *, is_end: bool) -> bool:
        text = token[0]
        if self._open is not None:
            if kind != self._open[0]:
                return True
            if not is_end:
                return kind == b"add" and text.endswith(b"/>")
            self._keep(kind, self._open[1], self._open[2], token.end())
            self._open = None
        elif not is_end and self._holder == _HOLDERS[kind]:
            if text.endswith(b"/>"):
                self._keep(kind, _name(kind, text), token.start(), token.end())
            else:
                self._open = kind, _name(kind, text), token.start()
        return True

    def _keep(self, kind: bytes, name: str, start: int, end: int) -> None:
        self._keys.append((kind, name))
        self._starts.append(start)
        self._ends.append(end)


def _name(kind: bytes, text: bytes) -> str:
    found = _VALUES[kind].search(text)
    if found is None:
        return ""
    value = html.unescape((found[1] or found[2] or b"").decode("utf-8", "replace"))
    if kind == b"location":
        value = value.replace("\\", "/").strip("/").partition("/")[0]
        value = "" if value == "." else value
    return paths.lower(value)
