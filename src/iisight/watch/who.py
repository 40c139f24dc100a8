"""Who made a change that was seen: the one whose recorded act names what changed. A wrong name is worse than none."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from iisight.engine.listening import Heard
from iisight.engine.origins import NOBODY
from iisight.evidence import paths
from iisight.model.activity import ASKED, Act, Action, Actor
from iisight.model.alert import Concerned
from iisight.model.comparison import Turn
from iisight.telemetry.interpret import fold
from iisight.telemetry.seek import logon_number

MAX_RECENT = 5_000  # acts that are remembered
KEPT = 900.0  # seconds they are
MAX_ACTORS = 32  # different ones that can be behind one change; with more, nobody can say
WINDOW = timedelta(seconds=60)  # before and after the change

_DEEDS = frozenset(
    {
        Act.REGISTER, Act.UNREGISTER, Act.CONFIGURE, Act.UNLOCK, Act.RESTORE, Act.COMMIT, Act.INSTALL, Act.WRITE,
        Act.DELETE, Act.RETIME, Act.SET_VALUE, Act.BLIND, Act.EXEMPT, Act.CLEAR,
    }
)  # fmt: skip
_NAMING = frozenset({Act.REGISTER, Act.UNREGISTER, Act.CONFIGURE, Act.INSTALL})
_WHOLE = frozenset({Act.RESTORE, Act.COMMIT})  # change the configuration, and name nothing in it
_CONFIGURATION = (".config",)
_SLEEPER = "sleeper"  # comes when its registration goes, and goes when that comes
_CONTRARY = {
    (False, Turn.ADDED): frozenset({Act.UNREGISTER, Act.DELETE}),
    (False, Turn.REMOVED): frozenset({Act.REGISTER, Act.INSTALL, Act.WRITE, Act.RETIME}),
    (True, Turn.ADDED): frozenset({Act.REGISTER, Act.INSTALL, Act.DELETE}),
    (True, Turn.REMOVED): frozenset({Act.UNREGISTER, Act.WRITE, Act.RETIME}),
}  # by whether it is a sleeper, and what became of it: what cannot have done that
_SYSTEM = re.compile(r"S-1-5-(?:18|19|20)\Z|NT AUTHORITY\\", re.IGNORECASE)


class _Fit(IntEnum):
    """How well an act fits a change."""

    NONE = 0
    AROUND = 1  # the configuration was written, nothing says what in it
    FILE = 2  # the file that changed
    THING = 3  # the very component, by its name or its code


@dataclass(frozen=True, slots=True)
class Changed:
    """A change that somebody is sought for."""

    time: datetime  # aware, UTC; when it happened, as nearly as it is known
    paths: tuple[str, ...] = ()  # Windows paths of the files that changed
    components: tuple[Concerned, ...] = ()
    section: str = ""  # of the configuration, when a setting changed: `system.webServer/httpLogging`
    host: str = ""  # empty: any
    turn: Turn = Turn.CHANGED  # whether it came or went


class Recent:
    """What was heard in the last minutes; bounded, and forgotten by a clock that is never set."""

    def __init__(
        self, clock: Callable[[], float], told: Callable[[Heard], Heard], most: int = MAX_RECENT, age: float = KEPT
    ) -> None:
        """Begin with nothing; `told` says again who did something, as far as it is known by then."""
        self._clock = clock
        self._told = told
        self._age = age
        self._kept: deque[tuple[float, Heard]] = deque(maxlen=most)

    def add(self, heard: Iterable[Heard]) -> None:
        """Remember acts that can be behind a change."""
        now = self._clock()
        self._kept.extend((now, one) for one in heard if any(map(_is_deed, one.activity.actions)))
        self._forget(now)

    def learn(self) -> bool:
        """Ask again whose the acts are that are nobody's yet; tell whether one is known now."""
        has_learnt = False
        for at, (when, heard) in enumerate(self._kept):
            if not names_account(heard) and (told := self._told(heard)).who != heard.who:
                self._kept[at] = when, told
                has_learnt = True
        return has_learnt

    def __iter__(self) -> Iterator[Heard]:
        """Yield what is remembered, in the order in which it came."""
        self._forget(self._clock())
        return (heard for _, heard in tuple(self._kept))

    def __len__(self) -> int:
        """Return how many acts are remembered."""
        return len(self._kept)

    def _forget(self, now: float) -> None:
        while self._kept and now - self._kept[0][0] > self._age:
            self._kept.popleft()


def names_account(heard: Heard) -> bool:
    """Tell whether it is known of an act whose account did it, and not the program alone."""
    return bool(heard.activity.actor.user or heard.activity.actor.sid)


def joined(
    changed: Changed, recent: Iterable[Heard], before: timedelta = WINDOW, after: timedelta = WINDOW
) -> Heard | None:
    """Return the act that made a change, with who did it; None when nobody or more than one fits best."""
    fitting = [
        (fit, _distance(heard, changed.time), heard)
        for heard in recent
        if heard.who
        and _is_near(heard, changed.time, before, after)
        and _is_of(heard, changed.host)
        and (fit := _fit(heard, changed))
    ]
    best = max((fit for fit, _, _ in fitting), default=_Fit.NONE)
    found = sorted(((distance, heard) for fit, distance, heard in fitting if fit is best), key=lambda one: one[0])
    return _agreed([heard for _, heard in found])


def _is_deed(action: Action) -> bool:
    return action.act in _DEEDS and not action.failed and action.note != ASKED


def _is_near(heard: Heard, time: datetime, before: timedelta, after: timedelta) -> bool:
    first = heard.activity.event.time
    return first is not None and time - before <= (heard.until or first) and first <= time + after


def _distance(heard: Heard, time: datetime) -> timedelta:
    """Return how far an act is from a time; alike acts that were folded reach from the first to the last."""
    first = heard.activity.event.time or time
    last = heard.until or first
    return max(first - time, time - last, timedelta())


def _is_of(heard: Heard, host: str) -> bool:
    computer = heard.activity.event.computer
    short = [name.partition(".")[0].lower() for name in (computer, host)]
    return not all(short) or short[0] == short[1]


def _fit(heard: Heard, changed: Changed) -> _Fit:
    wanted = frozenset(map(fold, changed.paths))
    return max((_fit_of(a, heard, changed, wanted) for a in heard.activity.actions if _is_deed(a)), default=_Fit.NONE)


def _fit_of(action: Action, heard: Heard, changed: Changed, wanted: frozenset[str]) -> _Fit:
    if _is_contrary(action, changed):
        return _Fit.NONE
    if any(_names(action, component) for component in changed.components):
        return _Fit.THING
    if {c.id for c in changed.components} & set(heard.components) and len(heard.activity.actions) == 1:
        return _Fit.THING
    if action.act in _WHOLE:
        return _Fit.AROUND if any(map(_is_configuration, changed.paths)) else _Fit.NONE
    if not changed.components and changed.section and action.section.lower() == changed.section.lower():
        return _Fit.THING
    if not action.subject or fold(action.subject) not in wanted:
        return _Fit.NONE
    if action.section:  # the entry of a file, and not the one that is sought where one is
        return _Fit.NONE if changed.components or changed.section else _Fit.FILE
    return _Fit.FILE if _is_configuration(action.subject) else _Fit.THING


def _is_contrary(action: Action, changed: Changed) -> bool:
    """Tell whether an act does the opposite of what became of the components: who installs a module removes none."""
    is_sleeper = any(c.kind == _SLEEPER for c in changed.components)
    return bool(changed.components) and action.act in _CONTRARY.get((is_sleeper, changed.turn), ())


def _names(action: Action, component: Concerned) -> bool:
    """Tell whether an act names a component: the file it runs, or the name it is registered by."""
    image = component.image
    files = [paths.expand(text, paths.default_variables()) for text in (action.code, action.subject) if text]
    if image and fold(image) in map(fold, files):
        return True
    is_type = bool(image) and "\\" not in image and _type(action.code) == _type(image)
    is_name = action.act in _NAMING and bool(component.name) and action.name.casefold() == component.name.casefold()
    is_other = is_name and bool(action.code) and bool(image) and "\\" in image and "\\" in action.code
    return is_type or (is_name and not is_other)  # a name with the path of another file is another component


def _type(text: str) -> str:
    return text.partition(",")[0].strip().lower()


def _is_configuration(path: str) -> bool:
    return paths.extension(path) in _CONFIGURATION


def _agreed(found: Sequence[Heard]) -> Heard | None:
    """Return the nearest that says most, when all of them can be of one and the same."""
    different = list({heard.who: heard for heard in reversed(found)}.values())[::-1]
    if len(different) > MAX_ACTORS:
        return None
    if not all(_agree(one, other) for at, one in enumerate(different) for other in different[:at]):
        return None
    return max(different, key=lambda heard: _known(heard.activity.actor), default=None)


def _known(actor: Actor) -> int:
    return sum(map(bool, (actor.user, actor.command, actor.parent, actor.process, actor.logon)))


def _agree(one: Heard, other: Heard) -> bool:
    """Tell whether two acts are of one: the same process, one that started the other, or the same logon and user."""
    left, right = one.activity.actor, other.activity.actor
    if one.who == other.who:
        return True
    for mine, its in ((left.user, right.user), (left.sid, right.sid), (left.logon, right.logon)):
        if mine and its and mine.casefold() != its.casefold():
            return False
    if left.guid and right.guid and {left.guid, left.parent_guid} & {right.guid, right.parent_guid} - {""}:
        return True
    if left.pid is not None and left.pid == right.pid and not (left.guid and right.guid):
        return not (left.process and right.process) or fold(left.process) == fold(right.process)
    return _is_one_person(left, right)


def _is_one_person(left: Actor, right: Actor) -> bool:
    """Tell whether one logon did both, or one account where logons are unknown; not for Windows' own."""
    if left.logon and right.logon:
        return logon_number(left.logon) not in NOBODY
    names = [(left.sid, right.sid), (left.user, right.user)]
    return any(mine and its and not _SYSTEM.match(mine) for mine, its in names)


__all__ = ["KEPT", "MAX_RECENT", "WINDOW", "Changed", "Recent", "joined", "names_account"]
