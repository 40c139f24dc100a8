"""What registers one component: places that came, went, changed or moved."""

from collections.abc import Callable, Hashable, Iterator

from iisight.engine.compare.change import change, one_sided, paired
from iisight.engine.compare.view import View
from iisight.model.comparison import Change, Side, Topic, Turn
from iisight.model.component import Component, Registration
from iisight.model.finding import Severity


def registrations(one: Component, other: Component, old: View, new: View) -> Iterator[Change]:
    """Yield every difference between the registrations of a component that both sides have."""
    named = f"{other.kind} '{other.name}'"
    keys = tuple((key(old), key(new)) for key in (_same, _elsewhere, _there))
    pairs, gone, come = paired(sorted(one.registrations, key=_order), sorted(other.registrations, key=_order), *keys)
    ids = (other.id,)
    for before, after in pairs:
        yield from _pair(named, other.id, before, after, old, new)
    for registration in gone:
        yield _one_sided(named, ids, registration, new, came=False)
    for registration in come:
        yield _one_sided(named, ids, registration, old, came=True)


def said(registration: Registration) -> tuple[tuple[str, str], ...]:
    """Return the attributes of a registration in an order of their own."""
    return tuple(sorted(registration.attributes))


def _order(registration: Registration) -> tuple[object, ...]:
    return registration.section, registration.scope, registration.locator, said(registration), registration.fate


def _same(view: View) -> Callable[[Registration], Hashable]:
    return lambda r: (r.section, r.scope.lower(), view.path(r.locator.path), _values(r, view), r.fate)


def _elsewhere(view: View) -> Callable[[Registration], Hashable]:
    return lambda r: (r.section, _values(r, view), r.fate)


def _there(_view: View) -> Callable[[Registration], Hashable]:
    return lambda r: (r.section, r.scope.lower())


def _values(registration: Registration, view: View) -> tuple[tuple[str, str], ...]:
    return tuple((name, view.text(value)) for name, value in said(registration))


def _pair(named: str, subject: str, one: Registration, other: Registration, old: View, new: View) -> Iterator[Change]:
    changed = _values(one, old) != _values(other, new), one.fate is not other.fate
    if any(changed):
        what = f"{named} is registered otherwise" if changed[0] else f"the registration of {named} is {other.fate} now"
        sides = Side(_text(one, other), one.locator), Side(_text(other, one), other.locator)
        yield change(Topic.REGISTRATION, subject, what, sides, Severity.MEDIUM, components=(subject,))
        return
    place, there = one.locator, other.locator
    shifted = (place.line, place.column, place.offset) != (there.line, there.column, there.offset)
    if shifted or old.path(place.path) != new.path(there.path) or one.scope.lower() != other.scope.lower():
        sides = Side(one.scope or "server", one.locator), Side(other.scope or "server", other.locator)
        what = f"the registration of {named} moved"
        yield change(Topic.REGISTRATION, subject, what, sides, Severity.INFO, turn=Turn.MOVED, components=(subject,))


def _one_sided(named: str, ids: tuple[str, ...], registration: Registration, other: View, *, came: bool) -> Change:
    side = Side(_text(registration, None), registration.locator)
    doubt = other.unread(registration.locator.path)
    scope = registration.scope or "the server"
    what = f"{named} is {'registered' if came else 'no longer registered'} at {scope}"
    if doubt:
        what = f"{named}: one side alone has a registration at {scope}: {doubt}"
    turn = Turn.UNKNOWN if doubt else None
    weight = Severity.MEDIUM if came else Severity.LOW
    return change(Topic.REGISTRATION, ids[0], what, one_sided(side, came=came), weight, turn=turn, components=ids)


def _text(registration: Registration, against: Registration | None) -> str:
    """Return a registration, or what it says otherwise than another one."""
    others = () if against is None else against.attributes
    told = " ".join(f'{name}="{value}"' for name, value in said(registration) if (name, value) not in others)
    fate = "" if against is not None and against.fate is registration.fate else f" ({registration.fate})"
    return f"{registration.section}: {told}{fate}" if told else f"{registration.section}{fate}"
