"""Sigma documents to queries, through pySigma; this file knows pySigma, and one file a dialect knows its back end.

What a rule may bring into a query is decided here, before a back end writes it: fields are plain names, values hold no
line breaks or other characters that are not seen, and what a back end would widen or quote wrongly is refused.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from iisight.export.binding import Names, bound, places_of
from iisight.export.made import CannotSayError
from iisight.export.tables import table
from iisight.model.errors import UsageError
from iisight.report.safe import escape, is_seen
from iisight.sigma.documents import Document

if TYPE_CHECKING:
    from sigma.rule import SigmaDetectionItem, SigmaRule

NEEDS_EXTRA = "this export needs the back ends of pySigma: install iisight[export], in an environment of its own"
MAX_VALUE = 8_192  # characters
MAX_VALUES = 5_000  # of a rule
MAX_REASON = 200  # characters of what pySigma says

_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


class BackEnd(Protocol):
    """A back end of pySigma."""

    def convert(self, rule_collection: Any) -> Any:
        """Return the queries."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query, and the places it could not be bound to."""

    text: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialect:
    """A language of queries."""

    name: str
    suffix: str
    back_end: Callable[[], BackEnd]  # raises ImportError where the extra is not installed
    join: Callable[[list[str], frozenset[str]], str]  # queries of one rule, and the fields they ask for
    names: Names
    keywords: bool = False  # whether a value may be sought in the whole event
    one_character: bool = False  # whether there is a wildcard for one character
    inner_wildcards: bool = True  # whether one may stand within a value
    unwritable: str = ""  # characters of texts that mean something however they are written
    words: frozenset[str] = frozenset()  # texts that mean something however they are written
    cased: bool = False  # whether case can be asked for
    compares: bool = False  # whether values compare as numbers
    exists: bool = True  # whether a field can be asked for whatever its value


@cache
def require() -> None:
    """Raise UsageError where pySigma is not installed."""
    try:
        import sigma.collection  # noqa: F401
    except ImportError as error:
        raise UsageError(NEEDS_EXTRA) from error


def query_of(document: Document, dialect: Dialect) -> Query:
    """Return a document as a query.

    Raises CannotSayError where it can be said of no place that records its log source, UsageError without the extra.
    """
    require()
    queries, left_out, fields = list[str](), list[str](), set[str]()
    for place in places_of(document):
        try:
            rule = _rule(bound(document, place, dialect.names))
            fields |= set(_checked(rule, dialect))
            queries += _converted(rule, dialect)
        except CannotSayError as error:
            left_out.append(str(error))
    if not queries:
        raise CannotSayError("; ".join(dict.fromkeys(left_out)))
    return Query(dialect.join(list(dict.fromkeys(queries)), frozenset(fields)), tuple(dict.fromkeys(left_out)))


def _rule(document: Document) -> "SigmaRule":
    from sigma.exceptions import SigmaError
    from sigma.rule import SigmaRule

    try:
        rule = SigmaRule.from_dict(document)
        for condition in rule.detection.parsed_condition:
            _ = condition.parsed  # some errors are seen here alone
    except (SigmaError, AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise CannotSayError(f"it is no Sigma rule: {_one_line(error)}") from error
    return rule


def _converted(rule: "SigmaRule", dialect: Dialect) -> list[str]:
    from sigma.collection import SigmaCollection
    from sigma.exceptions import SigmaError

    try:
        back_end = dialect.back_end()
    except ImportError as error:
        raise UsageError(NEEDS_EXTRA) from error
    try:
        return [str(query) for query in back_end.convert(SigmaCollection([rule]))]
    except (SigmaError, NotImplementedError, TypeError, ValueError, RecursionError) as error:
        raise CannotSayError(_one_line(error)) from error


def _one_line(error: Exception) -> str:
    return escape(" ".join(str(error).split()))[:MAX_REASON]


def _checked(rule: "SigmaRule", dialect: Dialect) -> Iterator[str]:
    """Yield the fields of a rule; raise CannotSayError for what may not come into a query of a dialect."""
    count = 0
    for detection in rule.detection.detections.values():
        for item in _items(detection):
            if item.field is None:
                _allow(dialect.keywords, "a value that is sought in the whole event")
            else:
                _check_field(item.field, dialect)
                yield item.field
            for value in item.value:
                count += 1
                _check_value(value, dialect, item.field or "")
    if count > MAX_VALUES:
        raise CannotSayError(f"it has more than {MAX_VALUES:,} values")


def _check_field(field: str, dialect: Dialect) -> None:
    if not _FIELD.fullmatch(field):
        raise CannotSayError("a field has other characters than letters, digits and _")
    if any(field.lower() in row["words"].split() for row in table("reserved") if row["dialect"] == dialect.name):
        raise CannotSayError(f"a field is called {field.lower()}, a word of the dialect")


def _items(detection: Any) -> Iterator["SigmaDetectionItem"]:
    for item in detection.detection_items:
        if hasattr(item, "detection_items"):
            yield from _items(item)
        else:
            yield item


def _check_value(value: Any, dialect: Dialect, field: str) -> None:
    from sigma import types as t

    if isinstance(value, t.SigmaExpansion):
        for each in value.values:
            _check_value(each, dialect, field)
    elif isinstance(value, t.SigmaString):
        _allow(dialect.cased or not isinstance(value, t.SigmaCasedString), "a value whose case counts")
        _check_text(value, dialect)
    elif isinstance(value, t.SigmaNumber):
        _allow(not dialect.names.texts_only or field == dialect.names.event_id, "a number, where texts are compared")
    elif isinstance(value, t.SigmaCompareExpression):
        _allow(dialect.compares, "numbers that are compared by their size")
    elif isinstance(value, t.SigmaNull | t.SigmaExists):
        _allow(dialect.exists, "a field that is there or not")
    elif not isinstance(value, t.SigmaBool):
        raise CannotSayError(f"values of the type {type(value).__name__} are not exported")


def _check_text(value: Any, dialect: Dialect) -> None:
    from sigma.types import SpecialChars

    if len(str(value)) > MAX_VALUE:
        raise CannotSayError(f"a value is longer than {MAX_VALUE:,} characters")
    last = len(value.s) - 1
    for position, part in enumerate(value.s):
        if isinstance(part, str):
            if not all(map(is_seen, part)):
                raise CannotSayError("a value has a line break or another character that is not seen")
            _allow(not set(dialect.unwritable) & set(part), f"a text with one of {' '.join(dialect.unwritable)} in it")
            _allow(part not in dialect.words or last > 0, f"the text {part[:8]}")
        elif not isinstance(part, SpecialChars):
            raise CannotSayError("a placeholder has no value here")
        else:
            _allow(dialect.one_character or part is not SpecialChars.WILDCARD_SINGLE, "a wildcard for one character")
            _allow(dialect.inner_wildcards or position in (0, last), "a wildcard within a value")


def _allow(allowed: bool, what: str) -> None:
    if not allowed:
        raise CannotSayError(f"this dialect has no words for {what}")
