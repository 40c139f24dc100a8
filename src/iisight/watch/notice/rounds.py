"""Goes round some roots: are they there, are they followed, did anything change that was not told."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from iisight.watch.notice.batch import Note, NoteKind, Root
from iisight.watch.notice.feed import Feed, Trouble
from iisight.watch.notice.gathering import Gathering, above_all
from iisight.watch.notice.listing import Lister, identity, list_folder
from iisight.watch.notice.pace import POLLED, ROOTS, SAFETY, Pace
from iisight.watch.notice.places import Identify, Place, check, look_at_file, to_follow, to_sweep
from iisight.watch.notice.scope import parent
from iisight.watch.notice.sweep import MAX_FOLDERS, Seen, Sweep


@dataclass(frozen=True, slots=True)
class Means:
    """What rounds work with."""

    feed: Feed
    gathering: Gathering
    lister: Lister = list_folder
    identify: Identify = identity
    clock: Callable[[], float] = time.monotonic


@dataclass(slots=True)
class _Duty:
    """Something that is done again and again."""

    pace: Pace
    at: float = 0.0
    soonest: float = 0.0

    def run(self, work: Callable[[], None], clock: Callable[[], float]) -> None:
        """Do it if it is due."""
        began = clock()
        if began >= self.at:
            work()
            ended = clock()
            self.at = ended + self.pace.pause(ended - began)
            self.soonest = ended + 10 * (ended - began)

    def hurry(self) -> None:
        """Let it be done soon, and at a tenth of the time at most however often this is asked for."""
        self.at = min(self.at, self.soonest)


@dataclass(slots=True)
class _Late:
    """Folders that were followed."""

    lost: set[str] = field(default_factory=set)  # nothing is told of them any more
    missed: set[str] = field(default_factory=set)  # something was not told


class Rounds:
    """Some roots, and the thread that goes round them."""

    def __init__(self, means: Means, told: Pace = SAFETY, polled: Pace = POLLED) -> None:
        self.sweep = Sweep(means.lister)
        self._means = means
        self._places: dict[Root, Place] = {}
        self._plan: dict[str, bool] = {}  # what is followed, `True`: with all below
        self._late = _Late()
        self._behind = False  # the plan is not that of the roots, or a folder of it is not there yet
        self._roots = _Duty(ROOTS)
        self._again = _Duty(Pace(1, 10))
        self._told, self._polled = _Duty(told), _Duty(polled)
        self._lock = threading.Lock()  # of the places and of what is late
        self._poked = threading.Event()

    def set_roots(self, roots: Mapping[Root, str]) -> None:
        """Go round these roots from now on, each with why the system does not tell of all of it, if so."""
        with self._lock:
            self._behind = True
            for root in self._places.keys() - roots.keys():
                del self._places[root]
                self.sweep.forget(str(root.path))
            for root in sorted(roots.keys() - self._places.keys()):
                self._places[root] = Place(root, roots[root])
                if roots[root]:
                    self._means.gathering.add(notes=[Note(NoteKind.POLLED, root.path, roots[root])])
        self.poke()

    def not_told(self, lost: Iterable[str] = (), missed: Iterable[str] = ()) -> None:
        """Take note that nothing is told of followed folders any more, or that something was left out."""
        with self._lock:
            self._late.lost.update(lost)
            self._late.missed.update(missed)
        self.poke()

    def poke(self) -> None:
        """Let the roots be looked at now."""
        self._roots.hurry()
        self._poked.set()

    def run(self, halt: threading.Event) -> None:
        """Go round until `halt`; `poke` it then."""
        while not halt.is_set():
            self._poked.wait(self.step(halt))
            self._poked.clear()

    def step(self, halt: threading.Event | None = None) -> float:
        """Do what is due; return the seconds until something is due again."""
        clock = self._means.clock
        self._roots.run(self.check, clock)
        self._told.run(lambda: self._visit(False, halt), clock)
        self._polled.run(lambda: self._visit(True, halt), clock)
        return max(min(self._roots.at, self._told.at, self._polled.at) - clock(), 0.0)

    def check(self, first: bool = False) -> None:
        """See whether the roots are there and followed; `first`: nobody looked at them before, so none is news."""
        news: set[str] = set()
        notes: list[Note] = []
        places = self._known()
        for place in places:
            seen = check(place, self._means.identify, self._means.lister)
            notes += seen.notes
            if seen.came or seen.went:
                news.add(place.path)
        if not news and not notes and not self._behind and not self._is_late():
            return
        again, late_notes = self._follow(places, news)
        if first:
            self._means.gathering.add(notes=notes + late_notes)
        else:
            self._tell(places, news, again, notes + late_notes)

    def _is_late(self) -> bool:
        with self._lock:
            return bool(self._late.lost or self._late.missed)

    def _known(self) -> list[Place]:
        with self._lock:
            return list(self._places.values())

    def _tell(self, places: list[Place], news: set[str], again: dict[str, bool], notes: list[Note]) -> None:
        """Let what came, went or is followed anew be looked at."""
        concerned = [place for place in places if place.path in news or (place.identity and _is_in(again, place.path))]
        whole = [place.path for place in concerned if place.is_folder]
        paths = [place.path for place in concerned if not place.is_folder]
        if whole or paths or notes:
            self._means.gathering.add(paths, whole, notes)

    def _follow(self, places: list[Place], news: set[str]) -> tuple[dict[str, bool], list[Note]]:
        """Let the feed tell of what must be followed; return what is followed from now on only."""
        wanted, late = to_follow(places), self._take_late()
        for folder in [f for f in self._plan if f not in wanted or wanted[f] != self._plan[f] or f in late.lost | news]:
            self._means.feed.forget(folder)
            del self._plan[folder]
        missed = late.missed & self._plan.keys()
        self._behind = False
        again: dict[str, bool] = {}
        notes = [
            Note(NoteKind.OVERFLOW, Path(f), "the system left out notifications; all is looked at anew")
            for f in sorted(missed)
        ]
        for folder, deep in wanted.items():
            if folder in self._plan and folder not in missed:
                continue
            try:
                troubles = self._means.feed.follow(folder, deep)
            except (FileNotFoundError, NotADirectoryError):
                self._behind = True  # the next check looks for it
                continue
            except OSError as error:
                troubles = [Trouble(folder, error.strerror or str(error), full=True)]
            self._plan[folder] = again[folder] = deep
            notes += self._note_troubles(places, folder, deep, troubles)
        return again, notes

    def _take_late(self) -> _Late:
        taken = _Late()

        def take() -> None:
            with self._lock:
                taken.missed, self._late.missed = self._late.missed, set()

        with self._lock:
            taken.lost, self._late.lost = self._late.lost, set()
            is_some = bool(self._late.missed)
        if is_some:
            self._again.run(take, self._means.clock)
        return taken

    def _note_troubles(self, places: list[Place], folder: str, deep: bool, troubles: list[Trouble]) -> list[Note]:
        """Look from time to time at what cannot be followed; a folder that cannot be listed is told by the sweep."""
        why = next((trouble.reason for trouble in troubles if trouble.full), "")
        notes = []
        for place in places:
            if why and not place.why_polled and _covers(folder, {folder: deep}, place.path):
                place.why_polled = why
                notes.append(place.note(NoteKind.POLLED, why))
        return notes

    def _visit(self, polled: bool, halt: threading.Event | None) -> None:
        places = self._known()
        if not any(bool(place.why_polled) is polled for place in places):
            return
        for place in to_sweep(places):
            if bool(place.why_polled) is not polled or (halt is not None and halt.is_set()):
                continue
            if not place.is_folder:
                if look_at_file(place):
                    self._means.gathering.add(paths=[place.path])
                continue
            try:
                seen = self.sweep.visit(place.path, place.root.recursive, halt)
            except OSError as error:
                self._lose(place, error)
                continue
            self._tell_seen(place, seen)

    def _lose(self, place: Place, error: OSError) -> None:
        """Note that a root cannot be listed; `check` finds out when it can be."""
        place.lost, place.identity = True, None
        self._behind = True
        self._means.gathering.add(notes=[place.note(NoteKind.LOST, error.strerror or str(error))])

    def _tell_seen(self, place: Place, seen: Seen) -> None:
        """Tell what a visit found; the first one of a root of which the system tells finds nothing but how it is."""
        refused = frozenset(seen.refused)
        notes = [Note(NoteKind.REFUSED, Path(folder), why) for folder, why in sorted(refused - place.refused)]
        open_again = {folder for folder, _ in place.refused} - {folder for folder, _ in refused}
        notes += [Note(NoteKind.BACK, Path(folder), "it can be looked into again") for folder in sorted(open_again)]
        place.refused = refused
        if seen.too_many and not place.swept:
            notes.append(place.note(NoteKind.BOUND, f"it has more than {MAX_FOLDERS:,} folders; not all are looked at"))
        is_news = place.swept or place.why_polled
        place.swept = True
        if notes or (is_news and (seen.paths or seen.whole)):
            self._means.gathering.add(seen.paths if is_news else (), seen.whole if is_news else (), notes)


def _is_in(plan: Mapping[str, bool], path: str) -> bool:
    return any(_covers(folder, plan, path) for folder in (path, *above_all(path)))


def _covers(folder: str, plan: Mapping[str, bool], path: str) -> bool:
    """Say whether what is told of a folder of the plan tells of a path."""
    if folder not in plan:
        return False
    return folder in (path, parent(path)) or (plan[folder] and folder in above_all(path))
