"""Read a piece of a log and keep what says something: the work of one process."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import BinaryIO

from iisight.model.activity import Activity
from iisight.model.event import Event, Lost, Residue
from iisight.model.locator import Locator
from iisight.parsers import evtx, exports
from iisight.sigma.match import Matcher
from iisight.telemetry import prefilter
from iisight.telemetry.interpret import activity_of
from iisight.telemetry.scripts import is_piece, unread
from iisight.telemetry.search import RESIDUE, Search

MAX_TOLD = 100  # losses and residues of one piece that are named one by one
SAMPLE = 64  # pieces after which the prefilter is judged
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
PAYS = 0.5  # share of wanted pieces above which it costs more than it saves


@dataclass(slots=True)
class Tally:
    """How much of a log was read. Grows while a piece is read; tallies of pieces are added up."""

    records: int = 0
    skipped: int = 0
    lost: int = 0
    named: int = 0  # of the hosts and channels that are asked for
    first: datetime | None = None
    last: datetime | None = None
    channels: set[str] = field(default_factory=set)
    losses: list[Lost] = field(default_factory=list)
    residues: list[Residue] = field(default_factory=list)

    def see(self, time: datetime | None) -> None:
        """Stretch the range of times; a time before there were event logs of this kind is none."""
        if time is not None and time > BEGINNING:
            self.first = time if self.first is None else min(self.first, time)
            self.last = time if self.last is None else max(self.last, time)

    def lose(self, loss: Lost) -> None:
        """Count records that cannot be read."""
        self.lost += loss.count
        self.records += loss.count
        if len(self.losses) < MAX_TOLD:
            self.losses.append(loss)

    def remember(self, residues: Iterable[Residue]) -> None:
        """Keep what only slack holds, each text once."""
        known = {residue.text for residue in self.residues}
        for residue in residues:
            if residue.text not in known and len(self.residues) < MAX_TOLD:
                known.add(residue.text)
                self.residues.append(residue)

    def add(self, other: "Tally") -> None:
        """Add what was read of another piece of the same log."""
        self.records += other.records
        self.skipped += other.skipped
        self.lost += other.lost
        self.named += other.named
        self.see(other.first)
        self.see(other.last)
        self.channels |= other.channels
        self.losses += other.losses[: MAX_TOLD - len(self.losses)]
        self.remember(other.residues)


class Sifter:
    """One search, ready to be run over pieces of logs."""

    def __init__(self, search: Search) -> None:
        """Prepare; rules and prefilter are made ready when the first event or chunk comes."""
        self.search = search
        self._pieces = self._wanted = 0

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher(self.search.sigma)

    @cached_property
    def _prefilter(self) -> prefilter.Prefilter:
        return prefilter.build(self.search.needs) if self.search.prefilter else prefilter.Prefilter()

    def chunks(self, chunks: Iterable[evtx.Chunk], locator: Locator, tally: Tally) -> Iterator[Activity]:
        """Yield what the chunks of an EVTX log tell."""
        for chunk in chunks:
            if self._is_wanted(chunk, tally):
                yield from self.events(evtx.events(chunk, locator), tally)
                tally.remember(evtx.residue(chunk, RESIDUE, locator))

    def export(self, stream: BinaryIO, locator: Locator, tally: Tally) -> Iterator[Activity]:
        """Yield what an exported log tells."""
        yield from self.events(exports.events(stream, locator), tally)

    def events(self, events: Iterable[Event | Lost], tally: Tally) -> Iterator[Activity]:
        """Yield what events tell, and count them all."""
        for event in events:
            if isinstance(event, Lost):
                tally.lose(event)
                continue
            tally.records += 1
            tally.see(event.time)
            tally.channels.add(event.channel)
            named = self.search.window.names(event)
            tally.named += named
            if not named or not self.search.window.has(event):
                continue
            if not is_piece(event) and (reason := unread(event)):
                tally.lose(Lost(event.locator, reason, 0))
            activity = Activity(event) if is_piece(event) else self.activity(event)
            if activity is not None:
                yield activity

    def activity(self, event: Event) -> Activity | None:
        """Return what an event tells, None when that is nothing; a piece of a script must be joined first."""
        activity = activity_of(event, self.search.watch)
        hits = self._matcher.hits(event)
        if not hits:
            return activity
        return replace(activity or Activity(event), sigma=hits)

    def _is_wanted(self, chunk: evtx.Chunk, tally: Tally) -> bool:
        """Tell whether a chunk has to be read; one that has not is counted by its header.

        The times of the records' headers do not tell which chunk a range of times needs: they are those of arrival in
        forwarded logs, and of the next record in exported ones, whose last record has none.
        """
        span = evtx.span_of(chunk)
        if span is None or not self._pays or self._asked(chunk):
            return True  # None: damaged, reading tells what can be told
        tally.records += span.count
        tally.skipped += span.count
        tally.see(span.first)
        tally.see(span.last)
        return False

    @property
    def _pays(self) -> bool:
        return self._pieces < SAMPLE or self._wanted <= self._pieces * PAYS

    def _asked(self, chunk: evtx.Chunk) -> bool:
        wanted = self._prefilter.wanted(chunk.data)
        self._pieces += 1
        self._wanted += wanted
        return wanted
