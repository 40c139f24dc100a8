"""A change looked at where it happened: the same report before and after it, over the sites it concerns alone."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from typing import BinaryIO

from iisight.engine.compare import compare
from iisight.engine.registry import Rule
from iisight.engine.scan import report_on
from iisight.engine.settings import Settings
from iisight.evidence import paths
from iisight.evidence.source import File, Opener, Source
from iisight.examine.look import Look
from iisight.inventory.collect import collect
from iisight.inventory.config.excerpt import Block, Blocks, differing
from iisight.model.comparison import Comparison
from iisight.model.errors import EvidenceError
from iisight.model.registry import Registry
from iisight.model.report import Report
from iisight.watch.memory import Remembered
from iisight.watch.outline import MAX_SITES, SERVER, Outline, is_slow, outline_of, slow_folders

MAX_PATHS = 256  # changed at once, and looked at one by one
MAX_HOST = 32 * 1024**2  # bytes of an applicationHost.config
_POOL = re.compile(rb"""\sapplicationPool\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_COPIES = ("\\applicationhost.config", "\\administration.config")


@dataclass(frozen=True, slots=True)
class Means:
    """What every look is made with."""

    look: Look
    settings: Settings
    rules: tuple[Rule, ...]
    memory: Remembered
    registry: Registry | None = None


@dataclass(frozen=True, slots=True)
class Turned:
    """What a change did, and the two reports that say so."""

    comparison: Comparison
    old: Report
    new: Report


class Narrow:
    """The server as it was when the last change was told."""

    def __init__(self, source: Source, outline: Outline, means: Means) -> None:
        """Start from a source that nothing of is kept but the names."""
        self.source = source
        self._means = means
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
        for path in outline.hosts:
            if path not in self._hosts:
                self._hosts[path] = Blocks(self._read(self.source, path))

    def prepare(self, changed: Mapping[str, File | None]) -> None:
        """Look at the server as it was where files are about to be found changed, while they may still be written."""
        keys = {paths.fold(path) for path in changed}
        sites, pools, hosts = self._concerned(keys, self.source.changed(changed))
        self._ahead = hosts
        if sites and len(sites) <= MAX_SITES and len(keys) <= MAX_PATHS:
            lens = _Lens(self.outline, sites, pools, frozenset(keys))
            known = self._known(keys, self.source)
            self._last = (lens.sites, lens.pools), self._before(lens, lens.of(self.source), known)

    def turn(self, changed: Mapping[str, File | None]) -> Turned | None:
        """Take over changed files and return what that did; None when only a look at everything can tell."""
        before, after = self.source, self.source.changed(changed)
        keys = {paths.fold(path) for path in changed}
        self.source = after
        sites, pools, hosts = self._concerned(keys, after)
        if not sites or len(sites) > MAX_SITES or len(keys) > MAX_PATHS:
            self._hosts, self._last = hosts, None
            self._forget(changed)
            return None
        lens = _Lens(self.outline, sites, pools, frozenset(keys))
        known = self._known(keys, before)
        seen = lens.of(before)
        old = self._before(lens, seen, known)
        self._hosts = hosts
        self._forget(changed)
        new = self._report(lens, seen.changed(changed), {})
        self._last = (lens.sites, lens.pools), new
        return Turned(compare(old, new), old, new)

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
        excerpts = {path: blocks.excerpt(lens.wants) for path, blocks in self._hosts.items()}
        seen, means = source.through(lambda opener: _given(opener, {**given, **excerpts})), self._means
        inventory = collect(seen, look=means.look, registry=means.registry, memory=means.memory)
        self._learn(lens, outline_of(inventory))
        return report_on(inventory, means.settings, means.rules)

    def _learn(self, lens: "_Lens", seen: Outline) -> None:
        """Take over where the sites have moved that were looked at, and what their components are read from."""
        others = (place for place in self.outline.places if place[1] not in lens.sites)
        uses = dict(self.outline.uses)
        for path, sites in seen.uses.items():
            uses[path] = tuple(sorted({*uses.get(path, ()), *sites}))
        self.outline = replace(self.outline, places=tuple(sorted({*others, *seen.places})), uses=uses)

    @staticmethod
    def _read(source: Source, path: str) -> bytes:
        file = source.find(path)
        try:
            return b"" if file is None else source.read(file, MAX_HOST)
        except EvidenceError:
            return b""


@dataclass(frozen=True, slots=True)
class _Lens:
    """What of the server is looked at."""

    outline: Outline
    sites: frozenset[str]
    pools: frozenset[str]
    changed: frozenset[str]  # folded paths

    def wants(self, block: Block) -> bool:
        """Tell whether a block of applicationHost.config is looked at."""
        if block.kind == b"add":
            return block.site in self.pools
        return block.site in self.sites or (block.kind == b"location" and not block.site)

    def of(self, source: Source) -> Source:
        """Return the files that are looked at."""
        drives = {path[:2] for path in self.outline.hosts} or {"c:"}
        folders = (*self.outline.folders_without(self.sites), *slow_folders(sorted(drives)))
        return source.without(folders, self._is_copy)

    def _is_copy(self, key: str) -> bool:
        """Tell whether a file is a copy of a configuration that nothing happened to."""
        if not key.endswith(_COPIES) or key in self.changed or key in self.outline.hosts:
            return False
        return not key.endswith("\\inetsrv\\config\\administration.config")


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


def _pools_of(blocks: Blocks, sites: set[str]) -> set[str]:
    """Return the folded names of the pools that the applications of sites name."""
    found = {"defaultapppool"}
    for block in blocks.found:
        if block.kind == b"site" and block.site in sites:
            for match in _POOL.finditer(blocks.data, block.start, block.end):
                found.add(paths.lower((match[1] or match[2] or b"").decode("utf-8", "replace")))
    return found
