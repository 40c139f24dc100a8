"""What copies of a configuration tell of its past."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from iisight.engine.joining import Joiner
from iisight.engine.past import of_history
from iisight.engine.scan import scan
from iisight.evidence.memory import memory_source
from iisight.inventory.collect import collect
from iisight.inventory.past import History, How, histories
from iisight.model.report import Report
from iisight.model.story import LogRead
from tests.builders.servers import APPHOST, apphost, location

HISTORY = "C:\\inetpub\\history\\CFGHISTORY_{:010}\\applicationHost.config"
BACKUP = "C:\\Windows\\System32\\inetsrv\\backup\\{}\\applicationHost.config"
POOL = "C:\\inetpub\\temp\\appPools\\{0}\\{0}.config"
START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


def modules(*names: str, image: str = "C:\\Acme\\{}.dll") -> str:
    """Return an applicationHost.config with native modules."""
    rows = "".join(f'<add name="{name}" image="{image.format(name)}" />' for name in names)
    return apphost(f"<globalModules>{rows}</globalModules>")


def times(*paths: str, step: float = 10) -> dict[str, datetime]:
    """Return times for files, so many minutes apart."""
    return {path: START + timedelta(minutes=step * number) for number, path in enumerate(paths)}


def history(files: Mapping[str, bytes | str], modified: dict[str, datetime] | None = None) -> History:
    """Return the only history of such evidence."""
    (found,) = histories(collect(memory_source(files, modified=modified)))
    return found


def told(found: History) -> list[tuple[str, str, str, str]]:
    """Return what changed, between which copies."""
    return [(c.how.value, c.row.name, c.older.name, c.newer.name) for c in found.changes]


def notes(found: History) -> list[str]:
    """Return what is said of the copies themselves."""
    return [note.text for note in found.notes]


NOW = "the configuration in force"
THREE = {HISTORY.format(1): modules("A"), HISTORY.format(2): modules("A", "B"), APPHOST: modules("B", "C")}


def test_what_comes_and_goes_is_told_between_neighbours() -> None:
    found = history(THREE, times(*THREE))

    assert told(found) == [
        ("came", "B", "CFGHISTORY_0000000001", "CFGHISTORY_0000000002"),
        ("came", "C", "CFGHISTORY_0000000002", NOW),
        ("went", "A", "CFGHISTORY_0000000002", NOW),
    ]
    assert [c.newer.time for c in found.changes] == [START + timedelta(minutes=m) for m in (10, 20, 20)]
    assert found.changes[0].row.locator.path == HISTORY.format(2)
    assert notes(found) == []


def test_another_image_under_the_same_name_is_a_change() -> None:
    found = history({HISTORY.format(1): modules("A"), APPHOST: modules("A", image="C:\\Temp\\{}.dll")})

    assert [(c.how, c.differences) for c in found.changes] == [
        (How.CHANGED, (("image", "C:\\Acme\\A.dll", "C:\\Temp\\A.dll"),))
    ]


def test_the_case_of_letters_is_no_change() -> None:
    assert told(history({HISTORY.format(1): modules("A"), APPHOST: modules("A", image="c:\\ACME\\{}.DLL")})) == []


def test_rows_of_locations_and_directives_count() -> None:
    place = (
        '<location path="S"><system.webServer><modules><remove name="X" /><add name="M" type="N.M" />'
        "</modules></system.webServer></location>"
    )
    found = history({HISTORY.format(1): apphost(), APPHOST: apphost(rest=place)})

    assert [(c.how, c.row.name, c.row.location, c.row.is_directive) for c in found.changes] == [
        (How.CAME, "X", "S", True),
        (How.CAME, "M", "S", False),
    ]


@pytest.mark.parametrize(
    ("server", "name", "code"),
    [
        ('<isapiFilters><filter name="F" path="C:\\f.dll" /></isapiFilters>', "F", "C:\\f.dll"),
        ('<handlers><add name="H" path="*.x" verb="*" type="N.H" /></handlers>', "H", "N.H"),
        ('<handlers><add name="H" path="*" scriptProcessor="C:\\h.dll" /></handlers>', "H", "C:\\h.dll"),
        ('<security><isapiCgiRestriction><add path="C:\\r" /></isapiCgiRestriction></security>', "C:\\r", "C:\\r"),
        ('<fastCgi><application fullPath="C:\\p.exe" /></fastCgi>', "C:\\p.exe", "C:\\p.exe"),
        ('<httpCompression><scheme name="z" dll="C:\\z.dll" /></httpCompression>', "z", "C:\\z.dll"),
        ('<rewrite><providers><provider name="P" type="N.P" /></providers></rewrite>', "P", "N.P"),
    ],
)  # fmt: skip
def test_every_collection_that_names_code_is_compared(server: str, name: str, code: str) -> None:
    found = history({HISTORY.format(1): apphost(), APPHOST: apphost(server)})

    assert [(c.how, c.row.name, c.row.code) for c in found.changes] == [(How.CAME, name, code)]


def test_a_pool_action_is_code_and_a_pool_is_none() -> None:
    pools = '<add name="P"><failure orphanActionExe="C:\\x.exe" /></add><add name="Q" managedRuntimeLoader="" />'
    found = history({HISTORY.format(1): apphost(pools=""), APPHOST: apphost(pools=pools)})

    assert [(c.how, c.row.element, c.row.code) for c in found.changes] == [(How.CAME, "add/failure", "C:\\x.exe")]


def test_secrets_of_a_command_line_are_not_repeated() -> None:
    process = '<aspNetCore processPath="C:\\app.exe" arguments="--password {}" />'
    found = history({HISTORY.format(1): apphost(process.format("old")), APPHOST: apphost(process.format("new"))})

    assert "old" not in repr(found.changes[0].differences) + found.changes[0].row.code
    assert found.changes[0].how is How.CHANGED


def test_a_missing_number_is_said() -> None:
    files = {HISTORY.format(1): modules("A"), HISTORY.format(4): modules("A"), APPHOST: modules("A")}

    expected = ["2 copies are missing between CFGHISTORY_0000000001 and CFGHISTORY_0000000004"]
    assert notes(history(files, times(*files))) == expected


def test_the_number_decides_where_a_time_contradicts_it() -> None:
    modified = times(*THREE) | {HISTORY.format(1): START + timedelta(days=9)}
    found = history(THREE, modified)

    assert [s.name for s in found.snapshots] == ["CFGHISTORY_0000000001", "CFGHISTORY_0000000002", NOW]
    assert found.snapshots[0].time is None
    assert notes(found) == [
        "the time of CFGHISTORY_0000000001 (2026-03-10 10:00:00Z) contradicts the numbers of the copies"
    ]


def test_times_of_one_copying_are_not_believed() -> None:
    found = history(THREE, times(*THREE, step=0.1))

    assert {c.newer.time for c in found.changes} == {None}
    assert notes(found) == ["the times of all copies are alike: those of whoever copied them, not of the changes"]


def test_a_backup_stands_where_its_time_puts_it() -> None:
    files = {HISTORY.format(1): modules("A"), BACKUP.format("b"): modules("A", "B"), APPHOST: modules("A", "B")}

    assert told(history(files, times(*files))) == [("came", "B", "CFGHISTORY_0000000001", "backup 'b'")]


def test_a_backup_without_a_time_is_said_and_not_compared() -> None:
    files = {HISTORY.format(1): modules("A"), BACKUP.format("b"): modules("B"), APPHOST: modules("A")}
    modified = times(HISTORY.format(1), APPHOST)
    found = history(files, modified)

    assert told(found) == []
    assert notes(found) == ["nothing tells when backup 'b' was true: it was not compared"]


def test_the_file_of_a_pool_lacks_only_what_it_may_lack() -> None:
    place = location("S", '<add name="M" type="N.M" />')
    whole = apphost('<globalModules><add name="A" image="C:\\a.dll" /></globalModules>', place)
    files = {HISTORY.format(1): whole, POOL.format("P64"): modules("B"), APPHOST: whole}

    assert told(history(files, times(*files))) == [
        ("came", "B", "CFGHISTORY_0000000001", "the file of pool 'P64'"),
        ("went", "A", "CFGHISTORY_0000000001", "the file of pool 'P64'"),
        ("came", "A", "the file of pool 'P64'", NOW),
        ("went", "B", "the file of pool 'P64'", NOW),
    ]


def test_an_older_state_that_returns_was_restored() -> None:
    files = {HISTORY.format(1): modules("A"), HISTORY.format(2): modules("A", "B"), APPHOST: modules("A")}

    (said,) = notes(history(files, times(*files)))

    assert said.startswith(f"{NOW} registers what CFGHISTORY_0000000001 (2026-03-01 10:00:00Z) did, after a change")


def test_a_malformed_copy_is_said_and_not_compared() -> None:
    files = {HISTORY.format(1): modules("A"), HISTORY.format(2): modules("A")[:-60], APPHOST: modules("A")}
    found = history(files, times(*files))

    assert told(found) == []
    assert notes(found) == ["CFGHISTORY_0000000002 is malformed: it was not compared"]


def test_exports_and_strays_need_never_have_been_true() -> None:
    files = {
        "C:\\Windows\\System32\\inetsrv\\config\\Export\\applicationHost.config": modules("X"),
        APPHOST: modules("A"),
    }

    assert histories(collect(memory_source(files))) == ()


def test_administration_config_has_a_history_of_its_own() -> None:
    admin = "<configuration><moduleProviders>{}</moduleProviders></configuration>"
    files = {
        APPHOST: modules("A"),
        APPHOST.replace("applicationHost", "administration"): admin.format('<add name="P" type="N.P, N" />'),
        HISTORY.format(1).replace("applicationHost", "administration"): admin.format(""),
    }

    assert told(history(files)) == [("came", "P", "CFGHISTORY_0000000001", NOW)]


def report(files: Mapping[str, bytes | str]) -> Report:
    """Return the report on such evidence."""
    return scan(memory_source(files, modified=times(*files)), rules=())


def test_the_story_of_a_component_and_the_timeline_tell_it() -> None:
    done = report(THREE)
    story = next(j.story for j in done.components if j.component.name == "C")

    text = (
        "'C' → C:\\Acme\\C.dll in system.webServer/globalModules came into the configuration; between"
        f" CFGHISTORY_0000000002 (2026-03-01 10:10:00Z) and {NOW} (2026-03-01 10:20:00Z)"
    )
    assert (START + timedelta(minutes=20), "configuration history", text) in [(m.time, m.source, m.what) for m in story]
    assert text in [m.what for m in done.timeline]


def test_a_feature_install_is_one_moment_and_what_is_unknown_in_it_another() -> None:
    stock = [
        "cachuri",
        "cachfile",
        "cachtokn",
        "cachhttp",
        "static",
        "protsup",
        "defdoc",
        "dirlist",
        "loghttp",
        "custerr",
        "authanon",
    ]
    names = ["UriCacheModule", "FileCacheModule", "TokenCacheModule", "HttpCacheModule", "StaticFileModule",
             "ProtocolSupportModule", "DefaultDocumentModule", "DirectoryListingModule", "HttpLoggingModule",
             "CustomErrorModule", "AnonymousAuthenticationModule"]  # fmt: skip
    rows = "".join(
        f'<add name="{name}" image="%windir%\\System32\\inetsrv\\{file}.dll" />'
        for name, file in zip(names, stock, strict=True)
    )
    odd = '<add name="Odd" image="C:\\odd.dll" />'
    done = report({HISTORY.format(1): apphost(), APPHOST: apphost(f"<globalModules>{rows}{odd}</globalModules>")})
    said = [m.what for m in done.timeline if m.source == "configuration history"]

    assert len(said) == 2
    assert any(
        s.startswith("11 entries of Windows were added at once (feature install): UriCacheModule,") for s in said
    )
    assert any(s.startswith("'Odd' → C:\\odd.dll") and ", with 11 more;" in s for s in said)


def test_what_the_oldest_copy_has_already_is_told_with_its_component() -> None:
    done = report({HISTORY.format(1): modules("A"), HISTORY.format(2): modules("A"), APPHOST: modules("A")})
    (story,) = [[m.what for m in j.story if m.source != "file times"] for j in done.components]

    place = "CFGHISTORY_0000000001 (2026-03-01 10:00:00Z), the oldest copy"
    assert story == [f"'A' → C:\\Acme\\A.dll in system.webServer/globalModules stood already in {place}"]


def test_rows_of_one_component_are_one_moment() -> None:
    both = (
        '<globalModules><add name="A" image="C:\\a.dll" /></globalModules><modules><add name="A" /></modules>'
        '<handlers><add name="H" path="*.h" type="N.H, N" /></handlers>'
    )
    said = [m.what for m in report({HISTORY.format(1): apphost(), APPHOST: apphost(both)}).timeline]
    between = f"between CFGHISTORY_0000000001 (2026-03-01 10:00:00Z) and {NOW} (2026-03-01 10:10:00Z)"

    assert [s.partition(" came into the configuration")[::2] for s in said if "came" in s] == [
        ("'A' → C:\\a.dll in system.webServer/globalModules and system.webServer/modules", ", with 1 more; " + between),
        ("'H' → N.H, N in system.webServer/handlers", ", with 2 more; " + between),
    ]


def test_a_time_that_no_log_covers_is_said() -> None:
    log = LogRead("x.evtx", "evtx", ("Security",), 2, 0, START + timedelta(minutes=5), START + timedelta(minutes=12))
    inventory = collect(memory_source(THREE, modified=times(*THREE)))
    tales = of_history(histories(inventory), Joiner(inventory.components), (log,))
    said = {t.moment.what.partition("'")[2][0]: t.moment.what for t in tales if "between" in t.moment.what}

    assert {name: text.endswith("; no event log covers this time") for name, text in said.items()} == {
        "B": False,
        "C": True,
        "A": True,
    }
