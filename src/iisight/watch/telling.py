"""From what differs between two reports to alerts: one for each thing that was done, not for each line that differs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from iisight.model.alert import Alert, AlertKind, Concerned
from iisight.model.comparison import Change, Comparison, Side, Topic, Turn
from iisight.model.coverage import GapKind
from iisight.model.locator import Locator
from iisight.model.report import Judged, Report
from iisight.model.rule import RuleInfo
from iisight.watch.ids import alert_id

MAX_COMPONENTS = 16  # named in one alert
MAX_TEXT = 2_000  # characters of one text of an alert
_QUIET = (Turn.MOVED, Turn.UNKNOWN)
UNREAD = (GapKind.UNREADABLE, GapKind.REFUSED, GapKind.MALFORMED, GapKind.FAILED)
_RULES_FIRST = (Topic.FINDING, Topic.COMPONENT, Topic.BINARY, Topic.SIGNATURE, Topic.REGISTRATION)


@dataclass(frozen=True, slots=True)
class Draft:
    """An alert, and the changes it tells."""

    changes: tuple[Change, ...]
    alert: Alert
    section: str = ""  # of the configuration, when a setting changed: `system.webServer/httpLogging`


@dataclass(frozen=True, slots=True)
class Frame:
    """What all alerts of one look share."""

    host: str
    time: datetime
    number: int  # that makes ids of alerts different for the same thing done again


def drafts(compared: Comparison, old: Report, new: Report, frame: Frame, *, coverage: bool = True) -> Iterator[Draft]:
    """Yield what is to be told of a comparison, the weightiest first; `coverage`: also what cannot be read."""
    components = {j.component.id: j for report in (old, new) for j in report.components}
    rules = {info.id: info for info in new.rules}
    counting = [
        c for c in compared.changes if (coverage and _is_lost(c) if c.topic is Topic.COVERAGE else c.turn not in _QUIET)
    ]
    groups: dict[object, list[Change]] = {}
    for change in counting:
        groups.setdefault(_key(change, groups), []).append(change)
    made = [_draft(group, components, rules, frame) for group in groups.values()]
    yield from sorted(made, key=lambda d: (-d.alert.severity.rank, d.alert.message))


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


def _draft(group: list[Change], components: Mapping[str, Judged], rules: Mapping[str, RuleInfo], frame: Frame) -> Draft:
    ranked = sorted(group, key=_order)
    lead, deeds = (
        ranked[0],
        [c for c in ranked if c.topic is not Topic.FINDING],
    )  # what was done, not what is said of it
    deed = deeds[0] if deeds else None
    found = [c for c in group if c.topic is Topic.FINDING and c.turn is not Turn.REMOVED]
    rule = rules.get(lead.subject) if lead in found else None
    concerned = dict.fromkeys(known for c in group for known in c.components if known in components)
    alert = Alert(
        id=alert_id(frame.host, frame.number, *sorted(c.id for c in group)),
        time=frame.time,
        host=frame.host,
        kind=AlertKind.COVERAGE if lead.topic is Topic.COVERAGE else AlertKind.CHANGE,
        severity=max((c.weight for c in group), key=lambda s: s.rank),
        message=_message(lead, deed, rule),
        also=tuple(sorted({c.subject for c in found} - {lead.subject})),
        locator=_place(deed or lead),
        old=_text(c.old for c in deeds),
        new=_text(c.new for c in deeds),
        components=tuple(concerned_by(components[known]) for known in list(concerned)[:MAX_COMPONENTS]),
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


def _message(lead: Change, deed: Change | None, rule: RuleInfo | None) -> str:
    """Return the sentence: what the rule says, after what became of the component."""
    if lead.topic is not Topic.FINDING:
        return _cut(lead.what)
    text = lead.what.removeprefix(f"{lead.subject}: ") if rule is not None else lead.what
    return _cut(text if deed is None else f"{deed.what}; {text}")


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
