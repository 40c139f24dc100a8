"""What a watch tells of changes where they happen is what two looks at everything find, no more, and nothing twice."""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import BinaryIO

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from iisight.engine.compare import compare
from iisight.engine.registry import all_rules
from iisight.engine.scan import scanned
from iisight.engine.settings import Settings
from iisight.evidence.source import File, Source
from iisight.examine.look import Look
from iisight.inventory.inventory import Inventory
from iisight.model.comparison import Change, Topic, Turn
from iisight.model.report import Report
from iisight.watch import state, told
from iisight.watch.memory import Remembered
from iisight.watch.narrow import Means, Narrow
from iisight.watch.outline import outline_of
from iisight.watch.sight import sighted
from iisight.watch.told import Told
from iisight.watch.warm import Warm, warmed
from iisight.workbench import stock

EXAMPLES = int(os.environ.get("NARROW_EXAMPLES", "12"))
START = datetime(2026, 1, 2, tzinfo=UTC)
QUIET = (Turn.MOVED, Turn.UNKNOWN)
SITES = ("one", "two", "three")
SYSTEM = "C:\\Windows\\System32\\inetsrv\\"
KEPT = ("w3core", "loghttp", "cachuri", "static", "authanon")
WEB = "<configuration><system.webServer>{}</system.webServer></configuration>"
HANDLERS = ("", "<handlers>{}</handlers>")
HANDLER = '<add name="H{0}" path="*.h{0}" verb="*" type="Shop.H{0}, Shop" />'
LOCATION = '<location path="{site}"><system.webServer>{body}</system.webServer></location>'
BODIES = (
    "",
    '<httpLogging dontLog="true" />',
    '<handlers><add name="L" path="*.l" verb="*" type="Shop.L, Shop" /></handlers>',
    '<modules><remove name="FormsAuthentication" /></modules>',
    '<security><authentication><anonymousAuthentication enabled="false" /></authentication></security>',
)
GLOBALS = ("", '<add name="Evil" image="%windir%\\System32\\inetsrv\\evil.dll" />')
ENABLED = ("", '<add name="Evil" />')


@dataclass
class Server:
    """A small server in memory whose parts are this way or that, with every file's time."""

    parts: dict[str, int] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    times: dict[str, datetime] = field(default_factory=dict)
    edits: int = 0

    def __post_init__(self) -> None:
        for path, data in stock.stock_files().items():
            name = path.rpartition("\\")[2].lower()
            if not path.startswith(SYSTEM) or name.startswith(KEPT) or name.endswith(".config"):
                self._put(path, data)
        self.base = self.files[stock.APPHOST].decode()
        self.apply({})

    def apply(self, parts: dict[str, int]) -> set[str]:
        """Change parts; return the paths of the files that are others now."""
        self.edits += 1
        self.parts |= parts
        wanted = dict(self._wanted())
        changed = {path for path, data in wanted.items() if self.files.get(path) != data}
        for path in changed:
            data = wanted[path]
            if data is None:
                self.files.pop(path, None)
            else:
                self._put(path, data)
        return changed

    def file(self, path: str) -> File | None:
        data = self.files.get(path)
        return None if data is None else File(path, len(data), self.times[path], "")

    def source(self) -> Source:
        files = [file for path in self.files if (file := self.file(path)) is not None]
        return Source("made", files, self.open)

    def open(self, file: File) -> BinaryIO:
        return BytesIO(self.files[file.path])

    def _put(self, path: str, data: bytes) -> None:
        self.files[path] = data
        self.times[path] = START + timedelta(seconds=self.edits)

    def _wanted(self) -> Iterator[tuple[str, bytes | None]]:
        parts = self.parts
        host = self.base.replace("<globalModules>", f"<globalModules>{GLOBALS[parts.get('global', 0)]}", 1)
        host = host.replace("<modules>", f"<modules>{ENABLED[parts.get('enabled', 0)]}", 1)
        sites, locations = "", ""
        for number, site in enumerate(SITES):
            folder = f"D:\\web\\{site}{'-moved' if parts.get(f'moved {site}') else ''}"
            pool = "Shop" if parts.get(f"pool {site}") else "DefaultAppPool"
            if not parts.get(f"gone {site}"):
                sites += (
                    f'<site name="{site}" id="{number + 7}"><application path="/" applicationPool="{pool}">'
                    f'<virtualDirectory path="/" physicalPath="{folder}" /></application></site>'
                )
            locations += LOCATION.format(site=site, body=BODIES[parts.get(f"location {site}", 0)])
            for place in (f"D:\\web\\{site}", f"D:\\web\\{site}-moved"):
                handlers = HANDLERS[1].format("".join(HANDLER.format(n) for n in range(parts.get(f"web {site}", 0))))
                yield f"{place}\\web.config", WEB.format(handlers).encode()
            dll = self.files[f"{SYSTEM}loghttp.dll"] if parts.get(f"bin {site}") else None
            yield f"D:\\web\\{site}\\bin\\Shop.dll", dll
        evil = (None, self.files[f"{SYSTEM}loghttp.dll"], self.files[f"{SYSTEM}cachuri.dll"])[parts.get("evil", 0)]
        yield f"{SYSTEM}evil.dll", evil
        host = host.replace("<siteDefaults>", f"{sites}<siteDefaults>", 1)
        yield stock.APPHOST, host.replace("</configuration>", f"{locations}</configuration>").encode()


_PARTS = {
    "global": 2,
    "enabled": 2,
    "evil": 3,
    **{f"{kind} {site}": 2 for kind in ("moved", "pool", "gone", "bin") for site in SITES},
    **{f"location {site}": len(BODIES) for site in SITES},
    **{f"web {site}": 3 for site in SITES},
}
edits = st.dictionaries(st.sampled_from(sorted(_PARTS)), st.integers(0, 4), min_size=1, max_size=2).map(
    lambda chosen: {name: value % _PARTS[name] for name, value in chosen.items()}
)
sequences = st.lists(edits, min_size=1, max_size=4)


class Watch:
    """The parts of a watch that look and compare, without processes and time."""

    def __init__(self, server: Server, warm: Warm) -> None:
        self.server, self._warm = server, warm
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        state.create(self.connection)
        inventory, self.report = self.look(Remembered(self.connection, answers=False))
        rules = all_rules()
        self.memory = Remembered(self.connection)
        means = Means(warm, Settings(), tuple(rules), self.memory)
        self.narrow = Narrow(server.source(), outline_of(inventory), means)
        self.turn = 0
        self.is_whole = False  # something was left to a look at everything

    def look(self, memory: Remembered | None = None) -> tuple[Inventory, Report]:
        found = scanned(self.server.source(), Settings(), look=self._warm, memory=memory)
        if memory is not None:
            memory.replace_all()
        return found

    def change(self, parts: dict[str, int]) -> tuple[Change, ...]:
        """Return what is told where a change happened, and keep that it was."""
        changed = {path: self.server.file(path) for path in self.server.apply(parts)}
        self.turn += 1
        if not changed:
            return ()
        turned = self.narrow.turn(changed)
        self.memory.flush()
        self.memory.flushed()
        if turned is None:
            self.is_whole = True
            return ()
        found = sighted(turned.comparison.changes, turned.old, turned.new)
        made = tuple(c for c in found if c.turn not in QUIET and c.topic is not Topic.COVERAGE)
        told.keep(self.connection, [Told(self.turn, each) for each in made])
        return made


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    warm = warmed(Look(), START)
    yield warm
    warm.close()


def counting(changes: tuple[Change, ...]) -> dict[str, Change]:
    return {told.says_of(c): c for c in changes if c.turn not in QUIET and c.topic is not Topic.COVERAGE}


def is_counted(change: Change, whole: dict[str, Change], report: Report) -> bool:
    """Tell whether a rule says it of one place and more of the whole: `out of one and 1 more places`.

    A component that stood in one site already, and is added to another, is found in that one; of the whole,
    its rule has been saying so, in the words of the first.
    """
    if change.topic is not Topic.FINDING:
        return False
    known = {(finding.rule, component) for finding in report.findings for component in finding.components}
    spoken = {each.subject for each in whole.values() if each.topic is Topic.FINDING}
    return change.subject in spoken or any((change.subject, component) in known for component in change.components)


@settings(
    max_examples=int(os.environ.get("NARROW_EXAMPLES", "12")),
    phases=(Phase.generate,),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sequences)
def test_what_is_told_where_it_happened_is_what_looks_at_everything_find(
    warm: Warm, sequence: list[dict[str, int]]
) -> None:
    watch = Watch(Server(), warm)
    before = watch.report
    for parts in sequence:
        made = counting(watch.change(parts))
        after = watch.look()[1]
        whole = counting(compare(before, after, one_place=True).changes)
        invented = [c.what for k, c in made.items() if k not in whole and not is_counted(c, whole, after)]
        assert not invented, (parts, [c.what for c in whole.values()])
        before = after
    left = told.left(
        compare(watch.report, before, one_place=True), told.standing(watch.connection), watch.turn + 1, before
    )
    rest = counting(left.changes)
    if not watch.is_whole:  # else it is right: what undid it was not told
        assert not [c.what for c in rest.values() if c.what.startswith("it is again")]
    whole = counting(compare(watch.report, before, one_place=True).changes)
    standing = {told.says_of(each.change) for each in told.standing(watch.connection)}
    assert {*rest, *standing} >= {*whole}
    if len(sequence) == 1 and not watch.is_whole:
        assert not [c.what for c in rest.values() if c.topic is not Topic.FINDING]
