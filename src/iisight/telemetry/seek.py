"""Look into event logs a second time, only for the processes and logons that what was heard names.

EVTX stores a GUID as its 16 bytes and a logon id as 8 bytes, little-endian: a chunk without those bytes holds none of
them, and a chunk without the name of a field of their events (names stand in each chunk's templates) neither.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from iisight.model.activity import Actor
from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import EvidenceError, ParseError
from iisight.model.event import Event, Lost
from iisight.model.locator import Locator
from iisight.model.progress import Progress
from iisight.parsers import evtx, exports
from iisight.parsers.record import to_int
from iisight.telemetry.interpret import security_process, sysmon_process
from iisight.telemetry.logs import Log, LogFormat
from iisight.telemetry.prefilter import finder

MAX_IDS = 256  # that are sought
MAX_TRIES = 8  # chunks read for one id without finding it
MAX_CHUNKS = 400  # read in all: about three seconds
MAX_EXPORT = 64 * 1024 * 1024  # bytes of exports, which have to be read as a whole

SYSMON, SECURITY = "microsoft-windows-sysmon", "microsoft-windows-security-auditing"
_CREATIONS = {(SYSMON, 1): sysmon_process.actor_of, (SECURITY, 4688): security_process.actor_of}
_LOGON = (SECURITY, 4624)
_MARKS = tuple(name.encode("utf-16-le") for name in ("ParentProcessGuid", "TargetLogonId"))  # of Sysmon 1, of 4624
_MARK_OF = {str: 0, int: 1}  # which of them stands in the chunks that can answer: GUIDs are text, logon ids numbers


@dataclass(frozen=True, slots=True)
class Logon:
    """Who logged on, how and from where (Security 4624)."""

    id: int
    computer: str  # lower-case
    user: str
    kind: int | None  # LogonType
    address: str
    time: datetime | None


@dataclass(frozen=True, slots=True)
class Process:
    """A process that was started: who, by whom, when."""

    actor: Actor
    computer: str  # lower-case
    time: datetime | None


@dataclass(slots=True)
class Sought:
    """What is sought, and what was found of it; grows while logs are read."""

    guids: set[str] = field(default_factory=set)  # `{UPPER-CASE}`
    logons: set[int] = field(default_factory=set)
    processes: list[Process] = field(default_factory=list)
    found_logons: list[Logon] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Tell whether there is anything left to ask."""
        return bool(self.guids or self.logons)

    def has(self, wanted: str | int) -> bool:
        """Tell whether an id is still sought."""
        return wanted in self.guids or wanted in self.logons

    def take(self, event: Event) -> None:
        """Keep an event when it is one of those that are sought."""
        key = (event.provider.lower(), event.id)
        if key == (SYSMON, 1) and event.get("ProcessGuid").upper() in self.guids:
            self.guids.discard(event.get("ProcessGuid").upper())
            found = process_of(event)
            self.processes += [found] if found is not None else []
        elif key == _LOGON:
            logon = logon_of(event)
            if logon is not None and logon.id in self.logons:
                self.logons.discard(logon.id)
                self.found_logons.append(logon)


def process_of(event: Event) -> Process | None:
    """Return the process that an event says was started, None when it says no such thing."""
    read = _CREATIONS.get((event.provider.lower(), event.id))
    return None if read is None else Process(read(event), event.computer.lower(), event.time)


def logon_number(text: str) -> int:
    """Return a logon id as a number, 0 for what is none."""
    return to_int(text) or 0


def seek(logs: Sequence[Log], sought: Sought, progress: Progress) -> Iterator[Gap]:
    """Read logs for what is sought; yield what kept from it. Standard input cannot be read a second time."""
    left = MAX_CHUNKS
    exported = 0
    for number, log in enumerate(logs):
        if not sought or left <= 0:
            return
        progress("who did it", number, len(logs))
        try:
            if log.format is LogFormat.EVTX and log.size is not None:
                left -= _evtx(log, sought, left)
            elif log.size is not None:
                exported += log.size
                if exported <= MAX_EXPORT:
                    _take(_export(log), sought)
        except (OSError, EvidenceError, ParseError):
            continue  # the first reading has told it
    if sought and exported > MAX_EXPORT:
        reason = f"exports larger than {MAX_EXPORT // 1024**2} MiB are not read again: parent processes and logons"
        yield Gap(GapKind.REFUSED, "event logs", reason)


def _export(log: Log) -> Iterator[Event | Lost]:
    with log.open() as stream:
        yield from exports.events(stream, Locator(log.path))


def _take(events: Iterable[Event | Lost], sought: Sought) -> None:
    for event in events:
        if isinstance(event, Event):
            sought.take(event)


def _evtx(log: Log, sought: Sought, most: int) -> int:
    """Read the chunks of a log that hold an id that is sought; return how many were read."""
    ids: list[str | int] = [*sorted(sought.guids), *sorted(sought.logons)]
    find = finder([*_MARKS, *map(_stored, ids)])
    tries: Counter[str | int] = Counter()
    read = 0
    with log.open() as stream:
        for chunk in _chunks(log, stream):
            found = find(chunk.data)
            hits = [ids[n - len(_MARKS)] for n in found if n >= len(_MARKS)]
            hits = [i for i in hits if _MARK_OF[type(i)] in found and sought.has(i) and tries[i] < MAX_TRIES]
            if not hits:
                continue
            read += 1
            tries.update(hits)
            _take(evtx.events(chunk, Locator(log.path)), sought)
            if not sought or read >= most:
                break
    return read


def _stored(wanted: str | int) -> bytes:
    """Return an id as records hold it."""
    return UUID(wanted).bytes_le if isinstance(wanted, str) else wanted.to_bytes(8, "little")


def _chunks(log: Log, stream: BinaryIO) -> Iterator[evtx.Chunk]:
    if log.file is not None:
        yield from (evtx.chunk_at(stream, place) for place in evtx.places(stream))
    else:
        yield from evtx.chunks(stream, Locator(log.path))


def logon_of(event: Event) -> Logon | None:
    """Return the logon that an event tells of, None when it tells of none."""
    number = logon_number(event.get("TargetLogonId")) if (event.provider.lower(), event.id) == _LOGON else 0
    if not number:
        return None
    domain, user = event.get("TargetDomainName"), event.get("TargetUserName")
    kind, address = event.get("LogonType"), event.get("IpAddress")
    return Logon(
        id=number,
        computer=event.computer.lower(),
        user=f"{domain}\\{user}" if domain and user else user,
        kind=int(kind) if kind.isascii() and kind.isdigit() and len(kind) < 4 else None,
        address="" if address in ("-", "::1", "127.0.0.1") else address,
        time=event.time,
    )
