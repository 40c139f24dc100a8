"""DER, read within bounds: elements with their place, and the few primitive types that signatures are made of."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from iisight.model.errors import ParseError
from iisight.model.locator import Locator

MAX_DEPTH = 24  # elements inside elements; signatures stay below 16
MAX_CHILDREN = 4096  # of one element, where no other bound is given
MAX_OID = 64  # bytes
MAX_INTEGER = 2048  # bytes: moduli have at most 2,048

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31


class IndefiniteLengthError(ParseError):
    """BER that only a streaming writer makes: neither Windows' signing tools nor this reader do."""


class Element(NamedTuple):
    """One TLV of a buffer."""

    data: bytes  # the whole buffer
    tag: int
    start: int  # of the tag
    inside: int  # of the value
    end: int
    depth: int

    @property
    def raw(self) -> bytes:
        """Return tag, length and value."""
        return self.data[self.start : self.end]

    @property
    def value(self) -> bytes:
        """Return the value."""
        return self.data[self.inside : self.end]

    def walk(self) -> Iterator["Element"]:
        """Yield the elements inside, as they lie."""
        place = self.inside
        while place < self.end:
            child = read(self.data, place, self.end, self.depth + 1)
            yield child
            place = child.end

    def children(self, limit: int = MAX_CHILDREN) -> list["Element"]:
        """Return the elements inside, at most `limit`; more are an error."""
        found: list[Element] = []
        for child in self.walk():
            if len(found) == limit:
                raise error(f"expected at most {limit} elements", child.start)
            found.append(child)
        return found

    def first(self, count: int) -> list["Element"]:
        """Return at most `count` elements inside; there may be more."""
        return list(islice(self.walk(), count))

    def expect(self, tag: int, what: str) -> "Element":
        """Return the element itself when it has this tag."""
        if self.tag != tag:
            raise error(f"expected {what} (tag {tag:#04x}), found tag {self.tag:#04x}", self.start)
        return self

    def only(self, tag: int, what: str) -> "Element":
        """Return the one element inside."""
        found = self.children(2)
        if len(found) != 1:
            raise error(f"expected one element, {what}, found {len(found)}", self.start)
        return found[0].expect(tag, what)


class Fields:
    """The elements of a SEQUENCE, taken in order."""

    def __init__(self, sequence: Element, limit: int = 32) -> None:
        """Read the elements of `sequence`."""
        self._end = sequence.end
        self._rest = sequence.children(limit)
        self._rest.reverse()

    def take(self, tag: int, what: str) -> Element:
        """Return the next element, which must have this tag."""
        if not self._rest:
            raise error(f"expected {what}, found the end", self._end)
        return self._rest.pop().expect(tag, what)

    def any(self, what: str) -> Element:
        """Return the next element, whatever it is."""
        if not self._rest:
            raise error(f"expected {what}, found the end", self._end)
        return self._rest.pop()

    def maybe(self, *tags: int) -> Element | None:
        """Return the next element when it has one of these tags."""
        return self._rest.pop() if self._rest and self._rest[-1].tag in tags else None


def error(message: str, offset: int) -> ParseError:
    """Return the error for a place in the buffer; who knows the file adds its path."""
    return ParseError(message, Locator("", offset=offset))


def read(data: bytes, start: int, end: int, depth: int = 0) -> Element:
    """Return the element at `start`, which must end by `end`."""
    if depth > MAX_DEPTH:
        raise error(f"elements lie deeper than {MAX_DEPTH}", start)
    if start + 2 > end:
        raise error("expected an element, found the end", start)
    tag, length, inside = data[start], data[start + 1], start + 2
    if tag & 0x1F == 0x1F:
        raise error("expected a tag of one byte", start)
    if length == 0x80:
        raise IndefiniteLengthError("an element has no stated length", Locator("", offset=start))
    if length > 0x80:
        inside += length & 0x7F
        if length > 0x84 or inside > end:
            raise error("expected a length of at most four bytes", start + 1)
        length = int.from_bytes(data[start + 2 : inside], "big")
    if inside + length > end:
        raise error(f"an element of {length} bytes runs past its end", start)
    return Element(data, tag, start, inside, inside + length, depth)


def root(data: bytes) -> Element:
    """Return the element a buffer starts with; what follows it is the caller's to judge."""
    return read(data, 0, len(data))


def integer(element: Element) -> int:
    """Return an INTEGER, with its sign."""
    element.expect(INTEGER, "a number")
    if not 0 < element.end - element.inside <= MAX_INTEGER:
        raise error(f"expected a number of 1 to {MAX_INTEGER} bytes", element.start)
    return int.from_bytes(element.value, "big", signed=True)


def oid(element: Element) -> str:
    """Return an OBJECT IDENTIFIER, dotted."""
    element.expect(OID, "an object identifier")
    text = _dotted(element.value) if element.end - element.inside <= MAX_OID else ""
    if not text:
        raise error("expected an object identifier", element.start)
    return text


def bits(element: Element) -> bytes:
    """Return a BIT STRING; the bits that fill its last byte are dropped by nobody."""
    element.expect(BIT_STRING, "a bit string")
    if element.inside == element.end or element.data[element.inside] > 7:
        raise error("expected a bit string with a count of unused bits", element.start)
    return element.data[element.inside + 1 : element.end]


def boolean(element: Element) -> bool:
    """Return a BOOLEAN."""
    return any(element.expect(BOOLEAN, "a truth value").value)


def time(element: Element) -> datetime:
    """Return a UTCTime or GeneralizedTime in UTC (RFC 5280, 4.1.2.5; fractions of RFC 3161 are cut)."""
    if element.tag not in (UTC_TIME, GENERALIZED_TIME):
        raise error(f"expected a time, found tag {element.tag:#04x}", element.start)
    moment = _moment(element.value, 2 if element.tag == UTC_TIME else 4)
    if moment is None:
        raise error("expected a time in UTC", element.start)
    return moment


@lru_cache(4096)
def _dotted(value: bytes) -> str:
    """Return an object identifier's text; empty when it is none."""
    if not value or value[-1] & 0x80:
        return ""
    arcs, arc = [], 0
    for byte in value:
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def _moment(value: bytes, years: int) -> datetime | None:
    """Return the time of `[YY]YYMMDDhhmm[ss[.f]]Z`, or None."""
    text = value[:-1].partition(b".")[0]
    if value[-1:] != b"Z" or len(text) not in (years + 8, years + 10) or not text.isdigit():
        return None
    year = int(text[:years])
    if years == 2:
        year += 1900 if year >= 50 else 2000
    rest = [int(text[i : i + 2]) for i in range(years, len(text), 2)]
    try:
        return datetime(year, *rest, tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        return None
