"""An alert as one line for a person, and as one document of the Elastic Common Schema for a machine."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from iisight.model.alert import Alert, AlertKind, Concerned
from iisight.model.finding import Severity
from iisight.model.locator import Locator
from iisight.report.finding_list import STYLES
from iisight.report.json import to_json_line
from iisight.report.layout import Line, Span
from iisight.report.moments import day
from iisight.report.safe import escape

ECS_VERSION = "8.17.0"
MAX_MESSAGE = 1_000  # characters of a message in a line for a person
MAX_PART = 400  # characters of a place or a person in such a line
MAX_FIELD = 8_000  # characters of a field of a document: Lucene refuses a term of more than 32,766 bytes
MAX_COMPONENTS = 50  # of one alert, in a document
MAX_LATE = timedelta(days=1)  # an event that is older keeps its time to itself: its document would not be looked at
MAX_RULES = 5  # further rules of one alert that a line names; a document has ten times as many
CLIPPED = "..."

_SEVERITY_WIDTH = max(map(len, Severity))
_KINDS = {
    AlertKind.CHANGE: ("alert", "configuration", "change"),
    AlertKind.EVENT: ("alert", "intrusion_detection", "info"),
    AlertKind.WHO: ("alert", "configuration", "info"),
    AlertKind.COVERAGE: ("alert", "host", "info"),
    AlertKind.HEALTH: ("state", "host", "info"),
}
_SCORES = {Severity.INFO: 0, Severity.LOW: 21, Severity.MEDIUM: 47, Severity.HIGH: 73, Severity.CRITICAL: 99}
"""`event.severity`, on the scale of Elastic's detection rules ("Common rule settings" in the Elastic Security docs)."""
_ACCOUNT = re.compile(r"(?:([^\\/:,<>|\"?*]{1,255})\\)([^\\/:,<>|\"?*]{1,255})")
_SID = re.compile(r"S-1-[0-9-]{1,180}")


def line(alert: Alert) -> str:
    """Return an alert in one line without colour; nothing in it moves a cursor or starts another line."""
    return "".join(span.text for span in spans(alert))


def spans(alert: Alert) -> Line:
    """Return an alert in one line, in pieces with styles: time, severity, host, and what `summary` says."""
    severity = Span(alert.severity.upper().ljust(_SEVERITY_WIDTH), STYLES[alert.severity])
    return (Span(f"{day(alert.time)}  "), severity, Span(f"  {_brief(alert.host, MAX_PART)}  {summary(alert)}"))


def summary(alert: Alert) -> str:
    """Return rules, message, the time of an event, place and person in one line."""
    rules = " ".join(filter(None, (alert.rule, *alert.also[:MAX_RULES])))
    more = f" and {len(alert.also) - MAX_RULES:,} more" if len(alert.also) > MAX_RULES else ""
    rule = f"{_brief(rules, MAX_PART)}{more}: " if rules else f"{alert.kind}: "
    place = "" if alert.locator is None else _brief(str(alert.locator), MAX_PART)
    shown = f" [{place}]" if place and place not in alert.message else ""
    who = f" by {_brief(alert.who, MAX_PART)}" if alert.who else ""
    happened = f" at {day(alert.happened)}" if alert.kind is AlertKind.EVENT and alert.happened is not None else ""
    return f"{rule}{_brief(alert.message, MAX_MESSAGE)}{happened}{shown}{who}"


def ecs_line(alert: Alert) -> bytes:
    r"""Return the document of `ecs` as one line of NDJSON, UTF-8, with its newline.

    What is not seen on a screen is escaped as JSON may (`\u202e`), so the line is safe to print and still exact.
    """
    return to_json_line(ecs(alert)).encode("utf-8")


def ecs(alert: Alert) -> dict[str, object]:
    """Return an alert as a document of the Elastic Common Schema 8; what is not known is left out.

    `@timestamp` is when an event says it was, and of everything else when the watch saw it: an intruder sets the times
    of files, and a document dated 2001 is never looked at.
    Fields: https://elastic.co/guide/en/ecs/8.17/ecs-field-reference.html; those without a
    place there are below `iisight`. Texts are shortened at MAX_FIELD characters, and `iisight.clipped` tells so.
    """
    clip = _Clip()
    document: dict[str, object] = {
        "@timestamp": _time(_dated(alert)),
        "ecs": {"version": ECS_VERSION},
        "message": clip(alert.message),
        "event": _event(alert, clip),
        "host": _known(name=clip(alert.host)),
        "rule": _known(id=clip(alert.rule), name=clip(alert.title)),
        "threat": _threat(alert.attack),
        "user": _user(alert.who),
        "file": _file(alert.components, clip),
        "related": _known(hash=sorted({c.sha256 for c in alert.components[:MAX_COMPONENTS] if c.sha256})),
        "iisight": _own(alert, clip),
    }
    if clip.happened:
        document["iisight"] = {**_own(alert, clip), "clipped": True}
    return {key: value for key, value in document.items() if value}


class _Clip:
    """Shortens texts for a document, and knows whether any was too long."""

    __slots__ = ("happened",)

    def __init__(self) -> None:
        self.happened = False

    def __call__(self, text: str) -> str:
        """Return text that is not too long."""
        if len(text) <= MAX_FIELD:
            return text
        self.happened = True
        return text[: MAX_FIELD - len(CLIPPED)] + CLIPPED


def _dated(alert: Alert) -> datetime:
    """Return the time of an event, unless it is of long ago or yet to come; of everything else when it was seen."""
    happened = alert.happened
    if alert.kind is not AlertKind.EVENT or happened is None:
        return alert.time
    return happened if timedelta() <= alert.time - happened <= MAX_LATE else alert.time


def _event(alert: Alert, clip: _Clip) -> dict[str, object]:
    """Return the event fields: https://elastic.co/guide/en/ecs/8.17/ecs-event.html and its allowed values."""
    kind, category, kind_type = _KINDS[alert.kind]
    if alert.kind is AlertKind.CHANGE and bool(alert.old) != bool(alert.new):
        kind_type = "creation" if alert.new else "deletion"
    return _known(
        id=clip(alert.id),
        kind=kind,
        category=[category],
        type=[kind_type],
        action=kind_type if alert.kind is AlertKind.CHANGE else str(alert.kind),
        severity=_SCORES[alert.severity],
        created=_time(alert.time),
        start=None if alert.happened is None else _time(alert.happened),
        reason=clip(alert.message),
        module="iisight",
        dataset="iisight.alert",
    )


def _threat(attack: Sequence[str]) -> dict[str, object]:
    """Return techniques and subtechniques apart: https://elastic.co/guide/en/ecs/8.17/ecs-threat.html."""
    if not attack:
        return {}
    technique: dict[str, object] = {"id": list(dict.fromkeys(name.partition(".")[0] for name in attack))}
    if below := [name for name in dict.fromkeys(attack) if "." in name]:
        technique["subtechnique"] = {"id": below}
    return {"framework": "MITRE ATT&CK", "technique": technique}


def _user(who: str) -> dict[str, object]:
    r"""Return the person as far as `who` begins with one: `DOMAIN\name` or a SID; nothing is guessed."""
    first = who[:MAX_FIELD].partition(", ")[0]
    if _SID.fullmatch(first):
        return {"id": first}
    account = _ACCOUNT.fullmatch(first)
    return {} if account is None else {"domain": account[1], "name": account[2]}


def _file(components: Sequence[Concerned], clip: _Clip) -> dict[str, object]:
    r"""Return the first component's file, one that was read before one that was not; a .NET type has no `\`."""
    files = sorted((c for c in components if "\\" in c.image), key=lambda c: not c.sha256)
    if not files:
        return {}
    path, sha256 = files[0].image, files[0].sha256
    return _known(path=clip(path), name=clip(path.rpartition("\\")[2]), hash=_known(sha256=sha256))


def _own(alert: Alert, clip: _Clip) -> dict[str, object]:
    """Return what ECS has no field for."""
    return _known(
        kind=str(alert.kind),
        severity=str(alert.severity),
        also=[clip(rule) for rule in alert.also[: 10 * MAX_RULES]],
        locator={} if alert.locator is None else _place(alert.locator, clip),
        old=clip(alert.old),
        new=clip(alert.new),
        who=clip(alert.who),
        about=clip(alert.about),
        components=[_component(c, clip) for c in alert.components[:MAX_COMPONENTS]],
        more_components=max(len(alert.components) - MAX_COMPONENTS, 0) or None,
    )


def _place(place: Locator, clip: _Clip) -> dict[str, object]:
    return _known(
        path=clip(place.path),
        line=place.line,
        column=place.column,
        offset=place.offset,
        record=place.record,
        origin=clip(place.origin),
    )


def _component(component: Concerned, clip: _Clip) -> dict[str, object]:
    return _known(
        id=clip(component.id),
        kind=clip(component.kind),
        name=clip(component.name),
        image=clip(component.image),
        sha256=clip(component.sha256),
        verdict=None if component.verdict is None else str(component.verdict),
    )


def _known(**fields: object) -> dict[str, object]:
    """Return the fields that say something; zero does."""
    return dict(_saying(fields))


def _saying(fields: dict[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in fields.items():
        if value or (isinstance(value, int) and not isinstance(value, bool)):
            yield name, value


def _time(time: datetime) -> str:
    """Return a time of RFC 3339 with microseconds."""
    return f"{time.replace(tzinfo=None).isoformat('T', 'microseconds')}Z"


def _brief(text: str, most: int) -> str:
    """Return text that shows as itself, without its end when it is too long."""
    shown = escape(text[: most + 1])
    return shown if len(shown) <= most else shown[: most - len(CLIPPED)] + CLIPPED
