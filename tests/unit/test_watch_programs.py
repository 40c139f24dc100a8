"""Which programs count, and what is told of them."""

import pytest

from iisight.evidence.memory import memory_source
from iisight.evidence.paths import fold
from iisight.examine.look import Look
from iisight.examine.setup import Setup
from iisight.model.comparison import Turn
from iisight.model.finding import Severity
from iisight.watch import programs
from iisight.watch.outline import Outline
from iisight.watch.programs import comparable, differing, judged, programs_of
from iisight.watch.replaced import Files
from iisight.workbench import images, pe, signing, stock
from tests.builders.watching import INETSRV

OUTLINE = Outline(
    places=(("d:\\web", "s"),), uses={"d:\\acme\\module.dll": ("",), "c:\\windows\\system32\\wsmsvc.dll": ("",)}
)
COMPILED = "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\Temporary ASP.NET Files\\root\\a\\x.dll"
CACHE = "C:\\Windows\\Microsoft.NET\\assembly\\GAC_MSIL\\A\\v4.0_1.0.0.0__0\\A.dll"
COUNTING = [f"{INETSRV}w3wp.exe", "D:\\acme\\helper.dll", "D:\\web\\bin\\roslyn\\csc.exe", COMPILED, CACHE]
OTHERS = [
    "C:\\Windows\\System32\\kernel32.dll",
    "D:\\acme\\deeper\\other.dll",
    "D:\\web\\files\\setup.exe",
    "E:\\bin\\tool.exe",
    f"{INETSRV}config\\applicationHost.config",
]


def test_programs_count_in_the_folders_that_iis_loads_from() -> None:
    found = programs_of(memory_source(dict.fromkeys([*COUNTING, *OTHERS], b"MZ")), OUTLINE)
    assert found is not None
    assert sorted(path for path, _ in found.values()) == sorted(COUNTING)


def test_too_many_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "MAX_PROGRAMS", len(COUNTING) - 1)
    assert programs_of(memory_source(dict.fromkeys(COUNTING, b"MZ")), OUTLINE) is None


@pytest.mark.parametrize(
    ("path", "came", "replaced"),
    [
        (COUNTING[0], Severity.MEDIUM, Severity.MEDIUM),
        (CACHE, Severity.LOW, Severity.LOW),
        (COMPILED, None, Severity.MEDIUM),
    ],
)
def test_what_is_told(path: str, came: Severity | None, replaced: Severity) -> None:
    one, other = {fold(path): (path, "1 bytes")}, {fold(path): (path, "2 bytes")}
    told = [[(c.turn, c.weight) for c in differing(*pair, ())] for pair in (({}, one), (one, {}), (one, other))]
    expected = [[], []] if came is None else [[(Turn.ADDED, came)], [(Turn.REMOVED, came)]]
    assert told == [*expected, [(Turn.CHANGED, replaced)]]
    assert not [*differing({}, one, {fold(path)}), *differing(one, one, ())]


def test_files_that_were_there_are_neither_gone_nor_new_when_other_folders_count() -> None:
    source = memory_source(dict.fromkeys(COUNTING, b"MZ"))
    whole, fewer = programs_of(source, OUTLINE), programs_of(source, Outline(places=OUTLINE.places))
    assert whole is not None
    assert fewer is not None
    assert len(fewer) < len(whole)
    assert not [*differing(*comparable(whole, fewer, source), ()), *differing(*comparable(fewer, whole, source), ())]
    gone = memory_source({})
    assert [c.subject for c in differing(*comparable(whole, fewer, gone), ())] == ["D:\\acme\\helper.dll"]


LOOK = Look(Setup(roots=signing.test_roots(), microsoft=signing.test_thumbprints()), workers=0)
BUILT = pe.build(stock.microsoft("w3wp.exe", "x64", ()))


@pytest.mark.parametrize(
    ("path", "listed", "weight", "said"),
    [
        (COUNTING[0], True, Severity.LOW, "signed by Microsoft (catalogue), version 10.0.17763.1"),
        (COUNTING[0], False, Severity.HIGH, "not signed, and no catalogue lists it, version 10.0.17763.1"),
        (COUNTING[1], False, Severity.MEDIUM, "not signed, and no catalogue lists it, version 10.0.17763.1"),
    ],
)
def test_what_a_program_weighs_rests_on_its_signature(path: str, listed: bool, weight: Severity, said: str) -> None:
    catalogue = images.write_catalogue([BUILT]) if listed else images.stock_catalogue()
    source = memory_source({path: BUILT, images.STOCK_CATALOGUE: catalogue})
    one, other = {fold(path): (path, "1 bytes")}, {fold(path): (path, "2 bytes")}
    for before in (one, {}):
        found = judged(differing(before, other, ()), source, LOOK, None)
        (told,), files = found.changes, Files(programs=found.files)
        assert told.weight is weight
        assert files.standing(told) == said
        assert files.is_update([told]) is (listed and told.turn is Turn.CHANGED)
    assert judged(differing(one, {}, ()), memory_source({}), LOOK, None).files == {}
