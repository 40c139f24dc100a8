"""Components that came, went, or are told apart by another name or file now; of those that stayed, what differs."""

from collections.abc import Callable, Hashable, Iterator, Mapping

from iisight.engine.compare import weights
from iisight.engine.compare.change import change, one_sided, paired
from iisight.engine.compare.registrations import registrations
from iisight.engine.compare.view import View
from iisight.inventory.mechanisms.handlers import RESTRICTIONS
from iisight.model.comparison import Change, Side, Topic, Turn
from iisight.model.component import Component, Presence
from iisight.model.finding import Severity
from iisight.model.locator import Locator
from iisight.model.report import Judged

Pair = tuple[Judged, Judged]


def components(old: View, new: View) -> tuple[list[Pair], list[Change]]:
    """Return the components that both sides have, and every change of components and their registrations."""
    both = (_in_place, _identity, _by_name, _by_code)
    keys = tuple((key(old), key(new)) for key in both)
    pairs, gone, come = paired(_sorted(old), _sorted(new), *keys)
    changes = [_one_sided(j, new, came=False) for j in gone] + [_one_sided(j, old, came=True) for j in come]
    for pair in pairs:
        changes += _differences(pair, old, new)
    return pairs, changes


def _sorted(view: View) -> list[Judged]:
    return sorted(view.report.components, key=lambda j: (j.component.id, j.component.server))


def _in_place(view: View) -> Callable[[Judged], Hashable]:
    """Return the key of what is the same in the same file: two sites have a library of the same name."""
    identity = _identity(view)
    return lambda judged: (identity(judged), view.path(judged.component.image or ""))


def _identity(view: View) -> Callable[[Judged], Hashable]:
    def key(judged: Judged) -> Hashable:
        c = judged.component
        return c.server, c.kind, c.name, _code(c, view), c.arguments

    return key


def _by_name(view: View) -> Callable[[Judged], Hashable]:
    return lambda judged: (judged.component.server, judged.component.kind, view.path(judged.component.name))


def _by_code(view: View) -> Callable[[Judged], Hashable]:
    def key(judged: Judged) -> Hashable:
        c = judged.component
        code = _code(c, view)
        return (c.server, c.kind, code) if code else (c.server, c.kind, code, c.id)

    return key


def _code(component: Component, view: View) -> str:
    """Return what it runs: a type says more than the assembly it was found in."""
    if component.type:
        return ",".join(part.strip() for part in component.type.split(","))
    return view.path(component.image) if component.image else ""


def _one_sided(judged: Judged, other: View, *, came: bool) -> Change:
    """Return a component that one side alone has; `other` is the side that lacks it."""
    component = judged.component
    side = Side(_said(component), _place(component))
    doubt = other.lacks(component)
    turn = Turn.UNKNOWN if doubt else Turn.ADDED if came else Turn.REMOVED
    weight = weights.of_component(Turn.ADDED if came else Turn.REMOVED, judged)
    named = f"{component.kind} '{component.name}'"
    what = f"{named} is there" if came else f"{named} is gone"
    if doubt:
        what = f"{named} is {'new, or was' if came else 'gone, or is'} not read: {doubt}"
    elif came:
        what += f": {judged.verdict}" + ("" if component.effective else ", not in force")
    return change(
        Topic.COMPONENT, component.id, what, one_sided(side, came=came), weight, turn=turn, components=(component.id,)
    )


def _differences(pair: Pair, old: View, new: View) -> Iterator[Change]:
    one, other = pair[0].component, pair[1].component
    named = f"{other.kind} '{other.name}'"
    if _identity(old)(pair[0]) != _identity(new)(pair[1]):
        texts = _said(one), _said(other)
        weight = max(weights.of_component(Turn.ADDED, pair[1]), Severity.MEDIUM, key=lambda s: s.rank)
        sides = Side(texts[0], _place(one)), Side(texts[1], _place(other))
        yield change(Topic.COMPONENT, other.id, f"{named} is another one now", sides, weight, components=(other.id,))
    elif one.image and other.image and old.path(one.image) != new.path(other.image):
        sides = Side(_said(one), Locator(one.image)), Side(_said(other), Locator(other.image))
        what = f"{named} is in another file now"
        yield change(Topic.COMPONENT, other.id, what, sides, Severity.HIGH, components=(other.id,))
    yield from registrations(one, other, old, new)
    came_or_went = list(_in_force(one, other, old, new))
    yield from came_or_went
    if one.pools != other.pools:
        turn = Turn.UNKNOWN if any(each.turn is Turn.UNKNOWN for each in came_or_went) else None
        pools = _pools(one), _pools(other)
        what = f"{named} is loaded in other pools"
        yield change(Topic.IN_FORCE, other.id, what, pools, Severity.MEDIUM, turn=turn, components=(other.id,))


def _in_force(one: Component, other: Component, old: View, new: View) -> Iterator[Change]:
    """Yield the scopes at which a component came into force or went out of it; what is below a scope follows it."""
    was, now = ({p.scope.lower(): p for p in c.presence} for c in (one, other))
    differing = [key for key in sorted({*was, *now}) if _effective(was, key) is not _effective(now, key)]
    doubts = [*_unread(one, new), *_unread(other, old)] if differing else []
    named = f"{other.kind} '{other.name}'"
    for key in differing:
        before, after = _effective(was, key), _effective(now, key)
        place = (now.get(key) or was[key]).scope or "the server"
        what = f"{named} is {'in force' if after else 'no longer in force'} at {place}"
        doubt = next((reason for scope, reason in doubts if _holds(scope, key)), "")
        if doubt:
            what = f"{named}: one side alone says whether it is in force at {place}: {doubt}"
        sides = _standing(one, was.get(key), before), _standing(other, now.get(key), after)
        turn, weight = Turn.UNKNOWN if doubt else None, Severity.MEDIUM if after else Severity.LOW
        yield change(Topic.IN_FORCE, other.id, what, sides, weight, turn=turn, components=(other.id,))


def _unread(component: Component, other: View) -> Iterator[tuple[str, str]]:
    """Yield the scopes at which a file speaks of a component that the other side may not have read, and why."""
    said = {(r.scope.lower(), r.locator.path) for r in component.registrations}
    said |= {(p.scope.lower(), p.by.path) for p in component.presence if p.by is not None}
    for scope, path in sorted(said):
        if reason := other.unread(path):
            yield scope, reason


def _holds(scope: str, other: str) -> bool:
    """Tell whether a scope is another one, or above it."""
    return not scope or other == scope or other.startswith(f"{scope}/")


def _effective(presence: Mapping[str, Presence], scope: str) -> bool:
    """Tell whether a component is in force at a scope: what is said there, else at the nearest above."""
    while scope and scope not in presence:
        scope = scope.rpartition("/")[0]
    return scope in presence and presence[scope].effective


def _pools(component: Component) -> Side:
    return Side("all pools" if component.pools is None else ", ".join(component.pools) or "no pool")


def _standing(component: Component, presence: Presence | None, there: bool) -> Side:
    """Return whether it is in force, with the line that says so: what took it away, or else what registers it."""
    by = None if presence is None else presence.by
    return Side("in force" if there else "not in force", by or _place(component))


def _said(component: Component) -> str:
    """Return the component in one line: what it runs, and its name where that is not told otherwise."""
    code = component.type or component.image or ""
    file = f"in {component.image}" if component.type and component.image else ""
    told = " ".join(part for part in (code, file, component.arguments) if part)
    sha256 = "" if component.binary is None else f", sha256 {component.binary.sha256}"
    return f"{component.name}: {told}{sha256}" if told else component.name


def _place(component: Component) -> Locator | None:
    """Return where it is registered: the list of what may run is no such place when there is another."""
    rows = [r for r in component.registrations if r.section != RESTRICTIONS] or component.registrations
    return min((r.locator for r in rows), default=None)
