"""What a file can do, told from its imports, calls, strings, exports and subscriptions by tables of the catalogue."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from iisight.catalogue.tables import rows
from iisight.model.binary import Image
from iisight.model.examination import Ability, Assembly, Capability, Subscription, Trace

MAX_TRACES = 16  # shown of one ability
MAX_REPEATS = 2  # places shown of one text
_BORROWED = 2  # traces shown of an ability that another one rests on
_ENTRY_POINTS = ("RegisterModule", "HttpFilterProc", "HttpExtensionProc")

_COLUMNS = {"imports": "function", "calls": "target", "strings": "text", "events": "event", "exports": "export"}

_Found = dict[str, list[Trace]]  # by part; "" holds what says it by itself
_Conjunctions = tuple[tuple[tuple[str, int], ...], ...]  # (part, how many distinct traces) of each


@dataclass(frozen=True, slots=True)
class FoundString:
    """A text of `capability_strings.csv` that was found, and its offset in the file."""

    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a row of a table says of a file that has its fact."""

    ability: Ability
    part: str
    libraries: tuple[str, ...] = ()  # imports alone; empty: any


_Index = Mapping[str, list[_Meaning]]


def profile(
    image: Image | None,
    assembly: Assembly | None,
    subscriptions: Iterable[Subscription],
    strings: Iterable[FoundString],
) -> tuple[Capability, ...]:
    """Return every ability that the traces add up to, in the order of `Ability`."""
    found: dict[Ability, _Found] = defaultdict(lambda: defaultdict(list))
    for meaning, trace in _facts(image, assembly, subscriptions, strings):
        found[meaning.ability][meaning.part].append(trace)
    known: dict[Ability, Capability] = {}
    for ability in Ability:
        traces = _conclude(found[ability], _conjunctions(ability), known)
        if traces:
            known[ability] = Capability(ability, _selected(traces))
    return tuple(known.values())


def _facts(
    image: Image | None,
    assembly: Assembly | None,
    subscriptions: Iterable[Subscription],
    strings: Iterable[FoundString],
) -> Iterator[tuple[_Meaning, Trace]]:
    if image is not None:
        for library, functions in image.imports:
            yield from _imports(library, functions)
        for name in image.exported(_ENTRY_POINTS):
            yield from _meanings("exports", name, Trace("export", name))
    if assembly is not None:
        for name in assembly.native_imports:
            library, _, function = name.partition("!")
            yield from _imports(library, (function, f"{function}A", f"{function}W"), name)
        for call in assembly.calls:
            trace = Trace("call", call.target, place=call.method)
            for key in _call_keys(call.target):
                yield from _meanings("calls", key, trace)
    for subscription in subscriptions:
        trace = Trace("subscription", subscription.event, place=subscription.method or subscription.place)
        yield from _meanings("events", subscription.event, trace)
    for string in strings:
        yield from _meanings("strings", string.text, Trace("string", string.text, string.offset))


def _imports(library: str, functions: Iterable[str], shown: str = "") -> Iterator[tuple[_Meaning, Trace]]:
    """Yield what imported functions say. The runtime of .NET tries a name with A or W added: both are tried here."""
    index, stem = _index("imports"), library.lower().removesuffix(".dll")
    for function in functions:
        for meaning in index.get(function, ()):
            if not meaning.libraries or any(fnmatchcase(stem, pattern) for pattern in meaning.libraries):
                yield meaning, Trace("import", shown or f"{library}!{function}")


def _call_keys(target: str) -> tuple[str, ...]:
    """Return how tables may name a call: with the types of its arguments, without, and as any of its type's."""
    plain = target.partition("(")[0]
    return tuple(dict.fromkeys((target, plain, plain.partition("::")[0] + "::*")))


def _meanings(table: str, key: str, trace: Trace) -> Iterator[tuple[_Meaning, Trace]]:
    return ((meaning, trace) for meaning in _index(table).get(key, ()))


def _conclude(found: _Found, conjunctions: _Conjunctions, known: Mapping[Ability, Capability]) -> list[Trace]:
    """Return the traces that an ability rests on; none when it cannot be told."""
    traces = list(found.get("", ()))
    for parts in conjunctions:
        held = [_of_part(part, found, known) for part, _ in parts]
        if all(len({t.text for t in some}) >= least for some, (_, least) in zip(held, parts, strict=True)):
            traces += [trace for some in held for trace in some]
    return traces


def _of_part(part: str, found: _Found, known: Mapping[Ability, Capability]) -> list[Trace]:
    if part not in Ability.__members__:
        return found.get(part, [])
    capability = known.get(Ability[part])
    return list(capability.traces[:_BORROWED]) if capability else []


def _selected(traces: Iterable[Trace]) -> tuple[Trace, ...]:
    """Return distinct traces in a fixed order, a text at few places only, no more than are worth showing."""
    places: dict[tuple[str, str], int] = defaultdict(int)
    chosen: list[Trace] = []
    for trace in sorted(set(traces), key=lambda t: (t.kind, t.text, t.offset or 0, t.place)):
        places[trace.kind, trace.text] += 1
        if places[trace.kind, trace.text] <= MAX_REPEATS and len(chosen) < MAX_TRACES:
            chosen.append(trace)
    return tuple(chosen)


@cache
def _index(table: str) -> _Index:
    index: dict[str, list[_Meaning]] = defaultdict(list)
    for row in rows(f"capability_{table}"):
        libraries = tuple(filter(None, row.get("dll", "").split("|")))
        keys = row[_COLUMNS[table]]
        for key in keys.split("|") if table == "imports" else (keys,):
            index[key].append(_Meaning(Ability[row["ability"]], row["part"], libraries))
    return dict(index)


@cache
def _conjunctions(ability: Ability) -> _Conjunctions:
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in rows("capability_conjunctions"):
        if row["ability"] == ability.name:
            found[row["conjunction"]].append((row["part"], int(row["least"])))
    return tuple(map(tuple, found.values()))
