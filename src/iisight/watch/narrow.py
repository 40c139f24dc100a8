"""A change looked at where it happened: the same report before and after it, over the sites it concerns alone."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from typing import BinaryIO

from iisight.engine.compare import compare
from iisight.engine.compare.change import in_order
from iisight.engine.registry import Rule, Shape
from iisight.engine.scan import report_on
from iisight.engine.settings import Settings
from iisight.evidence import paths
from iisight.evidence.source import File, Opener, Source
from iisight.examine.look import Look
from iisight.inventory.collect import collect
from iisight.inventory.config.excerpt import Blocks, differing
from iisight.inventory.discovery import CONFIG_FOLDER
from iisight.inventory.machine import Machine
from iisight.model.binary import Binary
from iisight.model.comparison import Comparison, Turn
from iisight.model.errors import EvidenceError
from iisight.model.report import Report
from iisight.watch.memory import MAX_DOCUMENT, Remembered
from iisight.watch.outline import MAX_SITES, SERVER, Outline, is_slow, outline_of, slow_folders
from iisight.watch.programs import Folders, Judged, judged, programs_among
from iisight.watch.programs import differing as differing_programs
from iisight.watch.sight import blind

MAX_PATHS = 256  # changed at once, and looked at one by one
MAX_HOST = MAX_DOCUMENT  # bytes of an applicationHost.config
MAX_CONFIG = 1024**2  # bytes of the web.configs of what is looked at: each MB takes 20 s
MAX_OF_ONE = 256 * 1024  # bytes of one: IIS takes 250 KB; a larger one is left to the look at everything
_POOL = re.compile(rb"""\sapplicationPool\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_COPIES = ("\\applicationhost.config", "\\administration.config")
_LOCAL = tuple(CONFIG_FOLDER + name for name in _COPIES)  # where IIS begins, wherever it is redirected to


@dataclass(frozen=True, slots=True)
class Means:
    """What every look is made with."""

    look: Look
    settings: Settings
    rules: tuple[Rule, ...]
    memory: Remembered
    machine: Machine | None = None


@dataclass(frozen=True, slots=True)
class Turned:
    """What a change did, and the two reports that say so."""

    comparison: Comparison
    old: Report
    new: Report
    programs: Mapping[str, Binary]  # that are no component, and came or were replaced, by folded path

    @property
    def is_doubtful(self) -> bool:
        """Tell whether something differs of which one side could not be read."""
        unknown = any(change.turn is Turn.UNKNOWN for change in self.comparison.changes)
        return unknown or bool(blind(self.old, self.new) or blind(self.new, self.old))


class Narrow:
    """The server as it was when the last change was told."""

    def __init__(self, source: Source, outline: Outline, means: Means) -> None:
        """Start from a source that nothing of is kept but the names; rules that need the whole server are not asked."""
        self.source = source
        self._means = means
        self._rules = tuple(rule for rule in means.rules if rule.shape is Shape.STATE)
        self._hosts: dict[str, Blocks] = {}
        self._ahead: dict[str, Blocks] = {}  # as they were last seen, perhaps while they were written
        self._last: tuple[object, Report] | None = None
        self.outline = outline
        self.settle(outline)

    def settle(self, outline: Outline) -> None:
        """Take over what a look at everything found out."""
        self.outline = outline
        self._means.memory.untouched = frozenset(outline.hosts)
        self._last = None
        self._bare = _bare(self.source, outline)
        if any(path.endswith(_COPIES[0]) for path in outline.hosts):  # else it is away for a while
            self._hosts = {path: blocks for path, blocks in self._hosts.items() if path in outline.hosts}
        for path in outline.hosts:
            if path not in self._hosts:
                self._hosts[path] = Blocks(self._read(self.source, path))

    def prepare(self, changed: Mapping[str, File | None]) -> None:
        """Look at the server as it was where files are about to be found changed, while they may still be written."""
        keys = {paths.fold(path) for path in changed}
        sites, pools, hosts = self._concerned(keys, self.source.changed(changed))
        self._ahead = hosts
        lens = _Lens(sites, pools, frozenset(keys))
        if lens.is_small:
            seen = lens.of(self.source, self._bare, self.outline)
            if self._is_quick(seen):
                self._last = (sites, pools), self._before(lens, seen, self._known(keys, self.source))

    def turn(self, changed: Mapping[str, File | None]) -> Turned | None:
        """Take over changed files and return what that did; None when only a look at everything can tell."""
        before, after = self.source, self.source.changed(changed)
        keys = {paths.fold(path) for path in changed}
        self.source = after
        sites, pools, hosts = self._concerned(keys, after)
        is_read = all(blocks.data for blocks in (*self._hosts.values(), *hosts.values()))
        lens = _Lens(sites, pools, frozenset(keys))
        is_heavy = any(_is_heavy(file) for key in keys for file in (before.find(key), after.find(key)))
        is_whole = is_read and not is_heavy and not _is_gone(sites, hosts.values())
        seen = lens.of(before, self._bare, self.outline) if is_whole and lens.is_small else None
        if seen is None or not self._is_quick(seen) or not self._is_quick(seen.changed(changed)):
            self._hosts, self._last = hosts, None
            self._forget(changed)
            self._bare = _bare(after, self.outline)
            return None
        known, was, outline = self._known(keys, before), self._hosts, self.outline
        old = self._before(lens, seen, known)
        self._hosts = hosts
        self._forget(changed)
        new = self._report(lens, seen.changed(changed), {})
        self._bare = self._bare.changed({path: file for path, file in changed.items() if self._is_of_none(path)})
        self._last = (sites, pools), new
        if self.outline.places != outline.places:  # a site is in another folder now: both are looked at
            both = replace(self.outline, places=tuple(sorted({*outline.places, *self.outline.places})))
            seen, self._hosts = lens.of(before, _bare(before, both), both), was
            old = self._report(lens, seen, known)
            self._hosts = hosts
            new = self._report(lens, seen.changed(changed), {})
            self._bare, self._last = _bare(after, self.outline), None
        old, new = self._beside(lens, old, new), self._beside(lens, new, old)
        compared = compare(old, new, one_place=True)
        beside = self._programs(changed, before, outline)
        compared = replace(compared, changes=in_order((*compared.changes, *beside.changes)))
        return Turned(compared, old, new, beside.files)

    def _programs(self, changed: Iterable[str], before: Source, outline: Outline) -> Judged:
        """Return what became of programs that are no component, neither before nor now."""
        old, new = (programs_among(changed, source) for source in (before, self.source))
        if old == new:
            return Judged()
        every = replace(self.outline, uses={**outline.uses, **self.outline.uses})
        folders = Folders(every)
        differ = (c for c in differing_programs(old, new, every.uses) if folders.hold(paths.fold(c.subject)))
        return judged(differ, self.source, self._means.look, self._means.memory)

    def _beside(self, lens: "_Lens", report: Report, other: Report) -> Report:
        """Return a report with the components that only the other one has and that are there beside what is seen.

        A handler of ten sites that one of them takes out is not gone: it is registered in one place less.
        """
        here = {judged.component.id for judged in report.components}
        more = tuple(
            replace(judged, component=replace(judged.component, registrations=(), presence=()))
            for judged in other.components
            if judged.component.id not in here and self.outline.is_held_beside(judged.component.id, lens.sites)
        )
        return replace(report, components=(*report.components, *more)) if more else report

    def _is_quick(self, seen: Source) -> bool:
        """Tell whether the files to be looked at keep the watch from other changes for no longer than can be borne."""
        return sum(file.size for file in seen.named("web.config")) <= MAX_CONFIG

    def _is_of_none(self, path: str) -> bool:
        """Tell whether a file is among those that every look takes in."""
        key = paths.fold(path)
        if self._bare.find(key) is not None or key.endswith(".cat"):  # what an update writes next is judged by it
            return True
        return self.outline.is_of_none(key) and not is_slow(key)

    def _known(self, keys: Iterable[str], source: Source) -> dict[str, bytes | None]:
        """Return the bytes that files had, None for those whose bytes were not kept."""
        files = ((key, source.find(key)) for key in keys)
        return {key: self._means.memory.content(file) for key, file in files if file is not None}

    def _before(self, lens: "_Lens", source: Source, known: Mapping[str, bytes | None]) -> Report:
        if self._last is not None and self._last[0] == (lens.sites, lens.pools):
            return self._last[1]
        return self._report(lens, source, known)

    def _forget(self, changed: Iterable[str]) -> None:
        for path in changed:
            self._means.memory.forget(path)
        for path in changed:
            key = paths.fold(path)
            file = self.source.find(path) if key in self._hosts else None
            if file is not None:
                self._means.memory.keep_content(file, self._hosts[key].data)

    def _concerned(self, keys: set[str], after: Source) -> tuple[frozenset[str], frozenset[str], dict[str, Blocks]]:
        """Return the sites and pools that changed files are of, and the hosts as they are now."""
        hosts, sites, pools = dict(self._hosts), set[str](), set[str]()
        for key in sorted(keys):
            if key in self._hosts:
                old, data = self._hosts[key], self._read(after, key)
                ahead = self._ahead.get(key)
                new = ahead if ahead is not None and ahead.data == data else old.moved(data)
                hosts[key] = new
                differ, is_general = differing(old, new)
                sites.update(b.site for b in differ if b.kind != b"add")
                pools.update(b.site for b in differ if b.kind == b"add")
                if is_general or not sites:
                    sites.add(SERVER)
            elif not is_slow(key):
                sites |= self.outline.sites_of(key)
        for blocks in (*self._hosts.values(), *hosts.values()):
            pools |= _pools_of(blocks, sites)
        return frozenset(sites), frozenset(pools), hosts

    def _report(self, lens: "_Lens", source: Source, given: Mapping[str, bytes | None]) -> Report:
        excerpts = {path: blocks.excerpt(lens.blocks) for path, blocks in self._hosts.items()}
        seen, means = source.through(lambda opener: _given(opener, {**given, **excerpts})), self._means
        inventory = collect(seen, look=means.look, machine=means.machine, memory=means.memory)
        self._learn(lens, outline_of(inventory))
        return report_on(inventory, means.settings, self._rules)

    def _learn(self, lens: "_Lens", seen: Outline) -> None:
        """Take over where the sites have moved that were looked at, and what their components are read from."""
        others = (place for place in self.outline.places if place[1] not in lens.sites)
        uses = dict(self.outline.uses)
        for path, sites in seen.uses.items():
            uses[path] = tuple(sorted({*uses.get(path, ()), *sites}))
        held = {site: ids for site, ids in self.outline.held.items() if site not in lens.sites or site == SERVER}
        held |= {site: ids for site, ids in seen.held.items() if site in lens.sites}
        self.outline = replace(self.outline, places=tuple(sorted({*others, *seen.places})), uses=uses, held=held)

    @staticmethod
    def _read(source: Source, path: str) -> bytes:
        """Return a configuration; empty when it cannot be: then nothing is said of what it lacks."""
        file = source.find(path)
        try:
            return b"" if file is None or file.size > MAX_HOST else source.read(file, MAX_HOST)
        except EvidenceError:
            return b""


@dataclass(frozen=True, slots=True)
class _Lens:
    """What of the server is looked at."""

    sites: frozenset[str]
    pools: frozenset[str]
    keys: frozenset[str]  # folded paths of what changed

    @property
    def is_small(self) -> bool:
        """Tell whether it is little enough to be looked at before the whole."""
        return bool(self.sites) and len(self.sites) <= MAX_SITES and len(self.keys) <= MAX_PATHS

    @property
    def blocks(self) -> Iterator[tuple[bytes, str]]:
        """Yield kind and name of the blocks of applicationHost.config that are looked at."""
        yield from ((b"location", site) for site in {*self.sites, SERVER})
        yield from ((b"site", site) for site in self.sites)
        yield from ((b"add", pool) for pool in self.pools)

    def of(self, source: Source, bare: Source, outline: Outline) -> Source:
        """Return the files that are looked at: those of no site, of these sites, and those that changed."""
        kept = [folder for folder, site in outline.places if site in self.sites]
        below = (file for folder in kept for file in source.below(folder))
        files: dict[str, File | None] = {file.path: file for file in below if not _is_heavy(file)}
        files |= {file.path: file for key in self.keys if (file := source.find(key)) is not None}
        return bare.changed(files)


def _bare(source: Source, outline: Outline) -> Source:
    """Return the files that are of no site, and none of the copies and logs that a look at one place does without."""
    drives = {"c:", *(path[:2] for path in outline.hosts)}
    system = [host.rpartition("\\")[0] for host in outline.hosts]
    in_force = frozenset(folder + name for folder in system for name in _COPIES)

    def is_copy(key: str) -> bool:
        return key.endswith(_COPIES) and key not in in_force and key[2:] not in _LOCAL

    folders = {folder for folder, _ in outline.places if not any(s.startswith(folder + "\\") for s in system)}
    return source.without((*sorted(folders), *slow_folders(sorted(drives))), is_copy)


def _is_heavy(file: File | None) -> bool:
    """Tell whether a web.config is larger than what IIS takes of one."""
    return file is not None and file.size > MAX_OF_ONE and paths.basename(file.path).lower() == "web.config"


def _given(opener: Opener, given: Mapping[str, bytes | None]) -> Opener:
    """Return an opener that gives some files by their bytes, and refuses those whose bytes are not known."""

    def opened(file: File) -> BinaryIO:
        key = paths.fold(file.path)
        if key not in given:
            return opener(file)
        data = given[key]
        if data is None:
            raise EvidenceError(f"{file.path}: it is another file now, and was not read before")
        return BytesIO(data)

    return opened


def _is_gone(sites: Iterable[str], hosts: Iterable[Blocks]) -> bool:
    """Tell whether a site is in no configuration any more: what its files are of then, only a look at all tells."""
    known = [blocks for blocks in hosts if not blocks.is_empty]
    return bool(known) and any(site and not any(blocks.of(b"site", site) for blocks in known) for site in sites)


def _pools_of(blocks: Blocks, sites: set[str]) -> set[str]:
    """Return the folded names of the pools that the applications of sites name."""
    found = {"defaultapppool"}
    for block in (block for site in sites for block in blocks.of(b"site", site)):
        for match in _POOL.finditer(blocks.data, block.start, block.end):
            found.add(paths.lower((match[1] or match[2] or b"").decode("utf-8", "replace")))
    return found
