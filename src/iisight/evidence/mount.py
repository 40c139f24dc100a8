"""Where the files of the evidence stood on the audited host: from the names in it to Windows paths.

The shapes: drives as collectors write them (`C/`, `C%3A/`, `uploads/ntfs/%5C%5C.%5CC%3A/`: KAPE, CyLR,
Velociraptor), the root of a drive, a piece of one (the configuration folder, `inetpub`), an application.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from iisight.evidence.names import decode, split, windows_part
from iisight.model.coverage import Gap, GapKind

MAX_WRAPPERS = 4  # folders around the drives
MAX_CANDIDATES = 4096  # folders that are weighed
MAX_ROOTS = 64  # folders that are mapped
OUTSIDE = "(evidence)"  # where files stand that are of no drive: the collector's own

INETSRV = r"C:\Windows\System32\inetsrv"
EXPRESS = r"C:\Users\user\Documents\IISExpress\config"

_Parts = tuple[str, ...]  # the first parts of a name, lower-case

_DRIVE = re.compile(r"(?:(?:%5c|\\){2}(?:\.|%2e)(?:%5c|\\))?([a-z])(:|%3a|[_$]|%24)?")
_DRIVE_TOPS = frozenset({
    "$extend", "$mft", "$recycle.bin", "documents and settings", "inetpub", "perflogs", "program files",
    "program files (x86)", "programdata", "system volume information", "users", "windows", "windows.old",
})  # fmt: skip
_WINDOWS_TOPS = frozenset({"assembly", "microsoft.net", "syswow64", "system32", "winsxs"})
_HISTORY = re.compile(r"cfghistory_\d+")
_CONFIG_FILES = frozenset({"administration.config", "applicationhost.config", "redirection.config"})


@dataclass(frozen=True, slots=True)
class Mount:
    """Folders of the evidence and the Windows folders they stand for; the longest match counts."""

    roots: tuple[tuple[str, int, str], ...]  # (`wrapper/c/`, its parts, `C:`), longest first
    rest: str  # where everything else goes
    encoded: bool = False  # names are percent-encoded below the roots
    shape: str = ""
    gaps: tuple[Gap, ...] = field(default=())

    def path(self, name: str) -> str:
        """Return the Windows path of a file by its name in the evidence."""
        parts = split(name)
        lowered = "/".join(parts[: MAX_WRAPPERS + 3]).lower() + "/"
        for prefix, depth, folder in self.roots:
            if len(parts) > depth and lowered.startswith(prefix):
                rest = [decode(part) for part in parts[depth:]] if self.encoded else parts[depth:]
                return "\\".join([folder, *map(windows_part, rest)])
        return "\\".join([self.rest, *map(windows_part, parts)])


def mount(names: Iterable[str], context: str = "") -> Mount:
    """Recognise the shape of the evidence by the names in it; `context` is the path of the evidence itself."""
    survey = _Survey()
    for name in names:
        survey.add(split(name))
    return survey.drives() or survey.drive_root() or survey.pieces(context) or survey.lone_drives() or survey.rest()


class _Survey:
    """What the names tell: candidates for each shape, with the number of files that speak for them."""

    def __init__(self) -> None:
        self._drives: Counter[_Parts] = Counter()  # the last part is the drive
        self._letters: Counter[_Parts] = Counter()  # may be a drive, if another beside it is
        self._roots: Counter[_Parts] = Counter()  # folder that is the root of a drive
        self._pieces: Counter[tuple[_Parts, str]] = Counter()
        self._common: _Parts | None = None  # folders that hold everything
        self._tops: set[_Parts] = set()  # folders with a web.config or a bin

    def add(self, parts: Sequence[str]) -> None:
        """Weigh one name."""
        head = tuple(part.lower() for part in parts[: MAX_WRAPPERS + 3])
        self._narrow(head[:-1] if len(parts) == len(head) else head)
        for index in range(min(len(head) - 1, MAX_WRAPPERS + 1)):
            if self._add_drive(head, index):
                return
        for index in range(min(len(head), MAX_WRAPPERS + 1)):
            if index + 1 < len(head) and _is_drive_root(head[index], head[index + 1]):
                _count(self._roots, head[:index])
                return
        self._add_piece(head, len(parts))

    def drives(self) -> Mount | None:
        """Return the mount of evidence with folders that stand for drives."""
        if not self._drives:
            return None
        groups: Counter[_Parts] = Counter()
        for parts, votes in self._drives.items():
            groups[_group(parts[:-1])] += votes
        chosen = _best(groups)
        roots = {p: _drive_of(p[-1]) for p in (*self._drives, *self._letters) if _group(p[:-1]) == chosen}
        encoded = any("%3a" in p[-1] or "%5c" in p[-1] for p in roots)
        gaps = _other_systems({group: n for group, n in groups.items() if group != chosen})
        return _mount(roots, OUTSIDE, "folders that stand for drives", encoded, gaps)

    def drive_root(self) -> Mount | None:
        """Return the mount of evidence that is the root of a drive."""
        if not self._roots:
            return None
        chosen = _best(self._roots)
        gaps = _other_systems({root: n for root, n in self._roots.items() if root[: len(chosen)] != chosen})
        return _mount({chosen: "C:"}, OUTSIDE, "the root of a drive", gaps=gaps)

    def pieces(self, context: str) -> Mount | None:
        """Return the mount of evidence that holds some known folders of a server."""
        roots: dict[_Parts, str] = {}
        taken: set[str] = set()
        lost: dict[_Parts, int] = {}
        express = _is_express(tuple(context.lower().replace("\\", "/").split("/")[-3:]))
        for (parts, folder), votes in sorted(self._pieces.items(), key=lambda item: (len(item[0][0]), item)):
            if folder.endswith("config") and not parts[-1:] == ("config",) and parts != self._common:
                continue  # a lone applicationHost.config counts at the top only
            place = EXPRESS if folder.endswith(r"inetsrv\config") and not parts and express else folder
            if place.lower() in taken:
                lost[parts] = votes
                continue
            taken.add(place.lower())
            roots[parts] = place
        if not roots:
            return None
        rest = "C:" if "c:\\inetpub" in taken else r"C:\evidence"
        return _mount(roots, rest, "known folders of a server", gaps=_other_systems(lost))

    def lone_drives(self) -> Mount | None:
        """Return the mount of evidence with nothing but one-letter folders at its top."""
        roots = {parts: _drive_of(parts[-1]) for parts in self._letters if len(parts) == 1}
        return _mount(roots, OUTSIDE, "folders that stand for drives") if roots and not self._tops else None

    def rest(self) -> Mount:
        """Return the mount of an application's folder, or of files that tell nothing."""
        top = self._common or ()
        if top in self._tops:
            return _mount({top: r"C:\inetpub\wwwroot"}, r"C:\evidence", "the folder of an application")
        return _mount({top: r"C:\evidence"} if top else {}, r"C:\evidence", "files of unknown places")

    def _narrow(self, folders: _Parts) -> None:
        if self._common is None:
            self._common = folders[:MAX_WRAPPERS]
        while folders[: len(self._common)] != self._common:
            self._common = self._common[:-1]

    def _add_drive(self, head: _Parts, index: int) -> bool:
        part, wrapper = head[index], head[:index]
        if part == "unc" and len(head) > index + 3:
            _count(self._letters, head[: index + 1])
            return False
        match = _DRIVE.fullmatch(part)
        if match is None:
            return False
        if match[2] in (":", "%3a") or head[index + 1] in _DRIVE_TOPS:
            return _count(self._drives, (*wrapper, part))
        _count(self._letters, (*wrapper, part))
        return False

    def _add_piece(self, head: _Parts, length: int) -> None:
        for index, part in enumerate(head[: MAX_WRAPPERS + 1]):
            following = head[index + 1] if index + 1 < len(head) else ""
            folder = _piece(part, following)
            if folder is not None:
                _count(self._pieces, (head[: index + 1], folder))
                return
            if part in _CONFIG_FILES and index + 1 == length:
                place = EXPRESS if _is_express(head[:index]) else rf"{INETSRV}\config"
                _count(self._pieces, (head[:index], place))
                return
            if part in ("web.config", "bin") and len(self._tops) < MAX_CANDIDATES:
                self._tops.add(head[:index])


def _count[T](counter: "Counter[T]", key: "T") -> bool:
    if key in counter or len(counter) < MAX_CANDIDATES:
        counter[key] += 1
    return True
