"""Why pySigma's SQLite backend may say something else of an event: each reason changes what differs and asks again.

A reason explains a disagreement only where the oracle, asked about the changed event or with the changed condition,
says what iisight says.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from msgspec import structs

from iisight.model.event import Event
from iisight.model.need import folded
from iisight.sigma.fields import View, getter_of
from iisight.sigma.match import Matcher
from iisight.sigma.rule import CompiledRule, Number
from iisight.sigma.tables import native_names
from iisight.sigma.values import as_number
from tests.oracles.sigma_events import leaves
from tests.oracles.sigma_sql import Table

SYSMON = "Microsoft-Windows-Sysmon/Operational"


@dataclass(frozen=True)
class Asked:
    """A rule, an event and the oracle's condition."""

    rule: CompiledRule
    event: Event
    query: str
    numeric: frozenset[str] = frozenset()

    @property
    def meets(self) -> bool:
        """Whether the oracle says that the event meets the condition."""
        return bool(Table([self.event], self.numeric).ask(self.query))


Change = Callable[[Asked], Iterator[Asked]]


def reason_of(asked: Asked, ours: bool) -> str:
    """Return the reason, or the two together, that makes the oracle say what iisight does; empty without one."""
    for name, change in REASONS.items():
        if any(changed.meets == ours for changed in change(asked)):
            return name
    for name, change in REASONS.items():
        for other, more in REASONS.items():
            if other > name and any(twice.meets == ours for once in change(asked) for twice in more(once)):
                return f"{name}; {other}"
    return ""


def _empty_is_null(asked: Asked) -> Iterator[Asked]:
    if " IS NULL" in asked.query:
        fields = {name: value for name, value in asked.event.fields.items() if value}
        yield replace(asked, event=replace(asked.event, fields=fields))


def _any_case(asked: Asked) -> Iterator[Asked]:
    if not (asked.query + "".join(asked.event.fields.values())).isascii():
        fields = {name: folded(value) for name, value in asked.event.fields.items()}
        query = re.sub(r"[^\x00-\x7f]+", lambda match: folded(match[0]), asked.query)
        yield replace(asked, event=replace(asked.event, fields=fields), query=query)


def _numbers(asked: Asked) -> Iterator[Asked]:
    """Give the fields that a rule compares with numbers as numbers."""
    names = {leaf.field for leaf in leaves(asked.rule.condition) if isinstance(leaf, Number)} - {"EventID"}
    if names:
        lower = frozenset(name.lower() for name in names)
        fields = dict(asked.event.fields)
        for name, value in asked.event.fields.items():
            number = as_number(value) if name.lower() in lower else None
            if number is not None:
                fields[name] = str(number)
        yield replace(asked, event=replace(asked.event, fields=fields), numeric=lower)


def _deleted(asked: Asked) -> Iterator[Asked]:
    """Ask of a deletion that Sysmon does not keep the file of (26) as of one that it does (23)."""
    if asked.rule.source.category == "file_delete" and (asked.event.channel, asked.event.id) == (SYSMON, 26):
        yield replace(asked, event=replace(asked.event, id=23))


def _names(asked: Asked) -> Iterator[Asked]:
    """Give the event's values the names that Sigma uses, where the oracle's pipelines do not map them all.

    Asked as of the event itself, and as of Sysmon's event of the same category.
    """
    for binding in asked.rule.bindings:
        if binding.mapping and folded(binding.channel) == folded(asked.event.channel):
            view = View(asked.event)
            names = [name for name in native_names(binding.mapping) if name != "processid"]
            said = {name: getter_of(name, binding.mapping, cased=True)(view) for name in names}
            fields = dict(asked.event.fields) | {name: value for name, value in said.items() if value is not None}
            event = replace(asked.event, fields=fields)
            yield replace(asked, event=event)
            yield from (replace(asked, event=replace(event, channel=SYSMON, id=number)) for number in _of_sysmon(asked))


def _of_sysmon(asked: Asked) -> Iterator[int]:
    for binding in asked.rule.bindings:
        if binding.channel == SYSMON:
            yield from binding.ids


def _unbound(asked: Asked) -> Iterator[Asked]:
    """Ask about the condition alone, where the oracle's pipelines have no channel for the log source."""
    if "channel" not in asked.query.lower() and not _is_bound(asked):
        yield replace(asked, query="0")


def _is_bound(asked: Asked) -> bool:
    channel = folded(asked.event.channel)
    return any(folded(binding.channel) in {"", channel} for binding in asked.rule.bindings)


def _other_channel(asked: Asked) -> Iterator[Asked]:
    """Ask as if the event were of a channel that the oracle binds the log source to: it does not know the event's."""
    if _is_bound(asked) and f"channel='{asked.event.channel}'".lower() not in asked.query.lower():
        for channel in dict.fromkeys(re.findall(r"Channel='([^']+)'", asked.query)):
            yield replace(asked, event=replace(asked.event, channel=channel))


def _kind_of_registry(asked: Asked) -> Iterator[Asked]:
    """Tell that nothing but the kind of change (`EventType`), which the oracle's pipelines do not ask, is missing."""
    if asked.rule.source.category in {"registry_add", "registry_delete"} and asked.event.channel == SYSMON:
        free = tuple(structs.replace(binding, where=()) for binding in asked.rule.bindings)
        if Matcher([structs.replace(asked.rule, bindings=free)]).hits(asked.event):
            yield replace(asked, query="0")


REASONS: dict[str, Change] = {
    "explained: an empty value is null here, for a log has no other": _empty_is_null,
    "explained: SQLite compares without case in ASCII alone": _any_case,
    "explained: a number is compared as one here, as SQLite's text there": _numbers,
    "explained: a deletion whose file Sysmon does not keep (26) is one here": _deleted,
    "explained: the oracle's pipelines do not map the names of the event's fields": _names,
    "explained: the oracle's pipelines do not bind the source to a channel": _unbound,
    "explained: the oracle's pipelines bind the source to another channel": _other_channel,
    "explained: the oracle's pipelines do not ask for the kind of change of a registry key": _kind_of_registry,
}
