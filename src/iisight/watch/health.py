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
    components: int
    findings: int
    unread: int  # things that the last look at everything could not read
    looked: datetime | None  # when everything was looked at last
    alerts: int  # told since the start
    feeds: tuple[str, ...] = ()  # how each describes itself
    sinks: tuple[SinkHealth, ...] = ()
    unwatched: tuple[str, ...] = ()  # what is not watched, and why
    trouble: str = ""  # why the state cannot be written, or everything could not be looked at

    @property
    def is_well(self) -> bool:
        """Tell whether everything is watched and every sink takes alerts."""
        return not self.trouble and not self.unwatched and all(sink.since is None for sink in self.sinks)


def line(health: Health) -> str:
    """Return it in one line."""
    looked = "not yet" if health.looked is None else day(health.looked)
    standing = f"{_count(health.components, 'component')}, {_count(health.findings, 'finding')} that stand"
    parts = [
        f"watching {_count(health.files, 'file')} in {_count(health.folders, 'place')} since {day(health.since)}",
        f"{standing}, {_count(health.unread, 'thing')} not read; all looked at {looked}",
        f"{_count(health.alerts, 'alert')} told",
    ]
    parts += [f"feed {feed}" for feed in health.feeds]
    parts += [_sink(sink) for sink in health.sinks]
    if health.unwatched:
        more = len(health.unwatched) - _SHOWN
        rest = f" and {more} more" if more > 0 else ""
        parts.append(f"NOT WATCHED: {'; '.join(health.unwatched[:_SHOWN])}{rest}")
    else:
        parts.append("nothing is left out")
    if health.trouble:
        parts.append(f"TROUBLE: {health.trouble}")
    return "; ".join(parts)


def alert_of(health: Health, host: str, time: datetime, turn: int) -> Alert:
    """Return it as an alert."""
    severity = Severity.INFO if health.is_well else Severity.MEDIUM
    made = own_alert(time, host, line(health), "health", host, turn, time.isoformat(), severity=severity)
    return replace(made, kind=AlertKind.HEALTH)


def _sink(sink: SinkHealth) -> str:
    text = f"sink {sink.name}: {sink.delivered:,} sent, {sink.waiting:,} wait"
    if sink.dropped or sink.refused:
        text += f", {sink.dropped:,} dropped, {sink.refused:,} refused"
    return text if sink.since is None else f"{text}, FAILS since {day(sink.since)}: {sink.last_error}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
