"""Compare the Sigma engine with pySigma's own SQLite backend: `python -m tests.oracles.sigma RULES [--evtx FOLDER]`.

Both are given the same rules and the same events: generated from what the rules ask for, and those of real logs. The
oracle binds log sources by pySigma's pipelines for Sysmon and for channels, knows nothing of the tables here, and asks
SQLite. It needs `requirements/oracles.txt`. RULES may be a clone of a public rule collection; none is kept here.

Exit status 1: they disagree, and none of the reasons in `REASONS` fits.
"""

import argparse
import json
import random
import re
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from iisight.model.event import Event
from iisight.sigma.load import load_user
from iisight.sigma.match import Matcher
from iisight.sigma.rule import ANY_ONE, ANY_RUN, CompiledRule, Every, Network, Node, Not, Number, Some, Text
from iisight.sigma.tables import table

SYSTEM = ("EventID", "Channel", "Provider_Name", "Computer")
MAX_COLUMNS = 1_500  # of a table of SQLite


def main(arguments: Sequence[str]) -> int:
    """Print each disagreement that no reason explains, then how often they agree."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracles.sigma", description=__doc__.partition("\n")[0])
    parser.add_argument("rules", type=Path, nargs="+")
    parser.add_argument("--evtx", type=Path, help="folder of logs, asked besides the generated events")
    parser.add_argument("--events", type=int, default=10, help="generated for each rule")
    given = parser.parse_args(arguments)
    rules = load_user(given.rules).rules
    queries = {rule.key: query for rule in rules if (query := to_sql(rule)) is not None}
    print(f"{len(rules):,} rules, of which the oracle takes {len(queries):,}")
    asked = [rule for rule in rules if rule.key in queries]
    counts: Counter[str] = Counter()
    for rule in asked:
        _compare(rule, queries[rule.key], list(generated(rule, given.events)), counts)
    print(f"generated events: {dict(sorted(counts.items()))}")
    if given.evtx:
        logs: Counter[str] = Counter()
        for channel, events in _by_channel(given.evtx).items():
            _compare_log(asked, queries, channel, events, logs)
        print(f"events of logs: {dict(sorted(logs.items()))}")
        counts += logs
    return int(counts["disagrees"] > 0)


def to_sql(rule: CompiledRule) -> str | None:
    """Return the oracle's condition on a row, None for a rule that it or its pipelines do not take."""
    from sigma.backends.sqlite import sqliteBackend
    from sigma.collection import SigmaCollection
    from sigma.exceptions import SigmaError
    from sigma.pipelines.sysmon import sysmon_pipeline
    from sigma.pipelines.windows import windows_logsource_pipeline

    pipeline = sysmon_pipeline() + windows_logsource_pipeline()
    try:
        collection = SigmaCollection.from_yaml(Path(rule.file.partition("#")[0]).read_text("utf-8"))
        if len(collection) != 1:
            return None
        queries = sqliteBackend(pipeline, collate_nocase=True).convert(collection)
    except (SigmaError, NotImplementedError):
        return None
    return " OR ".join("(" + str(query).split(" WHERE ", 1)[1] + ")" for query in queries)


def _compare(rule: CompiledRule, query: str, events: list[Event], counts: Counter[str]) -> None:
    matcher = Matcher([rule])
    theirs = ask_sqlite(query, events)
    for number, event in enumerate(events):
        ours = bool(matcher.hits(event))
        if ours == (number in theirs):
            counts["both hit" if ours else "neither"] += 1
            continue
        reason = next((name for name, fits in REASONS.items() if fits(rule, event, query)), "disagrees")
        counts[reason] += 1
        if reason == "disagrees":
            print(f"{rule.file}: iisight {ours}: {event.channel} {event.id} {dict(event.fields)}\n  {query[:2000]}")


def _compare_log(
    rules: list[CompiledRule], queries: dict[str, str], channel: str, events: list[Event], counts: Counter[str]
) -> None:
    for rule in rules:
        if any(binding.channel.lower() in {"", channel.lower()} for binding in rule.bindings):
            _compare(rule, queries[rule.key], events, counts)


_made: list[Any] = []  # (events, connection) asked last, for the next rule


def ask_sqlite(query: str, events: list[Event]) -> set[int]:
    """Return the numbers of the events that meet a condition."""
    if not _made or _made[0] is not events:
        _made[:] = [events, _table(events)]
    connection: sqlite3.Connection = _made[1]
    have = {row[1].lower() for row in connection.execute("PRAGMA table_info(logs)")}
    for name in sorted(_columns(query) - have):
        connection.execute(f'ALTER TABLE logs ADD COLUMN "{name}" TEXT COLLATE NOCASE')
    return {row[0] for row in connection.execute(f"SELECT n FROM logs WHERE {query}")}


def _columns(query: str) -> set[str]:
    """Return every bare word and quoted name of a query outside its texts: a column too many does no harm."""
    bare = re.sub(r"'(?:[^']|'')*'", "''", query)
    words = set(re.findall(r'"([^"]+)"', bare)) | set(re.findall(r"(?<![\w\"])[A-Za-z_]\w*", bare))
    return {word.lower() for word in words}


def _table(events: list[Event]) -> sqlite3.Connection:
    names = sorted({name.lower(): name for event in events for name in event.fields}.items())[:MAX_COLUMNS]
    names = [(low, name) for low, name in names if low not in {s.lower() for s in SYSTEM}]
    connection = sqlite3.connect(":memory:")
    connection.create_function(
        "REGEXP", 2, lambda expression, text: text is not None and bool(re.search(expression, text))
    )
    columns = "".join(f', "{low}" TEXT COLLATE NOCASE' for low, _ in names)
    connection.execute(
        f"CREATE TABLE logs (n, eventid, channel COLLATE NOCASE, provider_name COLLATE NOCASE, computer{columns})"
    )
    for number, event in enumerate(events):
        fields = {name.lower(): value for name, value in event.fields.items()}
        row = [number, event.id, event.channel, event.provider, event.computer, *(fields.get(low) for low, _ in names)]
        connection.execute(f"INSERT INTO logs VALUES ({','.join('?' * len(row))})", row)
    return connection


def generated(rule: CompiledRule, count: int) -> Iterator[Event]:
    """Yield events that have some of what a rule asks for, so that many meet it and many just do not."""
    chance = random.Random(rule.key)  # the same events for the same rule
    ids = sorted(
        {int(leaf.number) for leaf in _leaves(rule.condition) if isinstance(leaf, Number) and leaf.field == "EventID"}
    )
    for _ in range(count):
        binding = chance.choice(rule.bindings)
        if binding.mapping:  # the oracle's pipelines know Sysmon alone
            binding = rule.bindings[0]
        fields: dict[str, str] = {}
        _fill(rule.condition, fields, chance, wanted=True)
        for test in binding.where:
            fields[test.field] = _like(test.pattern, chance)
        for name in SYSTEM:
            fields.pop(name, None)
        number = chance.choice(binding.ids or ids or [1])
        yield Event("Provider", binding.channel or "System", number, None, computer="WEB01", fields=fields)


def _fill(node: Node, fields: dict[str, str], chance: random.Random, *, wanted: bool) -> None:
    if isinstance(node, Every | Some):
        parts = list(node.parts)
        if isinstance(node, Every) is not wanted:
            parts = chance.sample(parts, chance.randint(0, min(2, len(parts))) if not wanted else 1)
        for part in parts:
            _fill(part, fields, chance, wanted=wanted)
    elif isinstance(node, Not):
        if chance.random() < 0.3:
            _fill(node.part, fields, chance, wanted=True)
    elif isinstance(node, Text) and node.field and chance.random() < 0.97:
        old = fields.get(node.field, "") if len(node.pattern) > 1 and chance.random() < 0.7 else ""
        fields[node.field] = _joined(old, _like(node.pattern, chance), node.pattern)
    elif isinstance(node, Number):
        fields[node.field] = str(node.number + chance.choice([0, 0, 0, 1, -1]))
    elif isinstance(node, Network):
        fields[node.field] = chance.choice([node.network.partition("/")[0], "8.8.8.8", "-"])


def _joined(old: str, new: str, pattern: tuple[str | int, ...]) -> str:
    """Return a text that likely is like both what was put there before and what a pattern asks for now."""
    if not old:
        return new
    if pattern[0] != ANY_RUN:
        return new + old
    return old + new if pattern[-1] != ANY_RUN else f"{old} {new}"


def _like(pattern: tuple[str | int, ...], chance: random.Random) -> str:
    pieces = []
    for part in pattern:
        if part == ANY_RUN:
            pieces.append(chance.choice(["", "x", "C:\\a b", "%_"]))
        elif part == ANY_ONE:
            pieces.append(chance.choice("aZ-"))
        else:
            text = str(part)
            pieces.append(chance.choice([text, text, text, text.upper(), text[:-1]]))
    return "".join(pieces)


def _leaves(node: Node) -> Iterator[Node]:
    if isinstance(node, Every | Some):
        for part in node.parts:
            yield from _leaves(part)
    elif isinstance(node, Not):
        yield from _leaves(node.part)
    else:
        yield node


def _by_channel(folder: Path) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for path in sorted(folder.rglob("*.evtx")):
        for event in _events(path):
            found.setdefault(event.channel, []).append(event)
    return found


def _events(path: Path) -> Iterator[Event]:
    """Yield the events of a log as the `evtx` package reads them."""
    import evtx

    for record in evtx.PyEvtxParser(str(path)).records_json():
        event = json.loads(record["data"])["Event"]
        system, fields = event["System"], _flat(event.get("EventData") or event.get("UserData") or {})
        number = system["EventID"]
        number = number["#text"] if isinstance(number, dict) else number
        provider = system["Provider"]["#attributes"].get("Name", "")
        time = datetime.fromisoformat(system["TimeCreated"]["#attributes"]["SystemTime"])
        yield Event(
            provider, system.get("Channel") or "", int(number), time, system.get("Computer") or "", fields=fields
        )


def _flat(data: dict[str, Any]) -> dict[str, str]:
    if len(data) == 1 and isinstance(inner := next(iter(data.values())), dict) and "#text" not in inner:
        data = {name: value for name, value in inner.items() if name != "#attributes"}
    fields: dict[str, str] = {}
    for name, value in data.items():
        if name == "#attributes":
            continue
        text = value.get("#text") if isinstance(value, dict) else value
        texts = text if isinstance(text, list) else [text]
        if name == "Data":
            fields |= {f"param{number}": _written(each) for number, each in enumerate(texts, 1)}
        else:
            fields[name] = "\n".join(map(_written, texts))
    return fields


def _written(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


Fits = Callable[[CompiledRule, Event, str], bool]


def _asks_null(rule: CompiledRule, event: Event, query: str) -> bool:
    return " IS NULL" in query and "" in event.fields.values()


def _beyond_ascii(_rule: CompiledRule, event: Event, query: str) -> bool:
    return not (query + "".join(event.fields.values())).isascii()


def _other_channels(rule: CompiledRule, event: Event, query: str) -> bool:
    """Tell whether the oracle does not know a channel: it binds the source to none, or to others."""
    return event.channel.lower() not in query.lower()


def _unnamed(_rule: CompiledRule, event: Event, query: str) -> bool:
    return "data" in _columns(query) and "param1" in event.fields


def _number_or_text(rule: CompiledRule, _event: Event, _query: str) -> bool:
    return any(isinstance(leaf, Number) and leaf.field != "EventID" for leaf in _leaves(rule.condition))


def _case_of_where(rule: CompiledRule, event: Event, _query: str) -> bool:
    ids = {int(number) for row in table("categories") for number in row["ids"].split()}
    return rule.source.category.startswith("registry_") and event.id in ids


def _deleted_unkept(rule: CompiledRule, event: Event, _query: str) -> bool:
    return rule.source.category == "file_delete" and event.id == 26


REASONS: dict[str, Fits] = {
    "explained: an empty value is null here, for a log has no other": _asks_null,
    "explained: SQLite compares without case in ASCII alone": _beyond_ascii,
    "explained: the oracle's pipelines bind the source to other channels or none": _other_channels,
    "explained: values without a name are `Data` here": _unnamed,
    "explained: a number is compared as one here, as SQLite's text there": _number_or_text,
    "explained: the oracle's pipelines take other ids or types for registry categories": _case_of_where,
    "explained: a deletion whose file Sysmon does not keep (26) is one here": _deleted_unkept,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
