"""A look at the whole server, in a process of its own: what it takes and what ends it does not touch the watch."""

import hashlib
import os
import pickle
import secrets
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Container
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from iisight.engine.compare import compare
from iisight.engine.compare.change import in_order
from iisight.engine.hearing import Ask
from iisight.engine.host import host_roots
from iisight.engine.scan import scanned, watch_of
from iisight.engine.settings import Settings
from iisight.evidence.source import Source
from iisight.examine.look import Look
from iisight.inventory.inventory import Inventory
from iisight.model.comparison import Change, Topic
from iisight.model.errors import IisightError
from iisight.model.report import Report
from iisight.report.json import decode, to_json
from iisight.watch import state
from iisight.watch.database import StoreError, UnusableError, connect, named, transaction
from iisight.watch.memory import Remembered
from iisight.watch.outline import Outline, outline_of
from iisight.watch.programs import TOO_MANY, Programs, comparable, differing, files_of, judged, programs_of
from iisight.watch.sight import reads_less, sighted
from iisight.watch.sources import watched
from iisight.watch.spool import Spool
from iisight.watch.telling import Draft, Frame, drafts
from iisight.watch.told import Seen, Told, left, seen_in, standing

MAX_ANSWER = 256 * 1024**2  # bytes
MAX_TOLD = 50_000  # changes that are remembered while the report in use cannot be replaced
COMMAND = (sys.executable, "-P", "-m", "iisight.watch.survey")
SPOOL = "events"  # folder of the state
_EXAMINED_WITH = "examined with"  # fact: what examinations of the state rest on beside the content of the file


@dataclass(frozen=True, slots=True)
class Plan:
    """What to look at and with what. Made of values that another process can be given."""

    evidence: Path | None  # None: this host
    state: Path  # folder
    look: Look
    settings: Settings
    ask: Ask
    host: str = ""  # what alerts call it; empty: as the evidence is called
    owed: tuple[Told, ...] = ()  # changes that were told, and that the disk has not taken yet


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What a look at everything found, beside the report, which is in the state."""

    generation: int
    turn: int  # of when it was begun
    drafts: tuple[Draft, ...] = ()  # what differs from the report in use, and was not told
    seen: Seen = field(default_factory=Seen)  # all that differs from it
    replaces: bool = True  # the report in use: not while this one lacks what that one could read
    outline: Outline = field(default_factory=Outline)
    findings: int = 0  # that count
    gaps: int = 0
    names: tuple[str, ...] = ()  # of files that events may tell of
    roots: tuple[str, ...] = ()  # web roots that events may tell of
    belonging: tuple[str, ...] = ()  # folders and files of a live host that belong to the server
    mapped: tuple[str, ...] = ()  # folders of the evidence, each with the Windows folder it stands for
    problem: str = ""  # why there is no report; nothing else is told then
    unwritten: str = ""  # why the state does not have the report; what differs is told all the same


class Process:
    """A look that is under way in another process."""

    def __init__(self, plan: Plan, turn: int, time: datetime) -> None:
        """Start it."""
        self._turn = turn
        self._process = subprocess.Popen(  # noqa: S603  ourselves
            COMMAND,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            creationflags=_flags(),
            process_group=None if sys.platform == "win32" else 0,  # Ctrl-C is ours: we end the process
        )
        if self._process.stdin is not None:
            with suppress(OSError):  # it has ended already: `finish` tells
                self._process.stdin.write(pickle.dumps((plan, turn, time)))
                self._process.stdin.flush()  # and it stays open: the process ends when we do

    def finish(self) -> Surveyed:
        """Return what it found, once it has; why it found nothing is a `problem`."""
        import msgspec

        stream = self._process.stdout
        body = b"" if stream is None else stream.read(MAX_ANSWER + 1)
        if len(body) > MAX_ANSWER:
            self._process.kill()
        status = self._process.wait()
        for pipe in (self._process.stdin, stream):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        try:
            return msgspec.json.decode(body, type=Surveyed)
        except msgspec.MsgspecError:
            problem = f"the process that looks at everything gave no answer (status {status})"
            return Surveyed(0, self._turn, problem=problem)

    def kill(self) -> None:
        """End it; `finish` returns then."""
        self._process.kill()


def _flags() -> int:
    """Return what makes a process of Windows give way to others, and leave Ctrl-C to us."""
    if sys.platform == "win32":
        return subprocess.BELOW_NORMAL_PRIORITY_CLASS | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0


def survey(plan: Plan, turn: int, time: datetime) -> Surveyed:
    """Look at everything, write report and readings into the state as its next generation, and return the rest."""
    look = replace(plan.look, setup=plan.look.setup.judged_at(time))
    try:
        connection = connect(plan.state / state.FILE_NAME)
        seen = _look(plan, connection, look)
    except (IisightError, OSError) as error:
        return Surveyed(0, turn, problem=str(error))
    number = 1 + secrets.randbits(62)  # one that is killed late does not write over another's
    body = to_json(seen.report)
    try:
        with named():
            told = standing(connection, plan.owed)
            frame = Frame(plan.host or seen.source.name, time, turn)
            found = _since(connection, replace(seen, report=decode(body, "this report")), told, frame)
    except StoreError as error:
        return Surveyed(0, turn, problem=str(error))
    unwritten = ""
    try:
        with transaction(connection):
            if found.replaces:
                state.keep_report(connection, number, body)
                state.keep_programs(connection, number, seen.programs)
            state.keep_fact(connection, _EXAMINED_WITH, _examined_with(seen.source, look))
            seen.memory.replace_all()
    except StoreError as error:
        if isinstance(error, UnusableError) or not state.generation(connection):
            return Surveyed(0, turn, problem=str(error))
        unwritten, found = str(error), replace(found, replaces=False)
    matters = watch_of(seen.inventory)
    return Surveyed(
        number,
        turn,
        found.drafts,
        found.seen,
        found.replaces,
        seen.outline,
        findings=sum(f.suppressed is None for f in seen.report.findings),
        gaps=sum(gap.count for gap in seen.report.gaps),
        names=tuple(sorted(matters.names)),
        roots=matters.roots,
        belonging=host_roots(seen.inventory) if plan.evidence is None else (),
        mapped=seen.source.roots,
        unwritten=unwritten,
    )


@dataclass(frozen=True, slots=True)
class _Everything:
    """What a look at everything came upon."""

    source: Source
    inventory: Inventory
    report: Report
    outline: Outline
    programs: Programs | None
    spooled: frozenset[str]  # logs whose findings were told when they were heard
    look: Look
    memory: Remembered


def _look(plan: Plan, connection: sqlite3.Connection, look: Look) -> _Everything:
    """Look at everything. Raises IisightError, OSError."""
    host = watched(plan.evidence).open()
    is_same = state.fact(connection, _EXAMINED_WITH) == _examined_with(host.source, look)
    memory = Remembered(connection, answers=False, examined=is_same)
    logs = Spool(plan.state / SPOOL).logs()
    inventory, report = scanned(
        host.source, plan.settings, look=look, ask=plan.ask, machine=host.machine, memory=memory, logs=logs
    )
    outline = outline_of(inventory)
    programs = programs_of(host.source, outline)
    if programs is None:
        report = replace(report, gaps=(*report.gaps, TOO_MANY))
    spooled = frozenset(log.path for log in logs)
    return _Everything(host.source, inventory, report, outline, programs, spooled, look, memory)


@dataclass(frozen=True, slots=True)
class _Since:
    """What differs from the report in use."""

    drafts: tuple[Draft, ...] = ()
    seen: Seen = field(default_factory=Seen)
    replaces: bool = True


def _since(connection: sqlite3.Connection, now: _Everything, told: tuple[Told, ...], frame: Frame) -> _Since:
    """Return what differs from the report in use, and of it what was not told; nothing when this is the first."""
    number = state.generation(connection)
    used, listed = state.report(connection, number), state.programs(connection, number)
    if used is None:
        return _Since()
    before, report = decode(used, "the report before"), now.report
    compared = compare(before, report, one_place=True)
    heard = tuple(change for change in compared.changes if not _was_heard(change, now.spooled))
    both = ({}, {}) if listed is None or now.programs is None else comparable(listed, now.programs, now.source)
    beside = judged(differing(*both, files_of(before, report)), now.source, now.look, now.memory)
    compared = replace(compared, changes=in_order((*sighted(heard, before, report), *beside.changes)))
    less = reads_less(before, report)
    rest = left(compared, told, frame.number, None if less else report)
    made = tuple(drafts(rest, before, report, frame, beside.files))
    return _Since(made, seen_in(compared), not less or len(told) > MAX_TOLD)


def _was_heard(change: Change, spooled: Container[str]) -> bool:
    """Tell whether a change is a finding of an event of the spool: it was heard, and told by itself."""
    places = (side.locator for side in (change.old, change.new) if side is not None and side.locator is not None)
    return change.topic is Topic.FINDING and any(place.path in spooled for place in places)


def _examined_with(source: Source, look: Look) -> str:
    """Return what tells two runs apart whose examinations differ for the same content: setup and catalogues."""
    catalogues = [f"{file.path} {file.size} {file.modified}" for file in source.ending(".cat")]
    given = [str(path) for path in look.catalogues]
    fingerprint = replace(look.setup, at=None).fingerprint()
    return hashlib.sha256("\0".join((fingerprint, *given, *catalogues)).encode("utf-8", "replace")).hexdigest()


def main() -> int:
    """Read a plan from standard input, carry it out and write what was found, behind whatever else is to be done."""
    import gc

    if sys.platform != "win32":
        os.nice(10)
    gc.set_threshold(1_000_000, 50, 1000)
    plan, turn, time = pickle.load(sys.stdin.buffer)  # noqa: S301  of our own parent process
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout.buffer.write(to_json(survey(plan, turn, time)))
    return 0


def _end_with_parent() -> None:
    """End this process when the one that asked has ended, however: it must not write into a state that went on."""
    with suppress(OSError):
        os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
