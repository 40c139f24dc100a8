"""What the text of a field is compared as."""

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeVar

from iisight.sigma.rule import ANY_ONE, ANY_RUN, Comparison, Part, Pattern

MAX_NUMBER = 64  # characters of a number
MAX_ADDRESS = 64
MAX_REGEX_MEMORY = 8 << 20  # bytes RE2 may use for one expression

_NUMBER = re.compile(r"[+-]?(?:0x[0-9a-f]+|\d+)", re.IGNORECASE | re.ASCII)
_FLOAT = re.compile(r"[+-]?\d+\.\d+(?:e[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)
_TIME = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)\d{0,3}(Z|[+-]\d\d:\d\d)?")

Test = Callable[[str], bool]
_T = TypeVar("_T")

COMPARE: dict[Comparison, Callable[[float, float], bool]] = {
    Comparison.EQ: operator.eq,
    Comparison.NEQ: operator.ne,
    Comparison.LT: operator.lt,
    Comparison.LTE: operator.le,
    Comparison.GT: operator.gt,
    Comparison.GTE: operator.ge,
}


def as_number(text: str) -> int | float | None:
    """Return a number written in decimal or as `0x…`."""
    if len(text) > MAX_NUMBER:
        return None
    if _NUMBER.fullmatch(text):
        return int(text, 16 if "x" in text.lower() else 10)
    return float(text) if _FLOAT.fullmatch(text) else None


def as_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return an IP address; one of IPv4 written as one of IPv6 is that of IPv4."""
    if len(text) > MAX_ADDRESS:
        return None
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def as_time(text: str) -> datetime | None:
    """Return a time in ISO 8601, as UTC unless it says otherwise."""
    found = _TIME.match(text.upper())
    if not found:
        return None
    try:
        time = datetime.fromisoformat(found[1] + ("+00:00" if found[2] in {None, "Z"} else found[2]))
        return time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def time_part(time: datetime, part: Part) -> int:
    """Return a part of a time."""
    if part is Part.WEEK:
        return time.isocalendar().week
    value: int = getattr(time, part.value)
    return value


def expression_of(expression: str) -> Test:
    """Return what searches for an expression in linear time. Raises ValueError for what RE2 does not take."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_REGEX_MEMORY
    try:
        compiled: re2._Regexp = re2.compile(expression, options)
    except re2.error as error:
        raise ValueError(f"regular expression: {error}") from error

    def search(text: str) -> bool:
        return compiled.search(text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")) is not None

    return search


def pattern_test(pattern: Pattern) -> Test:
    """Return the test of a pattern, in time linear in the text for each of its pieces."""
    simple = _simple(pattern)
    if simple:
        return simple
    pieces = _pieces(pattern)
    first, *rest = pieces
    if not rest:
        return lambda text: first.fullmatch(text) is not None
    return _glob(first, rest[:-1], rest[-1], sum(len(part) if isinstance(part, str) else 1 for part in _tail(pattern)))


def patterns_test(patterns: Sequence[Pattern]) -> Test:
    """Return the test of one of several patterns; those of a kind are asked together."""
    whole: set[str] = set()
    starts: list[str] = []
    ends: list[str] = []
    within: list[str] = []
    tests: list[Test] = []
    for pattern in patterns:
        match pattern:
            case (str(text),):
                whole.add(text)
            case (str(text), 0):
                starts.append(text)
            case (0, str(text)):
                ends.append(text)
            case (0, str(text), 0):
                within.append(text)
            case _:
                tests.append(pattern_test(pattern))
    return any_test([*_together(whole, tuple(starts), tuple(ends)), *_all_within(within), *tests])


def any_test(tests: list[Callable[[_T], bool]]) -> Callable[[_T], bool]:
    """Return the test that one of several is met."""
    if len(tests) == 1:
        return tests[0]

    def test(value: _T) -> bool:
        for each in tests:  # noqa: SIM110  # a generator costs twice as much
            if each(value):
                return True
        return False

    return test


def _together(whole: set[str], starts: tuple[str, ...], ends: tuple[str, ...]) -> Iterator[Test]:
    if whole:
        yield frozenset(whole).__contains__
    if starts:
        yield lambda text: text.startswith(starts)
    if ends:
        yield lambda text: text.endswith(ends)


def _all_within(texts: list[str]) -> Iterator[Test]:
    """Yield tests of texts that may stand anywhere; what is not ASCII is not sought where all is."""
    plain, exotic = [t for t in texts if t.isascii()], [t for t in texts if not t.isascii()]
    if plain:
        yield _contains(plain)
    if exotic:
        found = _contains(exotic)
        yield lambda text: not text.isascii() and found(text)


def _contains(texts: list[str]) -> Test:
    def test(text: str) -> bool:
        for each in texts:  # noqa: SIM110  # a generator costs twice as much
            if each in text:
                return True
        return False

    return test


def _simple(pattern: Pattern) -> Test | None:
    match pattern:
        case ():
            return lambda text: not text
        case (str(whole),):
            return whole.__eq__
        case (0,):
            return lambda _: True
        case (str(start), 0):
            return lambda text: text.startswith(start)
        case (0, str(end)):
            return lambda text: text.endswith(end)
        case (0, str(within), 0):
            return lambda text: within in text
    return None


def _pieces(pattern: Pattern) -> list[re.Pattern[str]]:
    """Return what stands between the `*` of a pattern, as expressions of a fixed length."""
    texts = [""]
    for part in pattern:
        if part == ANY_RUN:
            texts.append("")
        else:
            texts[-1] += "." if part == ANY_ONE else re.escape(str(part))
    return [re.compile(text, re.DOTALL) for text in texts]


def _tail(pattern: Pattern) -> Pattern:
    """Return what stands after the last `*`."""
    last = len(pattern) - 1 - pattern[::-1].index(ANY_RUN)
    return pattern[last + 1 :]


def _glob(first: re.Pattern[str], middle: list[re.Pattern[str]], last: re.Pattern[str], length: int) -> Test:
    """Return a test that takes each piece at its first place, which is enough: the pieces have fixed lengths."""

    def test(text: str) -> bool:
        found = first.match(text)
        for piece in middle:
            if not found:
                return False
            found = piece.search(text, found.end())
        start = len(text) - length
        return found is not None and start >= found.end() and last.fullmatch(text, start) is not None

    return test
