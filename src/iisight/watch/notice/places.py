"""A root, and what is known of it: is it there, is it the same, can it be seen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from iisight.watch.notice.batch import Note, NoteKind, Root
from iisight.watch.notice.listing import Lister, look
from iisight.watch.notice.scope import outermost, parent

Identity = tuple[int, int, bool]  # device, number, whether it is a folder
Identify = Callable[[str], Identity | None]

_NOTHING_THERE = "there is no such file or folder"


@dataclass(slots=True)
class Place:
    """A root, and what is known of it."""

    root: Root
    why_polled: str = ""  # the system does not tell of all of it
    identity: Identity | None = None
    known: bool = False  # it was asked for at least once
    lost: bool = False
    swept: bool = False
    mark: int | None = None  # of a single file, as last seen
    refused: frozenset[tuple[str, str]] = frozenset()  # folders in it that cannot be listed, and why

    @property
    def path(self) -> str:
        """Where it is."""
        return str(self.root.path)

    @property
    def is_folder(self) -> bool:
        """Say whether it is a folder that is there."""
        return self.identity is not None and self.identity[2]

    def note(self, kind: NoteKind, reason: str) -> Note:
        """Return a note about it."""
        return Note(kind, self.root.path, reason)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at a root showed."""

    came: bool = False  # it is there and was not, or is another than before
    went: bool = False
    notes: tuple[Note, ...] = ()


def check(place: Place, identify: Identify, lister: Lister) -> Checked:
    """Look whether a root is there, and is the same."""
    found, reason = _identify(place, identify, lister)
    before, was_known, was_lost = place.identity, place.known, place.lost
    place.identity, place.known = found, True
    if found is None:
        place.lost |= bool(reason) or (place.root.recursive and not was_known) or (before is not None and before[2])
        notes = (place.note(NoteKind.LOST, reason or _NOTHING_THERE),) if place.lost and not was_lost else ()
        return Checked(went=before is not None, notes=notes)
    place.lost = False
    notes = (place.note(NoteKind.BACK, "it can be seen again"),) if was_lost else ()
    is_new = before is None or (found != before and (found[2] or before[2]))
    return Checked(came=is_new, notes=notes)


def look_at_file(place: Place) -> bool:
    """Say whether a single file differs from when it was last looked at."""
    entry = look(place.path)
    mark = None if entry is None else entry.mark
    before, place.mark = place.mark, mark
    differs = place.swept and mark != before
    place.swept = True
    return differs


def to_follow(places: Iterable[Place]) -> dict[str, bool]:
    """Return the folders to be followed, `True`: with all below; for what is no folder, the one it stands in."""
    found: dict[str, bool] = {}
    for place in places:
        folder, deep = (place.path, place.root.recursive) if place.is_folder else (parent(place.path), False)
        found[folder] = found.get(folder, False) or deep
    return outermost(found)


def to_sweep(places: Iterable[Place]) -> list[Place]:
    """Return the roots that are there and do not lie in another one."""
    there = [place for place in places if place.identity is not None]
    folders = {place.path: False for place in there}
    for place in there:
        folders[place.path] |= place.is_folder and place.root.recursive
    kept = outermost(folders)
    chosen = {
        place.path: place for place in sorted(there, key=lambda p: p.root) if place.path in kept
    }  # the recursive one last
    return list(chosen.values())


def _identify(place: Place, identify: Identify, lister: Lister) -> tuple[Identity | None, str]:
    """Return what is at a root, or why that cannot be said; a lost folder is there once it can be listed again."""
    try:
        found = identify(place.path)
        if found is not None and found[2] and place.lost:
            next(iter(lister(place.path)), None)
    except OSError as error:
        return None, error.strerror or str(error)
    return found, ""
