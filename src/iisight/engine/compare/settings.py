"""What configuration says beside components, and the sites."""

from collections.abc import Callable, Hashable, Iterable, Iterator

from iisight.engine.compare import weights
from iisight.engine.compare.change import change, one_sided, paired
from iisight.engine.compare.view import View
from iisight.model.comparison import Change, Side, Topic, Turn
from iisight.model.config import Fate
from iisight.model.finding import Severity
from iisight.model.report import Site, Stated

SITES = "system.applicationHost/sites"


def settings(old: View, new: View) -> Iterator[Change]:
    """Yield every setting that is another one; where a report does not hold them, that and the sites alone."""
    before, after = old.report.stated, new.report.stated
    if before is not None and after is not None:
        yield from _all(before, after, old, new)
        return
    yield from _sites(old, new)
    if before is None and after is None:
        return
    lacking = old if before is None else new
    reason = f"the report of iisight {lacking.report.version} (schema {lacking.report.schema}) does not hold them"
    shown = _held(before), _held(after)
    what = f"settings cannot be compared: {reason}"
    yield change(Topic.SETTING, "settings", what, shown, Severity.LOW, turn=Turn.UNKNOWN)


def _held(stated: tuple[Stated, ...] | None) -> Side | None:
    return None if stated is None else Side(f"{len(stated):,} elements")


def _all(before: Iterable[Stated], after: Iterable[Stated], old: View, new: View) -> Iterator[Change]:
    keys = tuple((key(old), key(new)) for key in (_same, _of_file, _of_scope))
    pairs, gone, come = paired(sorted(before, key=_order), sorted(after, key=_order), *keys)
    for one, other in pairs:
        yield from _pair(one, other, old, new)
    for said in gone:
        yield _one_sided(said, new, came=False)
    for said in come:
        yield _one_sided(said, old, came=True)


def _order(said: Stated) -> tuple[object, ...]:
    return said.server, said.section, said.scope, said.element, said.locator, said.attributes, said.fate


def _same(view: View) -> Callable[[Stated], Hashable]:
    by_scope = _of_scope(view)
    return lambda said: (by_scope(said), _values(said, view), said.fate)


def _of_file(view: View) -> Callable[[Stated], Hashable]:
    by_scope = _of_scope(view)
    return lambda said: (by_scope(said), view.path(said.locator.path))


def _of_scope(_view: View) -> Callable[[Stated], Hashable]:
    return lambda said: (said.server, said.section, said.scope.lower(), said.element)


def _values(said: Stated, view: View) -> tuple[tuple[str, str], ...]:
    return tuple((name, view.text(value)) for name, value in said.attributes)


def _pair(one: Stated, other: Stated, old: View, new: View) -> Iterator[Change]:
    was, now = set(_values(one, old)), set(_values(other, new))
    if was == now and one.fate is other.fate:
        moved = (one.locator.line, one.locator.column) != (other.locator.line, other.locator.column)
        if moved or old.path(one.locator.path) != new.path(other.locator.path):
            sides = _side(one, None), _side(other, None)
            yield change(Topic.SETTING, other.section, f"{_named(other)} moved", sides, Severity.INFO, turn=Turn.MOVED)
        return
    names = sorted({name for name, _ in was ^ now})
    topic, weight, meaning = weights.of_setting(other.section, " ".join((other.element, *names)))
    sides = _side(one, names), _side(other, names)
    yield change(topic, other.section, _sentence(other, "changed", meaning), sides, weight)


def _one_sided(said: Stated, lacking: View, *, came: bool) -> Change:
    names = [name for name, _ in said.attributes]
    topic, weight, meaning = weights.of_setting(said.section, " ".join((said.element, *names)))
    doubt = lacking.unread(said.locator.path)
    side = _side(said, None)
    sides = one_sided(side, came=came)
    what = _sentence(said, "is set" if came else "is no longer set", meaning)
    if doubt:
        what = f"{_named(said)} was read on one side alone: {doubt}"
    return change(topic, said.section, what, sides, weight, turn=Turn.UNKNOWN if doubt else None)


def told_as(said: Stated) -> tuple[str, str]:
    """Return how the sentence about a setting that came or went begins, and the text of its side."""
    return _named(said), _text(said.attributes, said.fate)


def _side(said: Stated, names: list[str] | None) -> Side:
    """Return what is said, or of it the attributes of some names."""
    return Side(_text([p for p in said.attributes if names is None or p[0] in names], said.fate), said.locator)


def _sentence(said: Stated, verb: str, meaning: str) -> str:
    return f"{_named(said)} {verb}" + (f" ({meaning})" if meaning else "")


def _named(said: Stated) -> str:
    section = said.section.rpartition("/")[2] if said.section != SITES else "sites"
    inside = f" {said.element}" if said.element else ""
    server = "" if said.server == "IIS" else f"{said.server}: "
    return f"{server}{section}{inside} at {said.scope or 'the server'}"


def _text(attributes: Iterable[tuple[str, str]], fate: Fate) -> str:
    told = " ".join(f'{name}="{value}"' for name, value in attributes)
    return told if fate is Fate.ACTIVE else f"{told} ({fate})".strip()


def _sites(old: View, new: View) -> Iterator[Change]:
    """Yield sites that are others, by what every report holds of them: no file and line."""
    was, now = ({site.name.lower(): site for site in v.report.sites} for v in (old, new))
    for key in sorted({*was, *now}):
        one, other = was.get(key), now.get(key)
        texts = ("" if one is None else _site(one, old), "" if other is None else _site(other, new))
        held = other or one
        if held is None or texts[0] == texts[1]:
            continue
        sides = Side(texts[0]) if one else None, Side(texts[1]) if other else None
        verb = "changed" if one and other else "is there" if other else "is gone"
        doubt = not (new if other is None else old).report.files
        turn = Turn.UNKNOWN if doubt else None
        yield change(Topic.SITE, held.name, f"site '{held.name}' {verb}", sides, Severity.LOW, turn=turn)


def _site(site: Site, view: View) -> str:
    folders = sorted(f"{a.path} in {a.pool} from {view.text(a.physical_path)}" for a in site.applications)
    return "; ".join((*sorted(site.bindings), *folders))
