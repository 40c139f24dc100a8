"""Compiled rules as one matcher: dispatched by channel and event id, each condition a closure."""

import operator
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TypeAlias

from iisight.model.event import Event
from iisight.model.need import folded
from iisight.sigma.fields import Getter, View, getter_of
from iisight.sigma.ids import ids_of
from iisight.sigma.narrow import narrowing
from iisight.sigma.rule import (
    Binding,
    CompiledRule,
    Empty,
    Every,
    Exists,
    Network,
    Node,
    Not,
    Number,
    Pattern,
    Regex,
    SameAs,
    Some,
    Text,
    When,
)
from iisight.sigma.values import (
    COMPARE,
    any_test,
    as_address,
    as_number,
    as_time,
    expression_of,
    pattern_test,
    patterns_test,
    time_part,
)

Check: TypeAlias = Callable[[View], bool]

MAX_DISPATCHED = 65_536  # pairs of channel and event id remembered


class Matcher:
    """Rules, ready to be asked about one event after the other."""

    def __init__(self, rules: Iterable[CompiledRule]) -> None:
        """Take rules; those of users may need RE2, which comes with the extra `sigma`."""
        self._rules = [_Ready(rule.key, binding, rule.condition) for rule in rules for binding in rule.bindings]
        self._kinds: dict[tuple[str, int], _Kind | None] = {}
        self._alike: dict[tuple[_Ready, ...], _Kind] = {}

    def hits(self, event: Event) -> tuple[str, ...]:
        """Return the keys of the rules whose condition an event meets, in the order of the rules."""
        place = event.channel, event.id
        kind = self._kinds[place] if place in self._kinds else self._dispatch(*place)
        return () if kind is None else kind.hits(View(event))

    def _dispatch(self, channel: str, number: int) -> "_Kind | None":
        name = folded(channel)
        rules = tuple(rule for rule in self._rules if rule.is_about(name, number))
        kind = None
        if rules:
            kind = self._alike.get(rules) or _Kind(rules)
            self._alike[rules] = kind
        if len(self._kinds) < MAX_DISPATCHED:
            self._kinds[channel, number] = kind
        return kind


class _Kind:
    """The rules about one kind of event."""

    def __init__(self, rules: tuple["_Ready", ...]) -> None:
        self._rules = rules
        self._narrow = narrowing([(rule.condition, rule.mapping) for rule in rules])

    def hits(self, view: View) -> tuple[str, ...]:
        """Return the keys of the rules that are met."""
        rules = self._rules
        asked = rules if self._narrow is None else [rules[number] for number in self._narrow(view)]
        found = [rule.key for rule in asked if rule.check(view)]
        return tuple(dict.fromkeys(found)) if found else ()


class _Ready:
    """A rule bound to one kind of event; its closure is made when the first such event comes."""

    def __init__(self, key: str, binding: Binding, condition: Node) -> None:
        self.key, self.condition, self.mapping = key, condition, binding.mapping
        self._where = binding.where
        self._channel = folded(binding.channel)
        self._ids = ids_of(condition, frozenset(binding.ids) or None)

    @cached_property
    def check(self) -> Check:
        """Return the closure."""
        return _all([*(_check(part, "") for part in self._where), _check(self.condition, self.mapping)])

    def is_about(self, channel: str, number: int) -> bool:
        """Tell whether events of a channel, in lower case, and a number can meet it."""
        return self._channel in {"", channel} and (self._ids is None or number in self._ids)


def _check(node: Node, mapping: str) -> Check:
    """Return the closure of a node, for events that call their fields so."""
    if isinstance(node, Every):
        return _all([_check(part, mapping) for part in sorted(node.parts, key=_cost)])
    if isinstance(node, Some):
        return any_test(_alternatives(node, mapping))
    if isinstance(node, Not):
        part = _check(node.part, mapping)
        return lambda view: not part(view)
    return _leaf(node, mapping)


def _cost(node: Node) -> int:
    """Return about how much it takes to ask: the cheapest parts of a condition are asked first."""
    if isinstance(node, Every | Some):
        return sum(map(_cost, node.parts))
    if isinstance(node, Not):
        return _cost(node.part)
    return 10 if isinstance(node, Regex) or not node.field else 1


def _leaf(node: Node, mapping: str) -> Check:
    if isinstance(node, Text):
        return _value_check(node.field, mapping, pattern_test(node.pattern), cased=node.cased)
    if isinstance(node, Regex):
        search = expression_of(node.expression)
        return _value_check(node.field, mapping, search, cased=True)
    if isinstance(node, Empty):
        get = getter_of(node.field, mapping)
        return lambda view: not get(view)
    if isinstance(node, Exists):
        get = getter_of(node.field, mapping)
        return lambda view: get(view) is not None
    if isinstance(node, SameAs):
        return _same(node, mapping)
    return _valued(node, mapping)


def _value_check(field: str, mapping: str, test: Callable[[str], bool], *, cased: bool) -> Check:
    if not field:
        return lambda view: any(map(test, view.values(cased=cased)))
    get = getter_of(field, mapping, cased=cased)

    def check(view: View) -> bool:
        value = get(view)
        return value is not None and test(value)

    return check


def _valued(node: Node, mapping: str) -> Check:
    """Return the closure of a node that reads a value as a number, an address or a time."""
    if isinstance(node, Number):
        compare, number = COMPARE[node.operator], node.number
        return _converted(getter_of(node.field, mapping), as_number, lambda value: compare(value, number))
    if isinstance(node, Network):
        from ipaddress import ip_network

        network = ip_network(node.network)
        return _converted(getter_of(node.field, mapping), as_address, lambda value: value in network)
    if isinstance(node, When):
        part, wanted = node.part, node.number
        return _converted(getter_of(node.field, mapping), as_time, lambda value: time_part(value, part) == wanted)
    raise TypeError(type(node).__name__)


def _converted(get: Getter, convert: Callable[[str], "object | None"], test: Callable[..., bool]) -> Check:
    def check(view: View) -> bool:
        text = get(view)
        value = None if text is None else convert(text)
        return value is not None and test(value)

    return check


def _same(node: SameAs, mapping: str) -> Check:
    left, right = getter_of(node.field, mapping), getter_of(node.other, mapping)
    compare = _COMPARISONS[node.starts, node.ends]

    def check(view: View) -> bool:
        one, other = left(view), right(view)
        return one is not None and other is not None and compare(one, other)

    return check


_COMPARISONS: dict[tuple[bool, bool], Callable[[str, str], bool]] = {
    (False, False): operator.eq,
    (True, False): str.startswith,
    (False, True): str.endswith,
    (True, True): operator.contains,
}


def _alternatives(node: Some, mapping: str) -> list[Check]:
    """Return the checks of alternatives; those about the text of one field read it once."""
    patterns: dict[tuple[str, bool], list[Pattern]] = {}
    others: list[Check] = []
    for part in node.parts:
        if isinstance(part, Text):
            patterns.setdefault((part.field, part.cased), []).append(part.pattern)
        else:
            others.append(_check(part, mapping))
    texts = [
        _value_check(field, mapping, patterns_test(each), cased=cased) for (field, cased), each in patterns.items()
    ]
    return texts + others


def _all(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def check(view: View) -> bool:
        for each in checks:  # noqa: SIM110  # a generator costs twice as much
            if not each(view):
                return False
        return True

    return check
