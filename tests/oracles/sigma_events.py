"""Events to ask Sigma rules about: made of what a rule asks for, and read from logs by the `evtx` package alone."""

import json
import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from iisight.model.event import Event
from iisight.sigma.rule import ANY_ONE, ANY_RUN, CompiledRule, Every, Network, Node, Not, Number, Some, Text
from iisight.sigma.tables import native_names

_KNOWN = {"", "security-4688"}  # mappings that the oracle's pipelines have as well
PARTS = ("EventID", "Channel", "Provider_Name", "Computer")  # of an event beside its fields


def generated(rule: CompiledRule, count: int) -> Iterator[Event]:
    """Yield events that have some of what a rule asks for, so that many meet it and many just do not."""
    chance = random.Random(rule.key)  # the same events for the same rule
    ids = sorted(
        {int(leaf.number) for leaf in leaves(rule.condition) if isinstance(leaf, Number) and leaf.field == "EventID"}
    )
    for _ in range(count):
        binding = chance.choice([each for each in rule.bindings if each.mapping in _KNOWN] or rule.bindings)
        fields: dict[str, str] = {}
        _fill(rule.condition, fields, chance, wanted=True)
        native = native_names(binding.mapping)
        fields = {native.get(name.lower(), name): value for name, value in fields.items()}
        for test in binding.where:
            fields[test.field] = _like(test.pattern, chance)
        for name in PARTS:
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


def leaves(node: Node) -> Iterator[Node]:
    if isinstance(node, Every | Some):
        for part in node.parts:
            yield from leaves(part)
    elif isinstance(node, Not):
        yield from leaves(node.part)
    else:
        yield node


def of_logs(folder: Path) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for path in sorted(folder.rglob("*.evtx")):
        for event in events_of(path):
            found.setdefault(event.channel, []).append(event)
    return found


def events_of(path: Path) -> Iterator[Event]:
    """Yield the events of a log as the `evtx` package reads them."""
    import evtx

    for record in evtx.PyEvtxParser(str(path)).records_json():
        if record is None:
            continue
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
