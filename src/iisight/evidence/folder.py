"""Evidence in a folder: a collection, an extracted archive, a mounted image."""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from iisight.evidence.listing import Gaps, Listed, Names, to_source, to_time
from iisight.evidence.mount import OUTSIDE
from iisight.evidence.names import printable
from iisight.evidence.source import MAX_FILES, File, Source, fold
from iisight.evidence.stream import guarded
from iisight.model.coverage import GapKind
from iisight.model.errors import EvidenceError

MAX_DEPTH = 128  # folders inside each other
_LINK_TAGS = frozenset({0xA000000C, 0xA0000003})  # IO_REPARSE_TAG_SYMLINK, IO_REPARSE_TAG_MOUNT_POINT
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_FOLDER_FLAGS = _FLAGS | getattr(os, "O_DIRECTORY", 0)


def open_folder(path: Path) -> Source:
    """Return the source of the regular files below a folder; links are not followed."""
    gaps, names = Gaps(), Names()
    root = path.resolve()
    unwritable: dict[str, str] = {}  # origin -> name on disk, for names that are no text
    listed: list[Listed] = []
    for name, info in _walk(path, gaps):
        if len(listed) >= MAX_FILES:
            gaps.add(GapKind.REFUSED, name, f"more than {MAX_FILES:,} files; the rest was not listed")
            continue
        origin = printable(name)
        problem = names.problem(origin)
        if problem is not None:
            gaps.add(GapKind.REFUSED, origin, problem)
            continue
        if origin != name:
            unwritable[origin] = name
        listed.append(Listed(origin, info.st_size, to_time(info.st_mtime)))

    def opener(file: File) -> BinaryIO:
        return _open_file(root, unwritable.get(file.origin, file.origin), file.path)

    return to_source(root.name or str(path), listed, opener, gaps, path)


def is_link(path: Path) -> bool:
    """Tell whether a path of this machine is a symbolic link or a junction, which no source follows."""
    try:
        return _leads_elsewhere(path.lstat())
    except (OSError, ValueError):
        return False


def is_odd(path: Path) -> bool:
    """Tell whether a name is no text or does not show as itself: `look_again` leaves such files out."""
    return printable(path.name) != path.name


def look_again(source: Source, touched: Iterable[Path]) -> dict[str, File | None]:
    """Return the files at some paths of the folder of a source as they are now, by Windows path, None for one gone.

    A file that is named is returned whether it differs or not; of a folder, the files below that do. What cannot be
    listed is not told here, nor what is beyond MAX_FILES: a look at everything follows, and that tells it.
    """
    if source.place is None or source.to_path is None:
        return {}
    root, found = source.place.resolve(), dict[str, File | None]()
    for path in touched:
        if not path.is_relative_to(root) or len(found) > MAX_FILES:
            continue
        origin = path.relative_to(root).as_posix()
        place = source.to_path(printable(origin))
        known = source.find(place)
        twins = () if known is None else _twins(source, root, origin, known.origin)
        there: dict[str, File] = {}
        for file in (*twins, *_at(source, root, origin)):
            _keep_first(there, file, twins=bool(twins))
        changed = changed_below(source, place if known is None else known.path, there)
        found |= {at: file for at, file in changed.items() if _is_known(source, root, origin, at, file)}
    return found


def changed_below(source: Source, place: str, there: Mapping[str, File]) -> dict[str, File | None]:
    """Return what changed at a Windows path: the file itself, or those below it that came, went or differ."""
    known = {file.path: file for file in source.below(place)}
    gone: dict[str, File | None] = {path: None for path in known if path not in there}
    if source.find(place) is not None and place not in there:
        gone[place] = None
    return gone | {path: file for path, file in there.items() if path == place or known.get(path) != file}


def _is_known(source: Source, root: Path, origin: str, path: str, file: File | None) -> bool:
    """Tell whether it is so that a file came, changed or went, as far as a look at one folder can say.

    Not in it are files of a folder whose name differs in case alone, and nothing can be read by a name that is no text.
    """
    if file is not None:
        return os.path.lexists(root / file.origin)
    known = source.find(path)
    if known is None or origin in (".", known.origin) or known.origin.startswith(f"{origin}/"):
        return True
    return not os.path.lexists(root / known.origin)


def _keep_first(there: dict[str, File], file: File, *, twins: bool) -> None:
    """Keep a file; of two with the same Windows path the one that a scan of the whole would read."""
    if not twins:
        there[file.path] = file
        return
    alike = [other for other in there.values() if fold(other.path) == fold(file.path)]
    for other in alike:
        del there[other.path]
    first = min((*alike, file), key=lambda one: (one.path, one.origin))
    there[first.path] = first


def _twins(source: Source, root: Path, origin: str, known: str) -> list[File]:
    """Return the regular files whose names differ from one in case alone, where the file system tells them apart."""
    folder, _, name = origin.rpartition("/")
    names = {known} - {origin}
    try:
        beside = os.listdir(root / folder) if known == origin and not os.path.lexists(root / origin) else []  # noqa: PTH208
    except OSError:
        beside = []
    names |= {f"{folder}/{other}".lstrip("/") for other in beside if other != name and fold(other) == fold(name)}
    return [file for twin in sorted(names) for file in _at(source, root, twin) if file.origin == twin]


def _at(source: Source, root: Path, origin: str) -> Iterator[File]:
    """Yield the regular file at a name, or those below a folder; a link is not followed."""
    try:
        info = (root / origin).lstat()
    except (OSError, ValueError):
        return
    below = "" if origin == "." else f"{origin}/"
    found: Iterable[tuple[str, os.stat_result]] = ()
    if stat.S_ISREG(info.st_mode):
        found = [(origin, info)]
    elif stat.S_ISDIR(info.st_mode):
        found = _walk(root, Gaps(), below)
    for name, each in found:
        if source.to_path is not None:
            shown = printable(name)
            path = source.to_path(shown)
            if not (source.roots and path.startswith(f"{OUTSIDE}\\") and source.find(path) is None):  # a new drive?
                yield File(path, each.st_size, to_time(each.st_mtime), shown)


def _walk(root: Path, gaps: Gaps, start: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """Yield the regular files with their names relative to the root, with `/`, always in the same order."""
    pending = [start]
    while pending:
        folder = pending.pop()
        if folder.count("/") > MAX_DEPTH:
            gaps.add(GapKind.REFUSED, printable(folder), f"more than {MAX_DEPTH} folders deep")
            continue
        try:
            with os.scandir(root / folder) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    yield from _visit(entry, folder, pending, gaps)
        except OSError as error:
            if not folder or not _is_gone(root / folder, error):
                gaps.add(GapKind.UNREADABLE, printable(folder) or ".", f"folder: {error.strerror or error}")


def _visit(
    entry: "os.DirEntry[str]", folder: str, pending: list[str], gaps: Gaps
) -> Iterator[tuple[str, os.stat_result]]:
    name = f"{folder}{entry.name}"
    try:
        info = entry.stat(follow_symlinks=False)
    except OSError as error:
        if not _is_gone(Path(entry.path), error):
            gaps.add(GapKind.UNREADABLE, printable(name), f"file: {error.strerror or error}")
        return
    if _leads_elsewhere(info):
        gaps.add(GapKind.REFUSED, printable(name), "a link, not followed")
    elif stat.S_ISDIR(info.st_mode):
        pending.append(f"{name}/")
    elif stat.S_ISREG(info.st_mode):
        yield name, info
    else:
        gaps.add(GapKind.REFUSED, printable(name), "not a regular file")


def _is_gone(path: Path, error: OSError) -> bool:
    """Tell whether a name that was listed went since; one that is listed still, and cannot be looked at, is a gap."""
    if not isinstance(error, FileNotFoundError):
        return False
    try:
        return path.name not in os.listdir(path.parent)  # noqa: PTH208  a name may be no text
    except OSError as problem:
        return isinstance(problem, FileNotFoundError)


def _leads_elsewhere(info: os.stat_result) -> bool:
    return stat.S_ISLNK(info.st_mode) or getattr(info, "st_reparse_tag", 0) in _LINK_TAGS


def _open_file(root: Path, name: str, shown: str) -> BinaryIO:
    """Open a file that must still be a regular one and no link, in folders that are none."""
    try:
        stream = open(_open(root, name), "rb")  # noqa: SIM115 (a descriptor; closed by who reads)
    except OSError as error:
        raise EvidenceError(f"{shown}: {error.strerror or error}") from error
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise EvidenceError(f"{shown}: no longer a regular file")
    return guarded(stream.read, stream.close, lambda error: f"{shown}: {getattr(error, 'strerror', None) or error}")


def _open(root: Path, name: str) -> int:
    """Return a descriptor of a file below the root; no part of its name may have become a link."""
    if os.open not in os.supports_dir_fd:
        if not (root / name).resolve().is_relative_to(root):
            raise OSError("leads out of the evidence")
        return os.open(root / name, _FLAGS)
    handle = os.open(root, _FOLDER_FLAGS)
    *folders, last = name.split("/")
    for part, flags in (*((folder, _FOLDER_FLAGS) for folder in folders), (last, _FLAGS)):
        parent = handle
        try:
            handle = os.open(part, flags, dir_fd=parent)
        finally:
            os.close(parent)
    return handle
