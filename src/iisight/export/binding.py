"""A Sigma document bound to the events that record its log source, in the names these events use.

It is done with iisight's own tables and before any back end sees the rule, so that a query asks for the channels, event
ids and fields that `iisight hunt` asks for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from iisight.export.made import CannotSayError
from iisight.sigma.documents import Document
from iisight.sigma.rule import ANY_ONE, ANY_RUN, Binding, Pattern, Source
from iisight.sigma.sources import bindings_of
from iisight.sigma.tables import DERIVED, native_names, translations

OURS = "_iisight_source"  # `them` in a condition leaves out names that begin with `_`
MAX_DEPTH = 8  # of lists and maps in a detection
LOG_SOURCE, DETECTION, CONDITION = "logsource", "detection", "condition"

_WILDCARDS = {ANY_RUN: "*", ANY_ONE: "?"}
_TRUTHS = {"true": True, "false": False}
_NOT_TEXTS = frozenset({"exists", "lt", "lte", "gt", "gte"})  # modifiers whose value is none of the field's


@dataclass(frozen=True, slots=True)
class Place:
    """Events of some channels that record a log source alike."""

    channels: tuple[str, ...]
    binding: Binding  # with the first of the channels


@dataclass(frozen=True, slots=True)
class Names:
    """How a dialect calls what is not the event's own data, and how it writes values."""

    channel: str = "Channel"
    channel_value: str = "{}"  # Sigma value, where the channel goes into the braces
    event_id: str = "EventID"
    provider: str = "Provider_Name"
    keeps: frozenset[str] = frozenset()  # mappings whose Sigma names the dialect has itself
    lacks: Mapping[str, str] = field(default_factory=dict)  # fields in lower case, and why none can ask for them
    switches: frozenset[str] = frozenset()  # fields in lower case that are true or false
    texts_only: bool = False  # every value but the event id is a text, and one that is missing an empty text


def places_of(document: Document) -> list[Place]:
    """Return where a document's log source is recorded. Raises CannotSayError where no event log does."""
    written = document.get(LOG_SOURCE)
    if not isinstance(written, Mapping):
        raise CannotSayError("it has no log source")
    product, category, service = (str(written.get(key) or "") for key in ("product", "category", "service"))
    found = bindings_of(Source(product, category, service))
    if isinstance(found, str):
        raise CannotSayError(found)
    if not any(binding.channel for binding in found):
        raise CannotSayError("no channel is known for its log source")
    alike: dict[tuple[object, ...], list[Binding]] = {}
    for binding in found:
        alike.setdefault((binding.ids, binding.where, binding.mapping), []).append(binding)
    return [Place(tuple(each.channel for each in group), group[0]) for group in alike.values()]


def bound(document: Document, place: Place, names: Names) -> Document:
    """Return the document with the place in its condition. Raises CannotSayError for what the place has no name for."""
    detection = document.get(DETECTION)
    if not isinstance(detection, Mapping) or CONDITION not in detection:
        raise CannotSayError("it has no detection with a condition")
    writing = _Writing(names, "" if place.binding.mapping in names.keeps else place.binding.mapping)
    items = {str(name): writing.renamed(value) for name, value in detection.items() if name != CONDITION}
    conditions = detection[CONDITION] if isinstance(detection[CONDITION], list) else [detection[CONDITION]]
    items[OURS] = dict(_source_of(place, names))
    items[CONDITION] = [f"({condition}) and {OURS}" for condition in conditions]
    return {"title": OURS, LOG_SOURCE: document[LOG_SOURCE], DETECTION: items}  # what a rule tells of itself stays out


def _source_of(place: Place, names: Names) -> Iterator[tuple[str, Any]]:
    yield names.channel, [names.channel_value.format(_literal(channel)) for channel in place.channels]
    if place.binding.ids:
        yield names.event_id, list(place.binding.ids)
    for test in place.binding.where:
        yield test.field, _pattern(test.pattern)


def _pattern(pattern: Pattern) -> str:
    return "".join(_WILDCARDS[part] if isinstance(part, int) else _literal(part) for part in pattern)


def _literal(text: str) -> str:
    return text.replace("*", r"\*").replace("?", r"\?")


class _Writing:
    """Writes detections anew, in the names of a mapping and a dialect."""

    def __init__(self, names: Names, mapping: str) -> None:
        self._names, self._mapping = names, mapping
        self._native, self._otherwise = native_names(mapping), translations(mapping)
        self._own = {"eventid": names.event_id, "channel": names.channel, "provider_name": names.provider}

    def renamed(self, value: object, name: str = "", depth: int = 0) -> Any:
        """Return what stands below a name of a detection."""
        if depth > MAX_DEPTH:
            raise CannotSayError("its detection is nested too deep")
        if isinstance(value, list):
            return [self.renamed(each, name, depth + 1) for each in value]
        if not isinstance(value, Mapping):
            return self._value(value, name) if name else value
        found: dict[str, Any] = {}
        for key, inner in value.items():
            sigma, sign, modifiers = str(key).partition("|")
            native = self._name(sigma)
            if f"{native}{sign}{modifiers}" in found:
                raise CannotSayError(f"two of its fields are {native} here")
            kept = _NOT_TEXTS & set(modifiers.lower().split("|"))
            found[f"{native}{sign}{modifiers}"] = inner if kept else self.renamed(inner, sigma, depth + 1)
        return found

    def _name(self, sigma: str) -> str:
        lower = sigma.lower()
        if lower in self._names.lacks:
            raise CannotSayError(f"{sigma} {self._names.lacks[lower]}")
        native = self._own.get(lower) or self._native.get(lower, sigma)
        if DERIVED in native:
            raise CannotSayError(f"{sigma} is put together of several fields in {self._mapping}")
        if lower in self._otherwise:
            raise CannotSayError(f"{sigma} is written otherwise in {self._mapping}")
        return native

    def _value(self, value: object, sigma: str) -> object:
        lower = sigma.lower()
        if lower in self._names.switches and isinstance(value, str):
            return _TRUTHS.get(value.lower(), value)
        if not self._names.texts_only or lower == "eventid":
            return value
        if value is None:
            return ""
        return value if isinstance(value, str) else str(value).lower()
