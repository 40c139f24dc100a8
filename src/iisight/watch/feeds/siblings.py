"""The files beside a log into which a rotation puts what was in it: renamed, or copied before it was cut off."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from iisight.watch.feeds.opening import Identity, identity_of, open_shared
from iisight.watch.feeds.tail import Place, is_at

MAX_ENTRIES = 10_000  # of a folder that are looked at
MAX_SIBLINGS = 64
_TURN = re.compile(r"[-._]*(?:\d[\dTZ:._-]{0,40}|old|bak|prev)", re.IGNORECASE)  # `.1`, `-20260101`, `.old`


@dataclass(frozen=True, slots=True)
class Sibling:
    """A file beside another."""

    path: Path
    identity: Identity
    changed: int  # nanoseconds


def siblings(path: Path) -> list[Sibling]:
    """Return files named after a log (`x.ndjson.1`, `x-2026-01-01.ndjson`) in the order of their last writing."""
    try:
        with os.scandir(path.parent) as entries:
            named = [Path(e.path) for e in islice(entries, MAX_ENTRIES) if _is_named_after(e.name, path)]
    except OSError:
        return []  # the log itself cannot be had then, which is told
    found = [sibling for one in named if (sibling := _sibling(one)) is not None]
    return sorted(found, key=lambda s: (s.changed, s.path.name))[-MAX_SIBLINGS:]


def find_place(place: Place, among: list[Sibling]) -> Path | None:
    """Return the file that has a place: the same one under another name, else a copy of it."""
    same = [s for s in among if s.identity == place.identity]
    return next(_that_are_at(place, [*same, *(among if place.check and place.offset else ())]), None)


def _that_are_at(place: Place, among: list[Sibling]) -> Iterator[Path]:
    for sibling in among:
        try:
            with open_shared(sibling.path) as file:
                if is_at(file, place):
                    yield sibling.path
        except OSError:
            continue  # rotated away while we look: the next of them may be it


def _is_named_after(name: str, path: Path) -> bool:
    """Tell whether a name is the log's with what a rotation adds; a log of its own may begin alike."""
    if name.startswith(path.name):
        return _TURN.fullmatch(name, len(path.name)) is not None
    end = len(name) - len(path.suffix)
    is_like = name.startswith(path.stem) and name.endswith(path.suffix)
    return is_like and _TURN.fullmatch(name, len(path.stem), max(end, 0)) is not None


def _sibling(path: Path) -> Sibling | None:
    try:
        found = os.stat(path, follow_symlinks=False)  # noqa: PTH116  of the link, if it is one
    except OSError:
        return None
    return Sibling(path, identity_of(found), found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None
