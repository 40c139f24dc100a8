"""What happened, as lines: under a component its story, for the server the timeline."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from iisight.model.locator import Locator
from iisight.model.report import Report
from iisight.model.story import LogRead, Moment
from iisight.report.finding_list import STYLES
from iisight.report.layout import Line, Span, line, paragraph, plural
from iisight.report.safe import escape

MAX_STORY = 8  # moments shown under one component
MAX_TIMELINE = 40  # moments of the server that are shown
MAX_LOGS = 10

_WHEN = len("2026-03-01 10:00:00Z")
_INDENT = "    "
_LOGON = ", logged on "
_FILES = "file times"  # what a file says of itself is the first to give way


def story(moments: Sequence[Moment], width: int, everything: bool) -> Iterator[Line]:
    """Yield the story of one component: the weightiest moments, in the order of time."""
    shown = _weightiest(moments, len(moments) if everything else MAX_STORY)
    told: set[str] = set()
    for number, moment in enumerate(shown):
        label = "story " if number == 0 else " " * 6
        text = summary(replace(moment, who=_once(moment.who, told)))
        yield from paragraph(f"{when(moment)}  {text}", width, f"  {label}", " " * 10)
    if len(moments) > len(shown):
        yield line(" " * 8, f"and {len(moments) - len(shown):,} more moments (--all)")


def is_told(moments: Sequence[Moment]) -> bool:
    """Tell whether a story has more to tell than the times of files."""
    return any(moment.source != _FILES for moment in moments)


def timeline(report: Report, width: int, everything: bool) -> Iterator[Line]:
    """Yield what happened on the server, in the order of time."""
    if not report.timeline:
        yield line("Nothing that was read tells of a change to the web server.")
        return
    shown = _weightiest(report.timeline, len(report.timeline) if everything else MAX_TIMELINE)
    for moment in shown:
        yield from _moment(moment, width)
    if len(report.timeline) > len(shown):
        yield line(f"and {len(report.timeline) - len(shown):,} more moments, of less weight (--all)")


def logs(read: Sequence[LogRead], everything: bool) -> Iterator[Line]:
    """Yield each log with how much of it was read."""
    most = len(read) if everything else MAX_LOGS
    for log in read[:most]:
        span = f", {day(log.first)} to {day(log.last)}" if log.first is not None and log.last is not None else ""
        lost = f", {log.lost:,} lost" if log.lost else ""
        yield line(f"  {escape(log.path)}: {plural(log.records, 'record')}{lost}{span}")
    if read[most:]:
        yield line(f"  and {plural(len(read) - most, 'more log')} (--all)")


def when(moment: Moment) -> str:
    """Return the time as `2026-03-01 10:00:00Z`, blanks when it is not known."""
    return (day(moment.time) if moment.time is not None else "at no known time").ljust(_WHEN)


def day(time: datetime) -> str:
    """Return a time as `2026-03-01 10:00:00Z`."""
    return f"{time.replace(tzinfo=None).isoformat(' ', 'seconds')}Z"


def summary(moment: Moment) -> str:
    """Return source and deed in one line, with the person, and how often."""
    who = f" by {moment.who}" if moment.who else ""
    until = f" until {day(moment.until)}" if moment.until is not None else ""
    times = f" ({moment.count:,} times{until})" if moment.count > 1 else ""
    record, place = _place(moment.locator)
    return f"{moment.source}{record}: {moment.what}{who}{times}{place}"


def _place(locator: Locator | None) -> tuple[str, str]:
    r"""Return ` #12` of a record, or ` [folder\file:12]` of a line: enough to find it, the timeline has all of it."""
    if locator is None or (locator.record is None and locator.line is None):
        return "", ""
    if locator.record is not None:
        return f" #{locator.record}", ""
    short = "\\".join(locator.path.split("\\")[-2:])
    return "", f" [{short}:{locator.line}]"


def _once(who: str, told: set[str]) -> str:
    """Return who did it; what was told before of the same person is not repeated."""
    if not who or who in told:
        return "the same" if who else ""
    told.add(who)
    person, logged, logon = who.partition(_LOGON)
    if not logged or logon not in told:
        told.add(logon)
        return who
    return f"{person}, same logon"


def _moment(moment: Moment, width: int) -> Iterator[Line]:
    weight = f" {moment.weight.upper()} {' '.join(moment.rules)}" if moment.rules else ""
    yield line(when(moment), Span(weight, STYLES[moment.weight]), f"  {escape(moment.source)}")
    yield from paragraph(moment.what, width, _INDENT)
    if moment.who:
        yield from paragraph(f"by {moment.who}", width, _INDENT)
    if moment.count > 1 or moment.until is not None:
        until = f", until {day(moment.until)}" if moment.until is not None else ""
        yield line(_INDENT, f"{moment.count:,} times{until}")
    if moment.locator is not None and str(moment.locator) not in moment.what:
        yield line(_INDENT, Span(escape(str(moment.locator)), "underline"))


def _weightiest(moments: Sequence[Moment], most: int) -> list[Moment]:
    order = sorted(range(len(moments)), key=lambda i: (-moments[i].weight.rank, moments[i].source == _FILES, i))
    kept = set(order[:most])
    return [moment for i, moment in enumerate(moments) if i in kept]
