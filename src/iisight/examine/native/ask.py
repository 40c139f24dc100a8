"""What the calls that were followed ask for, in the words of the report."""

from collections.abc import Iterable, Mapping
from functools import cache

from iisight.catalogue import tables
from iisight.examine.native.external import GLOBAL, GLOBAL_PRIORITY, REQUEST, REQUEST_PRIORITY
from iisight.examine.native.state import Asked
from iisight.examine.native.values import Value
from iisight.model.examination import Subscription

PRIORITIES = ("FIRST", "HIGH", "MEDIUM", "LOW", "LAST")

_METHODS = {
    REQUEST: "SetRequestNotifications",
    GLOBAL: "SetGlobalNotifications",
    REQUEST_PRIORITY: "SetPriorityForRequestNotification",
    GLOBAL_PRIORITY: "SetPriorityForGlobalNotification",
}
_PREFIXES = {"request": "RQ", "global": "GL", "filter": "SF_NOTIFY"}
_Priorities = dict[tuple[str, int], set[str]]


@cache
def _names(api: str) -> Mapping[int, str]:
    """Return the names of an interface's bits."""
    return {int(row["value"], 0): row["name"] for row in tables.rows("notifications") if row["api"] == api}


def event_names(api: str, mask: int) -> tuple[str, ...]:
    """Return the names of the bits of a mask, the lowest first; `request`, `global` or `filter`."""
    return tuple(_names(api).get(bit) or f"{_PREFIXES[api]}_{bit:#010x}" for bit in _bits(mask))


def module_subscriptions(calls: Iterable[Asked], base: int) -> tuple[tuple[Subscription, ...], tuple[str, ...]]:
    """Return what calls of IHttpModuleRegistrationInfo ask for, and what of it is not certain.

    An event is asked for when every path to a call sets its bit there; a call that not every path makes counts.
    """
    ordered = sorted(calls, key=lambda asked: (asked.address, asked.slot, repr(asked)))
    undecided: list[str] = []
    priorities = _priorities(ordered, base, undecided)
    found: list[Subscription] = []
    for asked in ordered:
        if asked.slot not in (REQUEST, GLOBAL):
            continue
        api = "request" if asked.slot == REQUEST else "global"
        place = f"RVA {asked.address - base:#x}"
        for mask, post in ((asked.mask, False), (asked.post, True)):
            if mask.maybe:
                kind = "post mask" if post else "mask"
                undecided.append(
                    f"{_METHODS[asked.slot]} at {place}: the {kind} is not a constant{_perhaps(api, mask)}"
                )
            found += (
                Subscription(_name(api, bit), post, _priority(priorities, api, bit, undecided), place=place)
                for bit in _bits(mask.number)
            )
    return tuple(dict.fromkeys(found)), tuple(dict.fromkeys(undecided))


def filter_subscriptions(flags: list[Value], place: str) -> tuple[tuple[Subscription, ...], tuple[str, ...]]:
    """Return what an ISAPI filter's dwFlags ask for, of its value on each path that succeeds."""
    ones = maybe = flags[0].number
    for value in flags:
        ones &= value.number
        maybe |= value.number | value.maybe
    maybe &= ~ones
    orders = {name: bit for bit, name in _names("filter order").items()}
    known = [name for name in ("HIGH", "MEDIUM", "LOW") if ones & orders[name]]
    unsure = maybe & sum(orders.values())
    # Of several order bits the highest counts; without any, SF_NOTIFY_ORDER_DEFAULT is SF_NOTIFY_ORDER_LOW.
    priority = "" if unsure else next(iter(known), "LOW")
    events = ones & ~sum(orders.values())
    found = tuple(Subscription(_name("filter", bit), priority=priority, place=place) for bit in _bits(events))
    undecided = (f"dwFlags at {place}: not a constant{_perhaps('filter', Value(None, ones, maybe))}",) if maybe else ()
    return found, undecided


def _name(api: str, bit: int) -> str:
    """Return the name of one bit."""
    return event_names(api, bit)[0]


def _bits(mask: int) -> list[int]:
    """Return the bits of a mask, the lowest first."""
    return [1 << index for index in range(32) if mask >> index & 1]


def _perhaps(api: str, mask: Value) -> str:
    """Return what the bits that are not certain would mean, if those are few."""
    names = event_names(api, mask.maybe)
    return f" (perhaps {', '.join(names)})" if len(names) <= 8 else ""


def _priorities(calls: list[Asked], base: int, undecided: list[str]) -> _Priorities:
    """Return which priorities each notification is given."""
    found: _Priorities = {}
    for asked in calls:
        if asked.slot not in (REQUEST_PRIORITY, GLOBAL_PRIORITY):
            continue
        what = f"{_METHODS[asked.slot]} at RVA {asked.address - base:#x}"
        if asked.mask.maybe:
            undecided.append(f"{what}: the mask is not a constant")
        elif asked.text not in PRIORITIES:
            undecided.append(f"{what}: the priority is not a constant that is known")
        else:
            api = "request" if asked.slot == REQUEST_PRIORITY else "global"
            for bit in _bits(asked.mask.number):
                found.setdefault((api, bit), set()).add(asked.text or "")
    return found


def _priority(priorities: _Priorities, api: str, bit: int, undecided: list[str]) -> str:
    """Return the one priority a notification is given; empty for none, or when there are several."""
    given = priorities.get((api, bit), set())
    if len(given) > 1:
        undecided.append(f"{_name(api, bit)} is given several priorities: {', '.join(sorted(given))}")
    return next(iter(given)) if len(given) == 1 else ""
