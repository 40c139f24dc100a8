"""Give every activity to the rules about events, and keep what matters of what was heard, within bounds."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from iisight.engine.registry import Rule, Shape
from iisight.engine.running import run
from iisight.engine.settings import Settings
from iisight.model.activity import Activity
from iisight.model.coverage import Gap, GapKind
from iisight.model.finding import Finding

MAX_HEARD = 20_000  # different activities that are kept with findings, and as many without; alike ones are folded
MAX_JUDGED = 200_000  # different activities that rules are asked about: a minute


@dataclass(frozen=True, slots=True)
class Heard:
    """An activity, what the rules say of it, and how many were alike."""

    activity: Activity
    findings: tuple[Finding, ...] = ()
    count: int = 1
    until: datetime | None = None  # time of the last one
    components: tuple[str, ...] = ()  # ids of those it is about
    who: str = ""  # user, chain of processes and logon, in one line


def listen(
    activities: Iterable[Activity], rules: Iterable[Rule], settings: Settings, gaps: list[Gap]
) -> tuple[Heard, ...]:
    """Return what was heard, in the order of time; a rule that fails is not asked again."""
    listener = _Listener([rule for rule in rules if rule.shape is Shape.EVENT], settings, gaps)
    for activity in activities:
        listener.hear(activity)
    return listener.heard()


class _Listener:
    def __init__(self, rules: list[Rule], settings: Settings, gaps: list[Gap]) -> None:
        self._rules = rules
        self._settings = settings
        self._gaps = gaps
        self._kept: dict[tuple[object, ...], Heard] = {}
        self._counts = {True: 0, False: 0}  # of those kept, with findings and without
        self._unkept: set[int] = set()  # hashes of what was judged and not kept
        self._judged = self._quiet = self._dropped = 0

    def hear(self, activity: Activity) -> None:
        key = _likeness(activity)
        known = self._kept.get(key)
        if known is not None:
            self._kept[key] = _fold(known, activity)
        elif hash(key) in self._unkept:
            return  # counted with the first of them
        elif self._judged < MAX_JUDGED:
            self._judged += 1
            self._keep(key, Heard(activity, tuple(self._findings(activity))))
        else:
            self._dropped += 1

    def _keep(self, key: tuple[object, ...], heard: Heard) -> None:
        """Keep what was heard while there is room: what no rule speaks of does not push out what one does."""
        is_weighty = bool(heard.findings)
        if self._counts[is_weighty] < MAX_HEARD:
            self._counts[is_weighty] += 1
            self._kept[key] = heard
            return
        self._unkept.add(hash(key))
        self._dropped += is_weighty
        self._quiet += not is_weighty

    def heard(self) -> tuple[Heard, ...]:
        untold = f"more than {MAX_HEARD:,} different activities that no rule speaks of: the rest is not told"
        unseen = "too many different activities: the rest was not looked at or not kept; narrow the time range"
        for reason, count in ((untold, self._quiet), (unseen, self._dropped)):
            if count:
                self._gaps.append(Gap(GapKind.REFUSED, "event logs", reason, count))
        return tuple(sorted(self._kept.values(), key=_order))

    def _findings(self, activity: Activity) -> list[Finding]:
        found: list[Finding] = []
        for rule in list(self._rules):
            before = len(self._gaps)
            found += run(rule, activity, self._settings, self._gaps)
            if len(self._gaps) > before:
                self._rules.remove(rule)
        return found


def _likeness(activity: Activity) -> tuple[object, ...]:
    """Return what two activities that say the same have in common: all but time, place and process ids."""
    event, actor = activity.event, activity.actor
    what = (event.provider, event.id, event.computer.lower(), activity.actions, activity.sigma)
    return *what, actor.user, actor.sid, actor.process, actor.command, actor.parent


def _fold(known: Heard, activity: Activity) -> Heard:
    """Return both as one: the earlier activity stays, findings with it."""
    times = [t for t in (known.activity.event.time, known.until, activity.event.time) if t is not None]
    until = max(times, default=None)
    return replace(known, count=known.count + 1, until=until)


def _order(heard: Heard) -> tuple[object, ...]:
    event = heard.activity.event
    stamp = 0.0 if event.time is None else event.time.timestamp()
    return stamp, event.computer, event.channel, -1 if event.record is None else event.record, event.locator.path
