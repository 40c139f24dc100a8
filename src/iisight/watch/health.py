"""The line that says how the watch itself is: what is watched, since when, and what is not."""

from dataclasses import dataclass, replace
from datetime import datetime

from iisight.model.alert import Alert, AlertKind
from iisight.model.finding import Severity
from iisight.report.moments import day
from iisight.watch.courier import SinkHealth
from iisight.watch.queue import own_alert

_SHOWN = 5  # of what is not watched, by name


@dataclass(frozen=True, slots=True)
class Health:
    """How the watch is."""

    since: datetime  # aware, UTC
    folders: int
    files: int
    findings: int  # that stand
    unread: int  # things that the last look at everything could not read
    looked: datetime | None  # when everything was looked at last
    feeds: tuple[str, ...] = ()  # how each describes itself
    sinks: tuple[SinkHealth, ...] = ()
    unwatched: tuple[str, ...] = ()  # what is not watched, and why
    trouble: str = ""  # why the state cannot be written, or everything could not be looked at

    @property
    def is_well(self) -> bool:
        """Tell whether everything is watched and every sink takes alerts."""
        return not self.trouble and not self.unwatched and all(sink.since is None for sink in self.sinks)


def line(health: Health) -> str:
    """Return it in one line: what is watched, since when, and what is not, and no more."""
    looked = "not looked through yet" if health.looked is None else f"looked through at {day(health.looked)}"
    watched = f"{_count(health.files, 'file')} in {_count(health.folders, 'place')}"
    parts = [f"watching {watched} since {day(health.since)}, {looked}", *health.feeds]
    parts += [f"findings that stand: {health.findings:,}"] if health.findings else []
    parts += [_sink(sink) for sink in health.sinks if _is_told(sink)]
    left_out = [f"{_count(health.unread, 'thing')} not read"] if health.unread else []
    if health.unwatched:
        more = len(health.unwatched) - _SHOWN
        rest = f" and {more} more" if more > 0 else ""
        left_out.append(f"NOT WATCHED: {'; '.join(health.unwatched[:_SHOWN])}{rest}")
    parts += left_out or ["nothing is left out"]
    if health.trouble:
        parts.append(f"TROUBLE: {health.trouble}")
    return "; ".join(parts)


def alert_of(health: Health, host: str, time: datetime, turn: int) -> Alert:
    """Return it as an alert."""
    severity = Severity.INFO if health.is_well else Severity.MEDIUM
    made = own_alert(time, host, line(health), "health", host, turn, time.isoformat(), severity=severity)
    return replace(made, kind=AlertKind.HEALTH)


def _is_told(sink: SinkHealth) -> bool:
    """Tell whether a sink did not take everything, or does not now."""
    return sink.since is not None or bool(sink.dropped or sink.refused)


def _sink(sink: SinkHealth) -> str:
    lost = f"{sink.dropped:,} dropped, {sink.refused:,} refused" if sink.dropped or sink.refused else ""
    fails = f"{sink.waiting:,} wait, FAILS since {day(sink.since)}: {sink.last_error}" if sink.since is not None else ""
    return f"sink {sink.name}: {', '.join(filter(None, (lost, fails)))}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
