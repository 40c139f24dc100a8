"""How servers stand: hardened, stock and wide open; and that nothing passes on what was not read."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from iisight.engine.answers import info_of, points_of
from iisight.engine.could_tell import sources_of
from iisight.engine.harden import first_changes, harden, posture_of
from iisight.engine.registry import LOOKING, Rule, Shape, all_rules, find_rule
from iisight.engine.scan import scan
from iisight.engine.settings import Settings
from iisight.evidence.folder import open_folder
from iisight.evidence.memory import memory_source
from iisight.examine.look import Look
from iisight.examine.setup import Setup
from iisight.inventory.collect import collect
from iisight.inventory.machine import Machine
from iisight.inventory.protection import protection_of
from iisight.inventory.protection.exports import is_outside
from iisight.inventory.protection.windows_acls import WindowsAcls
from iisight.inventory.registry import find_registry
from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import UsageError
from iisight.model.finding import Severity
from iisight.model.posture import Answer, CheckInfo, Input, Installs, Point, Told
from iisight.rules.hardening import _installers
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, passed
from iisight.workbench import stock
from tests.builders import hardening
from tests.builders.hardening import ACLS, AUDIT, INETSRV, LOCKER, answers, posture, rights, without

CONFIG = r"C:\Windows\System32\config"
CHECKS = all_rules(Shape.HARDENING)
ON_STOCK = {
    Answer.PASS: "901 902 911 912 921 923 931 936 937",
    Answer.FAIL: "913 914 915 932 935 938 939 942",
    Answer.UNKNOWN: "903 904 905 906 907 908 916 922 933 934 940 941",
}


def ids(text: str) -> set[str]:
    return {f"IIS{number}" for number in text.split()}


# The three servers


def test_a_hardened_server_passes_every_check() -> None:
    result = posture(hardening.hardened_server())

    assert {i for i, answer in answers(result).items() if answer is not Answer.PASS} == set()
    assert [(s.failed, s.unknown, s.earned == s.possible) for s in result.scores] == [(0, 0, True)] * 4
    assert (result.first, [row.installs for row in result.installs]) == ((), [Installs.NO, Installs.NO])


def test_applications_beyond_the_bound_are_said_and_not_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_installers, "MAX_ROWS", 1)
    result = posture(hardening.hardened_server())

    (check,) = (c for c in result.checks if c.id == "IIS906")
    assert (check.answer, check.points[0].message) == (Answer.UNKNOWN, "1 further application not looked at")
    assert Gap(GapKind.REFUSED, "applications", "more than the table of installers takes", 1) in result.gaps


def test_a_server_that_is_wide_open_fails_every_check() -> None:
    result = posture(hardening.open_server())

    assert {i for i, answer in answers(result).items() if answer is not Answer.FAIL} == set()
    assert [(s.earned, s.unknown) for s in result.scores] == [(0, 0)] * 4
    assert {row.installs for row in result.installs} == {Installs.YES}


def test_the_stock_server_fails_what_windows_leaves_open() -> None:
    found = answers(posture(hardening.stock_server()))

    assert {a: {i for i, said in found.items() if said is a} for a in ON_STOCK} == {
        a: ids(text) for a, text in ON_STOCK.items()
    }


def test_the_same_server_gives_the_same_document() -> None:
    assert posture(hardening.open_server()) == posture(hardening.open_server())


def test_the_changes_that_gain_most_come_first() -> None:
    result = posture(hardening.open_server())
    gains = sorted((check.weight for check in result.checks), reverse=True)

    assert [change.gain for change in result.first] == gains[:3]
    assert result.first[0].check == "IIS906"
    assert list(first_changes(result.checks, 100))[-1].gain == gains[-1]


def test_what_is_not_known_is_possible_and_never_earned() -> None:
    result = posture(hardening.stock_server())

    for score in result.scores:
        own = [check for check in result.checks if check.mitigation == score.mitigation]
        assert score.possible == sum(check.weight for check in own)
        assert score.earned == sum(check.weight for check in own if check.answer is Answer.PASS)


# Nothing passes on what was not read

INPUTS = {
    "applicationHost.config": (stock.APPHOST,),
    "the root web.config": (stock.ROOT_WEB, stock.MACHINE),
    "administration.config": (hardening.ADMINISTRATION,),
    "SYSTEM": (rf"{CONFIG}\SYSTEM",),
    "SOFTWARE": (rf"{CONFIG}\SOFTWARE",),
    "a site's folder": (r"C:\inetpub\shop",),
    "the other site's folder": (r"C:\inetpub\wwwroot",),
    "rights": (ACLS,),
    "audit policy": (AUDIT,),
    "AppLocker's policy": (LOCKER,),
    "App Control's folder": (r"C:\Windows\System32\CodeIntegrity",),
    "images": (rf"{INETSRV}\authanon.dll",),
    "catalogues": (r"C:\Windows\System32\CatRoot",),
}
RESTS = {
    "applicationHost.config": "901 902 903 904 905 906 911 912 913 914 915 921 923 933 936 937 938 939 940 942",
    "the root web.config": "903 914 933",
    "administration.config": "907",
    "SYSTEM": "907 908 916 922 941",
    "SOFTWARE": "907 908 931 932 935 941",
    "a site's folder": "904 905 906 912 914 915 921 923 937",
    "the other site's folder": "904 905 906 912 914 915 921 923 937",
    "rights": "903 904 905 906 933 934 940",
    "audit policy": "932 933 934",
    "AppLocker's policy": "916 922",
    "images": "921",
    "catalogues": "921",
}


FILES = (
    stock.APPHOST,
    stock.ROOT_WEB,
    hardening.ADMINISTRATION,
    rf"{INETSRV}\authanon.dll",
    r"C:\inetpub\wwwroot\web.config",
)


def passing(files: dict[str, bytes]) -> set[str]:
    return {i for i, answer in answers(posture(files)).items() if answer is Answer.PASS}


@pytest.mark.parametrize("name", RESTS)
def test_no_check_passes_without_what_it_rests_on(name: str) -> None:
    files = without(hardening.hardened_server(), *INPUTS[name])

    assert passing(files) == {rule.info.id for rule in CHECKS} - ids(RESTS[name])


@pytest.mark.parametrize("server", [hardening.open_server, hardening.stock_server])
@pytest.mark.parametrize("name", INPUTS)
def test_taking_an_input_away_makes_no_check_pass(server: Callable[[], dict[str, bytes]], name: str) -> None:
    files = dict(server())

    assert passing(without(files, *INPUTS[name])) <= passing(files)


def subsets() -> Iterator[tuple[str, ...]]:
    names = list(INPUTS)
    yield tuple(names)
    for step in (2, 3, 5):
        for start in range(step):
            yield tuple(names[start::step])


@pytest.mark.parametrize("names", list(subsets()), ids=lambda names: str(len(names)))
def test_taking_several_inputs_away_makes_no_check_pass(names: tuple[str, ...]) -> None:
    files = hardening.open_server()

    assert passing(without(files, *(start for name in names for start in INPUTS[name]))) == set()


def test_each_owner_and_sacl_that_is_not_listed_is_missed() -> None:
    files = hardening.hardened_server()
    bare = dict.fromkeys((*hardening.PLACES, *hardening.listed_files()), "D:(A;OICI;FA;;;BA)")
    table = rights(bare).replace(b'"true"', b'"false"')

    assert passing({**files, ACLS: table}) == {rule.info.id for rule in CHECKS} - ids("903 904 905 906 933 934 940")


@pytest.mark.parametrize("place", [*hardening.PLACES, *FILES])
def test_each_place_whose_list_is_missing_is_missed(place: str) -> None:
    every = (*hardening.PLACES, *hardening.listed_files())
    listed = {path: hardening.SAFE for path in every if path != place}
    lost = passing(hardening.hardened_server()) - passing({**hardening.hardened_server(), ACLS: rights(listed)})

    assert lost or place == r"C:\inetpub\logs\LogFiles"  # the hardened server logs elsewhere


# Runs of checks

INFO = check_info("IIS999", "Example", Severity.LOW, "M1047", "Do something", Input.SOFTWARE)


def host(files: dict[str, bytes] | None = None) -> Host:
    source = memory_source(files or {stock.APPHOST: hardening.stock_server()[stock.APPHOST]})
    inventory = collect(source)
    return Host(inventory, protection_of(source, inventory, None, []))


def run(*points: Point, fail: bool = False, info: CheckInfo = INFO) -> tuple[list[Point], list[Gap]]:
    def check(_host: Host, _options: object) -> Iterator[Point]:
        yield from points
        if fail:
            raise ValueError("broken")

    gaps: list[Gap] = []
    rule = Rule(info, "example", "hardening", check)  # type: ignore[arg-type]
    return points_of(rule, host(), Settings(), gaps), gaps


def test_a_check_that_says_nothing_is_not_answered() -> None:
    points, _ = run(info=replace(INFO, rests_on=()))

    assert [(p.answer, p.missing) for p in points] == [(Answer.UNKNOWN, ("something to look at",))]


def test_a_check_that_fails_half_way_is_not_answered() -> None:
    points, gaps = run(passed("fine"), fail=True, info=replace(INFO, rests_on=()))

    assert [p.answer for p in points] == [Answer.UNKNOWN]
    assert [(gap.kind, gap.subject) for gap in gaps] == [(GapKind.FAILED, "IIS999")]


def test_what_a_check_rests_on_is_named_when_it_is_missing() -> None:
    points, _ = run(passed("fine"))

    assert [(p.answer, p.message, p.missing) for p in points] == [
        (Answer.UNKNOWN, "as far as it was read, fine", ("registry hive SOFTWARE",))
    ]


def test_an_option_that_a_check_does_not_have_is_refused() -> None:
    with pytest.raises(UsageError, match="IIS901 has no option 'x'"):
        posture_of(host(), Settings(options={"IIS901": {"x": 1}}), CHECKS, [])


# Apart from scan


def test_a_scan_runs_no_check() -> None:
    source, look = memory_source(hardening.stock_server()), Look(Setup(), workers=0)
    report = scan(source, look=look)

    assert not any(info.id.startswith("IIS9") for info in report.rules)
    assert report == scan(source, rules=all_rules(), look=look)


def test_checks_are_found_like_any_rule() -> None:
    assert find_rule("powerful-pool-identity").info.id == "IIS901"
    assert not {rule.info.id for rule in CHECKS} & {rule.info.id for rule in all_rules(*LOOKING)}


# Rights


def test_a_list_on_the_host_itself_is_no_export(tmp_path: Path) -> None:
    for name in ("C/evidence/acls.csv", "C/inetpub/wwwroot/acls.csv", "acls.csv", "results/acls.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Path,Sddl")
    (tmp_path / "C/Windows/System32").mkdir(parents=True)
    (tmp_path / "C/Windows/System32/x.dll").write_bytes(b"x")
    found = {file.origin for file in open_folder(tmp_path).ending(".csv") if is_outside(file)}

    assert found == {"acls.csv", "results/acls.csv"}


def test_a_list_beside_a_bare_configuration_folder_is_an_export(tmp_path: Path) -> None:
    (tmp_path / "inetsrv/config").mkdir(parents=True)
    (tmp_path / "inetsrv/config/applicationHost.config").write_text("<configuration />")
    (tmp_path / "acls.csv").write_text("Path,Sddl")

    assert [file.origin for file in open_folder(tmp_path).ending(".csv") if is_outside(file)] == ["acls.csv"]


def live(name: str, kind: int, parts: int) -> str | None:
    """Answer as Windows does to a process that may not read SACLs."""
    if parts & 8 or not name.startswith(("C:", "L:", "MACHINE\\")):
        return None
    return "O:SYD:(A;OICI;FA;;;BA)" if kind in {1, 4} else None


def test_the_rights_of_a_live_host_are_asked_from_windows() -> None:
    found = answers(posture(without(hardening.hardened_server(), ACLS), WindowsAcls(live)))

    assert {found[i] for i in ids("903 904 905 906 940")} == {Answer.PASS}
    assert {found[i] for i in ids("933 934")} == {Answer.UNKNOWN}


def test_a_key_is_asked_for_by_the_name_that_windows_has() -> None:
    asked: list[tuple[str, int]] = []

    def read(name: str, kind: int, _parts: int) -> str:
        asked.append((name, kind))
        return "O:SYD:(A;;KA;;;BA)"

    acl = WindowsAcls(read).of(r"HKLM\SOFTWARE\Microsoft\InetStp")

    assert asked == [(r"MACHINE\SOFTWARE\Microsoft\InetStp", 4)]
    assert acl is not None
    assert acl.audits == ()


# Could this server have told?


def told(files: dict[str, bytes], rule: str) -> Told:
    return next(r.told for r in posture(files).coverage if r.rule == rule)


def test_a_rule_of_events_looks_at_what_its_page_fires_on() -> None:
    assert {("Security", 1102), ("System", 104)} < set(sources_of(find_rule("log-emptied")))


def test_every_rule_of_events_says_what_it_looks_at() -> None:
    assert [rule.name for rule in all_rules(Shape.EVENT) if not sources_of(rule)] == []


def test_every_event_that_rules_look_at_has_a_row() -> None:
    unknown = {reason for rule in posture(hardening.hardened_server()).coverage for reason in rule.reasons}

    assert not [reason for reason in unknown if reason.startswith("what ")]


def test_a_channel_that_is_off_tells_nothing() -> None:
    rules = [r.info.id for r in all_rules(Shape.EVENT) if {c for c, _ in sources_of(r)} == {hardening_channel()}]

    assert rules
    assert {told(hardening.open_server(), rule) for rule in rules[:1]} == {Told.NO}
    assert {told(hardening.hardened_server(), rule) for rule in rules[:1]} == {Told.YES}


def hardening_channel() -> str:
    return "Microsoft-IIS-Configuration/Operational"


def test_a_line_of_the_audit_policy_that_cannot_be_read_is_told() -> None:
    files = hardening.hardened_server()
    damaged = files[AUDIT] + b"\r\nWEB01,System," + b"x" * 200_000

    (gap,) = (gap for gap in posture({**files, AUDIT: damaged}).gaps if gap.subject == AUDIT)
    assert (gap.kind, gap.count) == (GapKind.MALFORMED, 1)


# Documents


def test_the_design_has_a_row_for_every_check_with_its_points() -> None:
    text = (Path(__file__).parents[2] / "docs/design/hardening.md").read_text("utf-8")
    rows = [
        tuple(cell.strip() for cell in row.split("|")[1:5]) for row in text.splitlines() if row.startswith("| IIS9")
    ]

    assert rows == [
        (rule.info.id, info.mitigation, str(info.weight), info.title)
        for rule, info in ((rule, info_of(rule)) for rule in CHECKS)
    ]


# This host


def test_a_live_machine_is_asked_in_place_of_hives() -> None:
    files = hardening.hardened_server()
    found = find_registry(memory_source(files), [])
    assert found is not None
    source = memory_source(without(files, CONFIG + "\\S"))
    result = harden(source, machine=Machine(found[1]), look=hardening.looking())

    assert set(answers(result).values()) == {Answer.PASS}
