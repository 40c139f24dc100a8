r"""Programs beside those that IIS is told to load, in the folders it loads from: listed, and compared by size and time.

A report holds what is registered or has an entry point of IIS. A DLL that another one imports, the worker process
itself, a compiler below `bin` and an assembly that only a page names run in the same process and have neither.
What ASP.NET compiled comes and goes by itself: of it only what is replaced in place is told.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from iisight.engine.compare.change import change, one_sided
from iisight.engine.compare.weights import DOUBTFUL
from iisight.engine.host import is_large
from iisight.evidence import paths
from iisight.evidence.source import File, Source
from iisight.examine.look import Look
from iisight.inventory.binaries import Binaries
from iisight.inventory.examined import examine
from iisight.inventory.memory import Memory
from iisight.model.binary import Binary
from iisight.model.comparison import Change, Side, Topic
from iisight.model.coverage import Gap, GapKind
from iisight.model.finding import Severity
from iisight.model.locator import Locator
from iisight.model.report import Report
from iisight.watch.outline import Outline
from iisight.watch.replaced import signature_of

Programs = dict[str, tuple[str, str]]
"""By folded path: the path, and what is said of the file."""

MAX_PROGRAMS = 100_000  # that are kept of one server
MAX_JUDGED = 64  # that changed at once and whose signatures are looked at
TOO_MANY = Gap(GapKind.REFUSED, "programs", f"more than {MAX_PROGRAMS:,} that nothing names: told as they change alone")
_ENDS = (".dll", ".exe")
_SERVER = re.compile(r"[a-z]:\\windows\\(?:system32|syswow64)\\inetsrv\\")
_CACHE = re.compile(r"[a-z]:\\windows\\(?:microsoft\.net\\assembly|assembly)\\gac")
_COMPILED = re.compile(r"[a-z]:\\windows\\microsoft\.net\\framework(?:64)?\\[^\\]+\\temporary asp\.net files\\")
_BIN = "\\bin\\"


class Folders:
    """The folders whose programs count."""

    def __init__(self, outline: Outline) -> None:
        """Take those of what is registered besides those of every server."""
        self._outline = outline
        named = {path.rpartition("\\")[0] for path in outline.uses if path.endswith(_ENDS)}
        self._named = {folder for folder in named if not is_large(folder)}

    def hold(self, key: str) -> bool:
        """Tell whether a folded path is that of a program in one of them."""
        if not key.endswith(_ENDS):
            return False
        if _is_of_every_server(key) or key.rpartition("\\")[0] in self._named:
            return True
        return _BIN in key and not self._outline.is_of_none(key)


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of programs, and by folded path the files that are there now, with their signatures."""

    changes: tuple[Change, ...] = ()
    files: Mapping[str, Binary] = field(default_factory=dict)


def judged(changes: Iterable[Change], source: Source, look: Look, memory: Memory | None) -> Judged:
    """Look at the signatures of programs that came or were replaced, and weigh them by those."""
    found = tuple(changes)
    there = [change.subject for change in found if change.new is not None][:MAX_JUDGED]
    if not there:
        return Judged(found)
    with look.start(source.newest) as examiner:
        binaries = Binaries(source, examiner, memory)
        read = [binary for path in there if (binary := binaries.get(path)) is not None]
        examined = examine((), source, binaries, look, examiner, memory, read)
        files = {paths.fold(binary.path): examined.binary(binary) for binary in read}
    return Judged(tuple(_weighed(change, files.get(paths.fold(change.subject))) for change in found), files)


def _weighed(told: Change, file: Binary | None) -> Change:
    """Return a change that weighs little when Microsoft signed the file, and much when nobody did in its own folder."""
    signature = None if file is None else signature_of(file)
    if signature is None:
        return told
    if signature.is_microsoft:
        return replace(told, weight=Severity.LOW)
    is_odd = _SERVER.match(paths.fold(told.subject)) is not None and signature.state in DOUBTFUL
    return replace(told, weight=Severity.HIGH) if is_odd else told


def programs_of(source: Source, outline: Outline) -> Programs | None:
    """Return the programs of a server; None when they are too many to be kept."""
    folders = Folders(outline)
    keyed = ((paths.fold(file.path), file) for file in source.ending(*_ENDS))
    held = ((key, (file.path, said_of(file))) for key, file in keyed if folders.hold(key))
    found = dict(islice(held, MAX_PROGRAMS + 1))
    return found if len(found) <= MAX_PROGRAMS else None


def comparable(listed: Programs, now: Programs, source: Source) -> tuple[Programs, Programs]:
    """Return two listings without what is in one of them alone because other folders count now than did then."""
    folders = {key.rpartition("\\")[0] for key in listed}
    old = {key: held for key, held in listed.items() if key in now or source.find(held[0]) is None}
    counted = (key for key in now if _is_of_every_server(key) or _BIN in key or key.rpartition("\\")[0] in folders)
    return old, {key: now[key] for key in counted}


def programs_among(changed: Iterable[str], source: Source) -> Programs:
    """Return those of some files that are there and programs, wherever they lie."""
    keys = (key for key in map(paths.fold, changed) if key.endswith(_ENDS))
    files = ((key, source.find(key)) for key in keys)
    return {key: (file.path, said_of(file)) for key, file in files if file is not None}


def _is_of_every_server(key: str) -> bool:
    return any(pattern.match(key) for pattern in (_SERVER, _CACHE, _COMPILED))


def files_of(*reports: Report) -> frozenset[str]:
    """Return the folded paths of what the components of some reports are read from."""
    components = [held.component for report in reports for held in report.components]
    read = {paths.fold(b.path) for c in components for b in (c.binary, c.twin) if b is not None}
    return frozenset(read | {paths.fold(c.image) for c in components if c.image})


def said_of(file: File) -> str:
    """Return what tells a state of a file from another."""
    time = "at no known time" if file.modified is None else file.modified.isoformat(" ")
    return f"{file.size:,} bytes, written {time}"


def differing(
    old: Mapping[str, tuple[str, str]], new: Mapping[str, tuple[str, str]], told: Collection[str]
) -> Iterator[Change]:
    """Yield which programs came, went or were replaced, but for those of `told`: reports tell of them."""
    for key in sorted({*old, *new}):
        one, other = old.get(key), new.get(key)
        held = other or one
        if held is None or one == other or key in told:
            continue
        is_compiled = _COMPILED.match(key) is not None
        weight = Severity.LOW if _CACHE.match(key) else Severity.MEDIUM
        path = held[0]
        if one is not None and other is not None:
            sides = Side(one[1], Locator(path)), Side(other[1], Locator(path))
            yield change(Topic.BINARY, path, f"{path} was replaced", sides, weight)
        elif not is_compiled:
            what = f"program {path} is {'there' if one is None else 'gone'}"
            pair = one_sided(Side(held[1], Locator(path)), came=one is None)
            yield change(Topic.BINARY, path, what, pair, weight)
