"""Recognise how evidence was collected, by the names in it alone.

The shapes: drives as collectors write them (`C/`, `C%3A/`, `uploads/ntfs/%5C%5C.%5CC%3A/`: KAPE, CyLR,
Velociraptor), the root of a drive, pieces of one (the configuration folder, `inetpub`), an application.
The audited host may be hostile and can plant folders that look like another shape: the shallowest one counts.
Of two as shallow a known folder with the server's configuration in its place counts before a drive, which may be
planted in it, and a drive before a bare applicationHost.config, which may be planted on it; the other one is told.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from iisight.evidence.mount import MAX_DEPTH, OUTSIDE, Mount
from iisight.evidence.names import split
from iisight.model.coverage import Gap, GapKind

MAX_WRAPPERS = 4  # folders around the drives
MAX_CANDIDATES = 4096  # folders that are weighed
MAX_ROOTS = 64  # folders that are mapped

CONFIG = r"C:\Windows\System32\inetsrv\config"
EXPRESS = r"C:\Users\user\Documents\IISExpress\config"
WWWROOT = r"C:\inetpub\wwwroot"
UNKNOWN = r"C:\evidence"

_Parts = tuple[str, ...]  # the first parts of a name, lower-case

_DRIVE = re.compile(r"(?:(?:%5c){2}(?:\.|%2e)%5c)?([a-z])(:|%3a|[_$]|%24)?")
_DRIVE_TOPS = frozenset({
    "$extend", "$mft", "$recycle.bin", "documents and settings", "inetpub", "perflogs", "program files",
    "program files (x86)", "programdata", "system volume information", "users", "windows", "windows.old",
})  # fmt: skip
_WINDOWS_TOPS = frozenset({"assembly", "microsoft.net", "syswow64", "system32", "winsxs"})
_HISTORY = re.compile(r"cfghistory_\d+")
_CONFIG_FILES = frozenset({"administration.config", "applicationhost.config", "redirection.config"})
_DRIVES_FOUND = "folders that stand for drives"
_APPHOST = ("windows", "system32", "inetsrv", "config", "applicationhost.config")


def recognise(names: Iterable[str], context: str = "") -> Mount:
    """Return how names map to Windows paths; `context` is the path of the evidence itself."""
    survey = _Survey(tuple(split(context.lower())[-3:]))
    for name in names:
        survey.add(split(name))
    return survey.mount()


class _Survey:
    """What the names tell: candidates for each shape, with the number of files that speak for them."""

    def __init__(self, context: _Parts) -> None:
        self._context = context
        self._total = 0
        self._drives: Counter[_Parts] = Counter()  # the last part is the drive
        self._letters: Counter[_Parts] = Counter()  # a drive if another one is beside it
        self._roots: Counter[_Parts] = Counter()  # the root of a drive
        self._pieces: Counter[tuple[_Parts, str]] = Counter()  # a known folder and its place
        self._applications: Counter[_Parts] = Counter()  # a folder with a web.config or a bin
        self._proven: Counter[_Parts] = Counter()  # known folders with applicationHost.config in its place
        self._bare: Counter[_Parts] = Counter()  # other folders with one
        self._configured: Counter[_Parts] = Counter()  # around drives, and their roots, with one in its place
        self._common: _Parts | None = None  # the folders around everything

    def add(self, parts: Sequence[str]) -> None:
        """Weigh one name."""
        head = tuple(part.lower() for part in parts[: MAX_WRAPPERS + 1 + len(_APPHOST)])
        self._total += 1
        self._narrow(head[:-1][:MAX_WRAPPERS])
        if not self._add_drive(head) and not self._add_root(head):
            self._add_piece(head)

    def mount(self) -> Mount:
        """Return the mount of the shallowest shape; of two as shallow, the one that says more."""
        groups = self._groups()
        shapes: list[tuple[int, int, Callable[[], Mount]]] = [
            (_depth(self._proven), 0, self._as_pieces),
            (_depth(self._roots), 1, self._as_root),
            (_depth(groups), 2, partial(self._as_drives, groups)),
            (min((len(p) for p, _ in self._pieces), default=MAX_DEPTH), 3, self._as_pieces),
            (MAX_DEPTH - 1, 4, self._as_files),
        ]
        level, rank, make = min(shapes, key=lambda shape: shape[:2])
        drives = {**self._roots, **groups}
        if rank in (1, 2):
            what = "applicationHost.config alone"
            rivals = {parts: votes for parts, votes in self._bare.items() if len(parts) == level}
        else:
            what = "a drive"
            tied = {parts: votes for parts, votes in drives.items() if len(parts) == level}
            rivals = {**tied, **self._configured}
        mount = make()
        return replace(mount, gaps=(*mount.gaps, *_rival_gaps(mount, what, rivals)))

    def _groups(self) -> Counter[_Parts]:
        """Return what is around the drives of each host."""
        groups: Counter[_Parts] = Counter()
        for parts, votes in self._drives.items():
            if _group(parts[:-1]) not in self._applications:
                groups[_group(parts[:-1])] += votes
        return groups

    def _as_root(self) -> Mount:
        chosen = _best(self._roots)
        return _mount({chosen: "C:"}, OUTSIDE, "the root of a drive", others=self._roots)

    def _as_drives(self, groups: Mapping[_Parts, int]) -> Mount:
        chosen = _best(groups)
        drives = {p: _place(p[-1]) for p in (*self._drives, *self._letters) if _group(p[:-1]) == chosen}
        return _mount(drives, OUTSIDE, _DRIVES_FOUND, others=groups)

    def _as_pieces(self) -> Mount:
        roots: dict[_Parts, str] = {}
        others: dict[_Parts, int] = {}
        for (parts, place), votes in sorted(self._pieces.items(), key=lambda item: (len(item[0][0]), item)):
            if parts in roots or place in roots.values() or len(roots) >= MAX_ROOTS:
                others[parts] = votes
                continue
            roots[parts] = place
            if place == r"C:\inetpub":
                roots.setdefault(parts[:-1], "C:")
        self._add_application(roots)
        return _mount(roots, UNKNOWN, "known folders of a server", others=others)

    def _as_files(self) -> Mount:
        letters = {parts: votes for parts, votes in self._letters.items() if len(parts) == 1}
        if letters and sum(letters.values()) == self._total:
            return _mount({parts: _place(parts[-1]) for parts in letters}, OUTSIDE, _DRIVES_FOUND)
        roots: dict[_Parts, str] = {}
        self._add_application(roots)
        shape = "the folder of an application" if roots else "files of unknown places"
        return _mount(roots, UNKNOWN, shape)

    def _add_application(self, roots: dict[_Parts, str]) -> None:
        """Take a folder around everything as the application's, if it looks like one."""
        common = self._common or ()
        tops = [common[:n] for n in range(len(common) + 1) if common[:n] in self._applications]
        if tops and not any(tops[0][: len(root)] == root for root in roots):
            roots[tops[0]] = WWWROOT

    def _narrow(self, folders: _Parts) -> None:
        common = folders if self._common is None else self._common
        while folders[: len(common)] != common:
            common = common[:-1]
        self._common = common

    def _add_drive(self, head: _Parts) -> bool:
        """Weigh the first part that may be a drive; tell whether it certainly is one."""
        for index in range(min(len(head) - 1, MAX_WRAPPERS + 1)):
            match = _DRIVE.fullmatch(head[index])
            if match and (match[2] in (":", "%3a") or head[index + 1] in _DRIVE_TOPS):
                _count(self._drives, head[: index + 1])
                if head[index + 1 :] == _APPHOST:
                    _count(self._configured, _group(head[:index]))
                return True
            if match or (head[index] == "unc" and len(head) > index + 3):
                _count(self._letters, head[: index + 1])
        return False

    def _add_root(self, head: _Parts) -> bool:
        for index in range(min(len(head) - 1, MAX_WRAPPERS + 1)):
            if head[index] in ("program files", "program files (x86)") or (
                head[index] == "windows" and head[index + 1] in _WINDOWS_TOPS
            ):
                _count(self._roots, head[:index])
                if head[index:] == _APPHOST:
                    _count(self._configured, head[:index])
                return True
        return False

    def _add_piece(self, head: _Parts) -> None:
        for index, part in enumerate(head[: MAX_WRAPPERS + 1]):
            place = _known_folder(part, "".join(head[index + 1 : index + 2]))
            if place is not None:
                self._count_piece(head[: index + 1], place)
                if _APPHOST[-len(head[index:]) :] == head[index:]:
                    _count(self._proven, head[: index + 1])
                return
            if part in _CONFIG_FILES and index + 1 == len(head):
                self._count_piece(head[:index], CONFIG)
                if part == _APPHOST[-1]:
                    _count(self._bare, head[:index])
            elif part == "web.config" or (part == "bin" and index + 1 < len(head)):
                _count(self._applications, head[:index])

    def _count_piece(self, folders: _Parts, place: str) -> None:
        express = place == CONFIG and _is_express(self._context + folders)
        key = (folders, EXPRESS if express else place)
        if key in self._pieces or len(self._pieces) < MAX_CANDIDATES:
            self._pieces[key] += 1


def _count(counter: Counter[_Parts], parts: _Parts) -> None:
    if parts in counter or len(counter) < MAX_CANDIDATES:
        counter[parts] += 1


def _depth(folders: Iterable[_Parts]) -> int:
    return min(map(len, folders), default=MAX_DEPTH)


def _best(votes: Mapping[_Parts, int]) -> _Parts:
    return min(votes, key=lambda parts: (len(parts), -votes[parts], parts))


def _group(wrapper: _Parts) -> _Parts:
    """Return what is around the drives of one host: Velociraptor has a folder for each way of reading."""
    return wrapper[:-1] if wrapper[-2:-1] == ("uploads",) else wrapper


def _place(part: str) -> str:
    """Return the Windows root that a folder stands for."""
    match = _DRIVE.fullmatch(part)
    return f"{match[1].upper()}:" if match else "\\"


def _known_folder(part: str, following: str) -> str | None:
    """Return the Windows path of a folder that is known by its name and what is in it."""
    if not following:
        return None
    if part == "inetpub":
        return r"C:\inetpub"
    if part == "system32" and following == "inetsrv":
        return r"C:\Windows\System32"
    if part == "inetsrv":
        return r"C:\Windows\System32\inetsrv"
    if part == "config" and following in _CONFIG_FILES:
        return CONFIG
    return rf"C:\inetpub\history\{part.upper()}" if _HISTORY.fullmatch(part) else None


def _is_express(folders: _Parts) -> bool:
    """Tell whether a folder is one that IIS Express or Visual Studio keeps its configuration in."""
    return "iisexpress" in folders[-2:] or (".vs" in folders[-3:-1] and folders[-1:] == ("config",))


def _mount(roots: Mapping[_Parts, str], rest: str, shape: str, others: Mapping[_Parts, int] | None = None) -> Mount:
    """Put a mount together; `others` that are below no root look like another host, and become gaps."""
    longest = sorted(roots.items(), key=lambda item: (-len(item[0]), item))
    rows = tuple(("".join(f"{part}/" for part in parts), len(parts), place) for parts, place in longest)
    encoded = any("%3a" in "".join(parts[-1:]) for parts in roots)
    lost = {p: n for p, n in (others or {}).items() if not _covered(p, roots)}
    return Mount(rows[:MAX_ROOTS], rest, shape, encoded, _gaps(rest, lost))


def _covered(parts: _Parts, roots: Mapping[_Parts, str]) -> bool:
    return any(parts[:length] in roots for length in range(len(parts) + 1)) or any(
        _group(root[:-1]) == parts for root in roots if root
    )


def _gaps(rest: str, others: Mapping[_Parts, int]) -> tuple[Gap, ...]:
    if not others:
        return ()
    first = "\\".join((rest, *_best(others)))
    reason = "looks like the files of another server; scan it on its own"
    return (Gap(GapKind.REFUSED, first, reason, sum(others.values())),)


def _rival_gaps(mount: Mount, what: str, rivals: Mapping[_Parts, int]) -> tuple[Gap, ...]:
    """Tell that the evidence can be read another way too: one of the two may have been planted."""
    if not rivals:
        return ()
    chosen = min((prefix for prefix, _, _ in mount.roots), key=len, default="") or "./"
    other = _best(rivals)
    named = f"{mount.shape} (in {chosen}) and {what} (in {'/'.join((*other, '')) or './'})"
    reason = f"{named} both look like the server; only the first was read: scan them on their own"
    return (Gap(GapKind.REFUSED, "\\".join((mount.rest, *other)), reason, sum(rivals.values())),)
