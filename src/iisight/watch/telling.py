"""From what differs between two reports to alerts: one for each thing that was done, not for each line that differs."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from iisight.evidence import paths
from iisight.evidence.source import File
from iisight.inventory.config.build import UNMAPPED
from iisight.model.alert import Alert, AlertKind, Concerned
from iisight.model.binary import Binary
from iisight.model.comparison import Change, Comparison, Side, Topic, Turn
from iisight.model.component import Kind
from iisight.model.finding import Severity
from iisight.model.locator import Locator
from iisight.model.report import Judged, Report
from iisight.model.rule import RuleInfo
from iisight.watch.ids import alert_id
from iisight.watch.replaced import Files, files_of
from iisight.watch.sight import UNREAD, sighted
from iisight.watch.told import UNDONE, thing_of

MAX_COMPONENTS = 500  # of one alert: a document says how many it leaves out
MAX_TEXT = 10_000  # characters of one text of an alert: more than a line or a document shows, which says that it cuts
MAX_VALUE = 160  # characters of a setting in the sentence; `old` and `new` have all of it
MANY = 5  # alerts of one file, or of the files of one folder, that are told as one
NAMED = 3  # of them in full
_QUIET = (Turn.MOVED, Turn.UNKNOWN)
_ANEW = ("says something else now: ", "counts again: ")  # what it says is enough
_BIN = "\\bin\\"  # of an application: whoever deploys it replaces many at once
_RULES_FIRST = (Topic.FINDING, Topic.COMPONENT, Topic.BINARY, Topic.SIGNATURE, Topic.REGISTRATION)


@dataclass(frozen=True, slots=True)
class Draft:
    """An alert, and the changes it tells."""

    changes: tuple[Change, ...]
    alert: Alert
    section: str = ""  # of the configuration, when a setting changed: `system.webServer/httpLogging`
    is_update: bool = False  # files that Microsoft signed stand in the place of others that it signed, and no more


@dataclass(frozen=True, slots=True)
class Frame:
    """What all alerts of one look share."""

    host: str
    time: datetime
    number: int  # that makes ids of alerts different for the same thing done again


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the things that changed."""

    components: Mapping[str, Judged]
    rules: Mapping[str, RuleInfo]
    files: Files


def drafts(
    compared: Comparison,
    old: Report,
    new: Report,
    frame: Frame,
    programs: Mapping[str, Binary] | None = None,
    *,
    coverage: bool = True,
) -> Iterator[Draft]:
    """Yield what is to be told of a comparison, the weightiest first.

    `programs`: files of no component that are there now, by folded path; `coverage`: also what cannot be read.
    """
    components = {j.component.id: j for report in (old, new) for j in report.components}
    named, ignored = _now_named(compared.changes, new), _ignored(new)
    counting = [
        c
        for c in sighted(compared.changes, old, new)
        if not (new.sites and _was_nobodys(c, components))
        if not (c.turn is Turn.REMOVED and named.issuperset(c.components or ("",)))
        if not (c.topic is Topic.FINDING and (c.subject, c.components) in ignored)
        if (coverage and _is_lost(c) if c.topic is Topic.COVERAGE else c.turn not in _QUIET)
    ]
    groups: dict[object, list[Change]] = {}
    for change in counting:
        groups.setdefault(_key(change, groups), []).append(change)
    files = files_of(old, new, programs or {}) if any(c.topic is Topic.BINARY for c in counting) else Files()
    known = _Known(components, {info.id: info for info in new.rules}, files)
    made = [_draft(group, known, frame) for group in groups.values()]
    yield from sorted(_folded(_updated(made, files, frame), frame), key=_weight)


def overtaken(draft: Draft, newer: Container[str]) -> Draft:
    """Return an alert that says when it was so, should newer words of the same thing (`thing_of`) be told."""
    if not any(thing_of(change) in newer for change in draft.changes):
        return draft
    seen = draft.alert.time.strftime("%H:%M:%S")
    message = _cut(f"at {seen}, before what was told last of it: {draft.alert.message}")
    return replace(draft, alert=replace(draft.alert, message=message))


def _now_named(changes: Iterable[Change], new: Report) -> frozenset[str]:
    """Return the ids of sleepers that are gone because a configuration names their files now: that is told."""
    gone = [c for c in changes if c.topic is Topic.COMPONENT and c.turn is Turn.REMOVED and _is_sleeper(c.subject)]
    files = {paths.fold(judged.component.image or "") for judged in new.components} if gone else frozenset()
    return frozenset(c.subject for c in gone if (place := _place(c)) is not None and paths.fold(place.path) in files)


def _ignored(new: Report) -> frozenset[tuple[str, tuple[str, ...]]]:
    """Return the rule and the components of findings that do not count, as the settings say."""
    counting = {(f.rule, f.components) for f in new.findings if f.suppressed is None}
    return frozenset({(f.rule, f.components) for f in new.findings if f.suppressed is not None} - counting)


def _is_sleeper(known: str) -> bool:
    """Tell whether an id is that of a sleeper, of whichever server."""
    return known.rpartition("/")[2].startswith(f"{Kind.SLEEPER}:")


def dated(draft: Draft, changed: Mapping[str, File | None]) -> Draft:
    """Return an alert with the time that the file says it was changed at: an intruder may have set it."""
    place = draft.alert.locator
    file = None if place is None else changed.get(place.path)
    if file is None or draft.alert.kind is not AlertKind.CHANGE:
        return draft
    return replace(draft, alert=replace(draft.alert, happened=file.modified))


def _was_nobodys(change: Change, components: Mapping[str, Judged]) -> bool:
    """Tell whether something went that was of no site: nobody read it, and what reads it now is told."""
    if change.turn is not Turn.REMOVED:
        return False
    held = [components[known].component for known in change.components if known in components]
    if not held:
        return UNMAPPED in change.what
    return all(c.registrations and all(r.scope.startswith(UNMAPPED) for r in c.registrations) for c in held)


def _updated(made: Iterable[Draft], files: Files, frame: Frame) -> Iterator[Draft]:
    """Yield alerts, those of an update of Windows as one."""
    replaced: list[Draft] = []
    for draft in made:
        if draft.alert.severity.rank <= Severity.LOW.rank and files.is_update(draft.changes):
            replaced.append(replace(draft, is_update=True))
        else:
            yield draft
    if len(replaced) < 2:
        yield from replaced
    else:
        whole = _together("", sorted(replaced, key=_weight), frame)
        told = replace(whole.alert, message=_cut(files.updated(whole.changes)), locator=None, old="", new="")
        yield replace(whole, alert=told, is_update=True)


def _folded(made: Iterable[Draft], frame: Frame) -> Iterator[Draft]:
    """Yield alerts, those of one file or folder as one when they are many and none of them weighs much."""
    places: dict[str, tuple[str, list[Draft]]] = {}
    for draft in made:
        place = draft.alert.locator
        is_light = draft.alert.kind is AlertKind.CHANGE and draft.alert.severity.rank <= _most(draft).rank
        if place is None or not is_light or any(change.id.endswith(UNDONE) for change in draft.changes):
            yield draft
        else:
            where = place.path if place.line is not None else paths.parent(place.path)
            places.setdefault(paths.fold(where), (where, []))[1].append(draft)
    for folder, group in places.values():
        if len(group) < MANY:
            yield from group
        else:
            yield _together(f"{len(group)} changes in {folder}", sorted(group, key=_weight), frame)


def _most(draft: Draft) -> Severity:
    """Return what an alert weighs at most that may be one among many: less where a file of the server was replaced."""
    replaced = (c for c in draft.changes if c.topic is Topic.BINARY and c.turn is Turn.CHANGED)
    return Severity.LOW if any(_BIN not in paths.fold(c.subject) for c in replaced) else Severity.MEDIUM


def _together(what: str, group: list[Draft], frame: Frame) -> Draft:
    """Return alerts as one, that of the weightiest: the first in full, of the others what was done."""
    alert = group[0].alert
    texts = [draft.alert.message for draft in group[:NAMED]]
    texts += [draft.alert.message.partition("; ")[0].partition(": ")[0] for draft in group[NAMED:]]
    changes = tuple(change for draft in group for change in draft.changes)
    components = {c.id: c for draft in group for c in draft.alert.components}
    rules = {rule for draft in group for rule in (draft.alert.rule, *draft.alert.also)} - {"", alert.rule}
    told = replace(
        alert,
        id=alert_id(frame.host, frame.number, *sorted(change.id for change in changes)),
        message=_cut(f"{what}: {'; '.join(texts)}"),
        also=tuple(sorted(rules)),
        components=tuple(components.values())[:MAX_COMPONENTS],
    )
    return Draft(changes, told)


def _weight(draft: Draft) -> tuple[int, str]:
    return -draft.alert.severity.rank, draft.alert.message


def _is_lost(change: Change) -> bool:
    """Tell whether something cannot be read that is there; what is not there is told by what names it."""
    side = change.new or change.old
    return side is not None and side.text.partition(":")[0] in UNREAD


def _key(change: Change, groups: Mapping[object, object]) -> object:
    """Return what changes of one deed have in common: the component, else the line, else the thing itself."""
    for component in change.components:
        if (Topic.COMPONENT, component) in groups:
            return Topic.COMPONENT, component
    if change.components:
        return Topic.COMPONENT, change.components[0]
    if change.topic is Topic.COVERAGE:
        return Topic.COVERAGE, change.subject
    place = _place(change)
    if place is None or place.line is None:
        return change.topic, change.subject
    return place.path, place.line


def _draft(group: list[Change], known: _Known, frame: Frame) -> Draft:
    ranked = sorted(group, key=_order)
    lead = ranked[0]
    deeds = [c for c in ranked if c.topic is not Topic.FINDING]  # what was done, not what is said of it
    deed = deeds[0] if deeds else None
    found = [c for c in group if c.topic is Topic.FINDING and c.turn is not Turn.REMOVED]
    rule = known.rules.get(lead.subject) if lead in found else None
    concerned = dict.fromkeys(name for c in group for name in c.components if name in known.components)
    alert = Alert(
        id=alert_id(frame.host, frame.number, *sorted(c.id for c in group)),
        time=frame.time,
        host=frame.host,
        kind=AlertKind.COVERAGE if lead.topic is Topic.COVERAGE else AlertKind.CHANGE,
        severity=max((c.weight for c in group), key=lambda s: s.rank),
        message=_message(lead, deed, rule, known),
        also=tuple(sorted({c.subject for c in found} - {lead.subject})),
        locator=_place(deed or lead),
        old=_text(c.old for c in deeds),
        new=_text(c.new for c in deeds),
        components=tuple(concerned_by(known.components[name]) for name in list(concerned)[:MAX_COMPONENTS]),
    )
    if rule is not None:
        alert = replace(alert, rule=rule.id, title=rule.title, attack=rule.attack)
    is_setting = deed is not None and deed.topic in (Topic.SETTING, Topic.LOGGING)
    return Draft(tuple(group), alert, deed.subject if deed is not None and is_setting else "")


def _order(change: Change) -> tuple[object, ...]:
    """Return what puts first what says most: the weightiest finding, else the component itself."""
    gone = change.topic is Topic.FINDING and change.turn is Turn.REMOVED
    topic = _RULES_FIRST.index(change.topic) if change.topic in _RULES_FIRST else len(_RULES_FIRST)
    return gone, topic, -change.weight.rank, change.subject, change.what


def _message(lead: Change, deed: Change | None, rule: RuleInfo | None, known: _Known) -> str:
    """Return the sentence: what became of the component, what the rule says, and the content of a replaced file."""
    texts = [] if deed is None else [_done(deed, known)]
    if lead.topic is Topic.FINDING:
        texts.append(lead.what if rule is None else _said(lead, deed))
    if deed is not None and (hashes := known.files.hashes(deed)):
        texts.append(hashes)
    return _cut("; ".join(texts))


def _said(finding: Change, deed: Change | None) -> str:
    """Return what a rule says, without its id, which stands before, and without the path that was named already."""
    text = finding.what.removeprefix(finding.subject).removeprefix(":").removeprefix(" ")
    for verb in _ANEW:
        text = text.removeprefix(verb)
    named = f"{deed.subject} is " if deed is not None and deed.topic is Topic.BINARY else ""
    return f"it is {text.removeprefix(named)}" if named and text.startswith(named) else text


def _done(deed: Change, known: _Known) -> str:
    """Return what was done; of settings and signatures, from what to what: secrets are masked in a report already."""
    if standing := known.files.standing(deed):
        return f"{deed.what}: {standing}"
    if deed.topic not in (Topic.SETTING, Topic.LOGGING, Topic.SIGNATURE):
        return _named(deed.what, [known.components[name] for name in deed.components if name in known.components])
    old, new = (_value(side) for side in (deed.old, deed.new))
    return f"{deed.what}: {old} → {new}"


def _named(what: str, concerned: Iterable[Judged]) -> str:
    """Return what was done with what a reference is to: it has the name of an attribute, `assembly`."""
    for component in (judged.component for judged in concerned):
        code, named = component.type or component.arguments, f"{component.kind} '{component.name}'"
        if component.kind is Kind.TYPE_REFERENCE and code:
            return what.replace(named, f"{named} to {code}", 1)
    return what


def _value(side: Side | None) -> str:
    text = "nothing" if side is None or not side.text else side.text
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"


def _place(change: Change) -> Locator | None:
    return next((s.locator for s in (change.new, change.old) if s is not None and s.locator is not None), None)


def _text(sides: Iterable[Side | None]) -> str:
    """Return what the first of some sides says that is there."""
    return next((_cut(side.text) for side in sides if side is not None), "")


def concerned_by(judged: Judged) -> Concerned:
    """Return a component as an alert names it."""
    component = judged.component
    sha256 = "" if component.binary is None else component.binary.sha256
    image = component.image or component.type or ""
    return Concerned(component.id, component.kind, component.name, image, sha256, judged.verdict)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
