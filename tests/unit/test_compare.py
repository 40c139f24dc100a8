"""What differs between two reports: each kind of change, what stays quiet, and what cannot be told."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from iisight.engine.compare import compare
from iisight.engine.scan import report_on
from iisight.engine.settings import Settings
from iisight.evidence.memory import memory_source
from iisight.inventory.collect import collect
from iisight.model.binary import Binary
from iisight.model.comparison import Change, Topic, Turn
from iisight.model.component import ImageState, Kind, Registration, Verdict
from iisight.model.config import Fate
from iisight.model.coverage import Gap, GapKind
from iisight.model.examination import Examination
from iisight.model.finding import Confidence, Finding, Severity, Suppression
from iisight.model.locator import Locator
from iisight.model.report import FileRead, Judged, Report, Stated
from iisight.model.signature import Signature, SignatureState
from tests.builders import reports
from tests.builders.reports import HOST, INETSRV, SITE
from tests.builders.servers import APPHOST, apphost, files, location, web_config

MODULE = '<globalModules><add name="Odd" image="C:\\Odd\\odd.dll" /></globalModules>'
ENABLED = '<modules><add name="Odd" /></modules>'


def scanned(host: str, web: Mapping[str, str] | None = None) -> Report:
    """Return the report of a server, without rules and without a close look."""
    content = {"C:\\inetpub\\wwwroot\\a.htm": "a", "C:\\inetpub\\wwwroot\\app\\a.htm": "a"}
    return report_on(collect(memory_source({**content, **files(host, web)})), Settings(), ())


def told(old: Report, new: Report, *topics: Topic) -> list[tuple[str, str, str]]:
    """Return (turn, topic, what) of what changed, of some topics or of all but coverage."""
    wanted = topics or tuple(t for t in Topic if t is not Topic.COVERAGE)
    changes = (c for c in compare(old, new).changes if c.topic in wanted and c.turn is not Turn.MOVED)
    return [(c.turn, c.topic, c.what) for c in changes]


def only(old: Report, new: Report) -> Change:
    """Return the one change that counts."""
    [change] = compare(old, new).counting
    return change


def held(*components: Judged, findings: Iterable[Finding] = (), gaps: Iterable[Gap] = (), **more: object) -> Report:
    return reports.report(components, findings, gaps, **more)


def binary(sha256: str = "a" * 64, state: SignatureState | None = None, path: str = INETSRV + r"\odd.dll") -> Binary:
    examination = None if state is None else Examination(signature=Signature(state, f"it is {state}"))
    return Binary(path, 10, sha256, None, None, examination=examination)


def module(file: Binary | None = None, **more: object) -> Judged:
    row = Registration(Locator(HOST, 10, 5), "system.webServer/globalModules", "", (("name", "Odd"),))
    state = ImageState.READ if file is not None else ImageState.NOT_COLLECTED
    facts = {"registrations": (row,), "image_state": state, "binary": file, **more}
    return reports.judged("Odd", image=INETSRV + r"\odd.dll", **facts)  # type: ignore[arg-type]


# Components and what registers them


@pytest.mark.parametrize(
    ("verdict", "kind", "weight"),
    [
        (Verdict.UNVERIFIED, Kind.NATIVE_MODULE, Severity.HIGH),
        (Verdict.UNVERIFIED, Kind.MANAGED_MODULE, Severity.MEDIUM),
        (Verdict.KNOWN, Kind.NATIVE_MODULE, Severity.LOW),
        (Verdict.SUSPICIOUS, Kind.ERROR_PAGE, Severity.HIGH),
        (Verdict.MALICIOUS, Kind.CGI, Severity.CRITICAL),
    ],
)
def test_a_component_that_came_weighs_by_kind_and_verdict(verdict: Verdict, kind: Kind, weight: Severity) -> None:
    change = only(held(), held(replace(module(kind=kind), verdict=verdict)))
    assert (change.turn, change.topic, change.weight) == (Turn.ADDED, Topic.COMPONENT, weight)


def test_a_component_that_came_has_the_line_that_registers_it() -> None:
    change = only(scanned(apphost()), scanned(apphost("\n\n" + MODULE)))
    assert change.new is not None
    assert (change.what, change.new.locator and change.new.locator.line) == (
        "native-module 'Odd' is there: unverified",
        17,
    )


def test_a_library_of_the_same_name_in_another_site_is_a_component_of_its_own() -> None:
    def library(site: str) -> Judged:
        path = f"D:\\{site}\\bin\\Shared.dll"
        facts = {"image": path, "type": "Shared", "binary": binary(path=path), "image_state": ImageState.READ}
        return reports.judged("Shared.dll", kind=Kind.APP_ASSEMBLY, **facts)  # type: ignore[arg-type]

    old, new = held(library("shop")), held(library("new"), library("shop"))
    for change in (only(old, new), only(new, old)):
        place = change.new or change.old
        assert place is not None
        assert "is there" in change.what or "is gone" in change.what
        assert "D:\\new\\bin" in place.text


def test_a_component_that_is_gone_is_told() -> None:
    both = scanned(apphost(MODULE)), scanned(apphost())
    assert told(*both) == [("removed", "component", "native-module 'Odd' is gone")]


def test_another_file_under_the_same_name_is_told_from_and_to() -> None:
    other = MODULE.replace("odd.dll", "other.dll")
    change = compare(scanned(apphost(MODULE)), scanned(apphost(other))).counting[0]
    assert (change.what, change.old and change.old.text, change.new and change.new.text) == (
        "native-module 'Odd' is another one now",
        "Odd: C:\\Odd\\odd.dll",
        "Odd: C:\\Odd\\other.dll",
    )


def test_another_name_for_the_same_file_is_one_change_of_the_component() -> None:
    other = MODULE.replace('name="Odd"', 'name="Even"')
    assert told(scanned(apphost(MODULE)), scanned(apphost(other)), Topic.COMPONENT) == [
        ("changed", "component", "native-module 'Even' is another one now")
    ]


def test_a_precondition_that_changed_is_a_registration_from_and_to() -> None:
    other = MODULE.replace("/>", 'preCondition="bitness64" />')
    [change] = [
        c for c in compare(scanned(apphost(MODULE)), scanned(apphost(other))).counting if c.topic is Topic.REGISTRATION
    ]
    assert (change.old and change.old.text, change.new and change.new.text) == (
        "system.webServer/globalModules",
        'system.webServer/globalModules: preCondition="bitness64"',
    )


def test_a_component_in_force_at_one_more_place_is_told() -> None:
    handler = '<handlers><add name="H" path="*.x" verb="*" type="A.B, C" /></handlers>'
    inner = handler.replace("handlers>", "handlers>")
    both = [
        apphost(rest=f'<location path="S"><system.webServer>{inner}</system.webServer></location>' * n) for n in (0, 1)
    ]
    before = scanned(both[0], {"app": web_config(handler)})
    after = scanned(both[1])
    assert ("changed", "in-force", "managed-handler 'H' is in force at S") in told(before, after)


def test_what_a_web_config_takes_away_is_told_with_its_line() -> None:
    removed = '<modules>\n<remove name="Odd" /></modules>'
    before, after = (scanned(apphost(MODULE + ENABLED), {"": web_config(text)}) for text in ("", removed))
    change = only(before, after)
    assert change.new is not None
    assert (change.what, change.new.text, str(change.new.locator)) == (
        "native-module 'Odd' is no longer in force at S",
        "not in force",
        "C:\\inetpub\\wwwroot\\web.config:2:1",
    )


# What stays quiet


@pytest.mark.parametrize(
    "noise",
    [
        lambda text: "\n\n\n" + text,
        lambda text: text.replace("<add", "<add\n   "),
        lambda text: text.replace('name="Odd" image="C:\\Odd\\odd.dll"', 'image="C:\\Odd\\odd.dll" name="Odd"'),
    ],
    ids=["lines", "white-space", "order-of-attributes"],
)
def test_noise_in_the_text_is_no_change(noise: object) -> None:
    before, after = scanned(apphost(MODULE + ENABLED)), scanned(apphost(noise(MODULE + ENABLED)))  # type: ignore[operator]
    assert compare(before, after).counting == ()


def test_lines_that_shifted_are_moved() -> None:
    turns = {c.turn for c in compare(scanned(apphost(MODULE)), scanned(apphost("\n" + MODULE))).changes}
    assert turns == {Turn.MOVED}


def test_the_order_of_entries_is_no_change() -> None:
    rows = ['<add name="A" image="C:\\a.dll" />', '<add name="B" image="C:\\b.dll" />']
    both = [scanned(apphost(f"<globalModules>{''.join(order)}</globalModules>")) for order in (rows, rows[::-1])]
    assert compare(*both).counting == ()


def test_names_inside_the_evidence_are_no_change() -> None:
    before, after = (
        replace(module(binary()).component, binary=replace(binary(), origin=o)) for o in ("a/x.dll", "b/x.dll")
    )
    assert compare(held(replace(module(), component=before)), held(replace(module(), component=after))).changes == ()


def test_another_system_drive_is_no_change() -> None:
    files_of = {
        drive: {
            APPHOST.replace("C:", drive): apphost(
                '<globalModules><add name="Odd" image="%windir%\\odd.dll" /></globalModules>', sites=""
            )
        }
        for drive in ("C:", "E:")
    }
    before, after = (report_on(collect(memory_source(f)), Settings(), ()) for f in files_of.values())
    assert compare(before, after).counting == ()


def test_another_version_of_iisight_changes_neither_wording_nor_grades() -> None:
    finding = reports.finding("as it was", components=("c",), scope="S")
    other = replace(finding, message="in other words", severity=Severity.LOW)
    before, after = held(findings=(finding,)), held(findings=(other,), version="9.9")
    assert compare(before, after).counting == ()


# Files


def test_a_replaced_file_is_told_with_both_hashes() -> None:
    change = only(held(module(binary("a" * 64))), held(module(binary("b" * 64))))
    assert (change.topic, change.weight, change.what) == (
        Topic.BINARY,
        Severity.HIGH,
        f"{INETSRV}\\odd.dll was replaced",
    )
    assert change.old is not None
    assert change.old.text == f"sha256 {'a' * 64}, 10 bytes"


def test_a_file_of_several_components_is_told_once() -> None:
    def pair(sha256: str) -> Report:
        return held(
            module(binary(sha256)),
            replace(module(), component=replace(module(binary(sha256)).component, id="x", name="Even")),
        )

    change = only(pair("a" * 64), pair("b" * 64))
    assert len(change.components) == 2


def test_a_file_that_is_missing_now_is_gone() -> None:
    gone = module(None, image_state=ImageState.MISSING)
    assert told(held(module(binary())), held(gone)) == [("removed", "binary", f"{INETSRV}\\odd.dll is gone")]


def test_a_file_that_was_not_collected_cannot_be_told() -> None:
    assert told(held(module(binary())), held(module())) == [
        ("cannot-tell", "binary", f"{INETSRV}\\odd.dll was read on one side alone: not-collected there")
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (SignatureState.TRUSTED, SignatureState.BROKEN, [("changed", Severity.HIGH)]),
        (SignatureState.NONE, SignatureState.CATALOGUE, [("changed", Severity.LOW)]),
        (SignatureState.TRUSTED, SignatureState.CATALOGUE, []),
        (SignatureState.UNKNOWN, SignatureState.UNKNOWN, []),
        (SignatureState.UNKNOWN, SignatureState.TRUSTED, [("cannot-tell", Severity.LOW)]),
    ],
)
def test_signatures(before: SignatureState, after: SignatureState, expected: list[tuple[str, Severity]]) -> None:
    changes = compare(held(module(binary(state=before))), held(module(binary(state=after)))).changes
    assert [(c.turn, c.weight) for c in changes if c.topic is Topic.SIGNATURE] == expected


def test_a_web_config_that_came_is_told() -> None:
    before, after = scanned(apphost()), scanned(apphost(), {"": web_config("")})
    assert told(before, after) == [("added", "file", "web.config C:\\inetpub\\wwwroot\\web.config is there")]


def test_history_that_is_gone_is_told_where_content_beside_it_is_there() -> None:
    copy = FileRead(r"C:\inetpub\history\CFGHISTORY_0000000001\applicationHost.config", "", "history")
    whole = reports.report()
    change = only(replace(whole, files=(*whole.files, copy)), whole)
    assert (change.topic, change.weight, change.what) == (
        Topic.LOGGING,
        Severity.HIGH,
        r"the copies of the configuration in C:\inetpub\history are all gone",
    )


# Settings


@pytest.mark.parametrize(
    ("before", "after", "topic", "weight", "what"),
    [
        (
            '<httpLogging dontLog="false" />',
            '<httpLogging dontLog="true" />',
            Topic.LOGGING,
            Severity.HIGH,
            "httpLogging at the server changed (which requests are logged)",
        ),
        (
            "",
            "<defaultDocument><files><add value='x.htm' /></files></defaultDocument>",
            Topic.SETTING,
            Severity.LOW,
            "defaultDocument files/add[x.htm] at the server is set",
        ),
    ],
    ids=["logging", "document"],
)
def test_settings(before: str, after: str, topic: Topic, weight: Severity, what: str) -> None:
    change = compare(scanned(apphost(before)), scanned(apphost(after))).counting[0]
    assert (change.topic, change.weight, change.what) == (topic, weight, what)


def test_a_setting_has_value_file_and_line_of_both_sides() -> None:
    both = ("\n" * n + f'<httpLogging dontLog="{value}" />' for n, value in ((0, "false"), (3, "true")))
    change = only(*(scanned(apphost(text)) for text in both))
    assert change.old is not None
    assert change.new is not None
    sides = [(s.text, s.locator and (s.locator.path, s.locator.line)) for s in (change.old, change.new)]
    assert sides == [('dontLog="false"', (APPHOST, 15)), ('dontLog="true"', (APPHOST, 18))]


def test_a_site_that_came_is_told_with_its_pieces() -> None:
    more = '<site name="T" id="2"><application path="/" /></site>'
    after = apphost().replace("</sites>", f"{more}</sites>")
    assert [(turn, topic) for turn, topic, _ in told(scanned(apphost()), scanned(after))] == [("added", "site")] * 2


def test_a_section_that_was_unlocked_weighs_much() -> None:
    both = scanned(apphost(modules="Deny")), scanned(apphost(modules="Allow"))
    change = only(*both)
    assert (change.what, change.weight) == (
        "modules (declaration) at the server changed (who may enable modules)",
        Severity.HIGH,
    )


def test_a_location_that_unlocks_is_told() -> None:
    before = scanned(apphost(modules="Deny"))
    after = scanned(apphost(modules="Deny", rest=location("S", "", 'overrideMode="Allow"')))
    assert ("added", "setting", "modules (location) at S is set (who may enable modules)") in told(before, after)


def test_secrets_are_no_part_of_what_is_stated() -> None:
    pools = '<add name="P64"><processModel userName="u" password="hunter2" /></add>'
    report = scanned(apphost(pools=pools))
    assert "hunter2" not in str(report.stated)


def test_sections_of_others_are_digests() -> None:
    rest = "<appSettings><add key='endpoint' value='https://contoso.example' /></appSettings>"
    report = scanned(apphost(), {"": web_config("", rest)})
    [said] = [s for s in report.stated or () if s.section == "appSettings"]
    assert (said.element, said.attributes[0][0]) == ("add[endpoint]", "content")


def test_a_report_without_settings_cannot_be_compared_in_them() -> None:
    new = scanned(apphost())
    changes = compare(replace(new, stated=None, schema="1.1"), new).changes
    assert [(c.turn, c.topic) for c in changes] == [(Turn.UNKNOWN, Topic.SETTING)]


def test_sites_of_reports_without_settings_are_compared() -> None:
    old = reports.report()
    assert told(old, replace(old, sites=old.sites[:1])) == [("removed", "site", "site 'Intranet' is gone")]


def test_a_clear_is_told_once() -> None:
    rows = "".join(f"<add value='{n}.htm' />" for n in range(9))
    host = apphost(f"<defaultDocument><files>{rows}</files></defaultDocument>")
    before, after = (
        scanned(host, {"": web_config("")}),
        scanned(host, {"": web_config("<defaultDocument><files><clear /></files></defaultDocument>")}),
    )
    assert told(before, after, Topic.SETTING) == [("added", "setting", "defaultDocument files/clear at S is set")]


# Findings and coverage


def test_a_finding_that_came_weighs_what_it_is() -> None:
    change = only(held(), held(findings=(reports.finding("odd", severity=Severity.CRITICAL),)))
    assert (change.turn, change.topic, change.weight) == (Turn.ADDED, Topic.FINDING, Severity.CRITICAL)


def test_a_finding_of_a_rule_that_was_not_run_cannot_be_told() -> None:
    change = compare(held(rules=()), held(findings=(reports.finding("odd"),))).changes[0]
    assert (change.turn, change.what) == (Turn.UNKNOWN, "IIS101: odd (the rule was not run on the other side)")


def test_a_finding_that_is_suppressed_now_is_told() -> None:
    silent = Suppression("ours", "iisight.toml: ignore 1")
    before, after = (held(findings=(reports.finding("odd", suppressed=s),)) for s in (None, silent))
    assert told(before, after) == [("changed", "finding", "IIS101 is suppressed: odd")]


def test_a_grade_that_changed_is_told() -> None:
    before, after = (held(findings=(reports.finding("odd", confidence=c),)) for c in (Confidence.LOW, Confidence.HIGH))
    assert told(before, after) == [("changed", "finding", "IIS101 says something else now: odd")]


def test_coverage_is_told_and_does_not_count() -> None:
    gap = Gap(GapKind.MISSING, r"C:\Windows\System32\CatRoot", "no catalogues")
    comparison = compare(held(), held(gaps=(gap,)))
    assert [(c.topic, c.turn) for c in comparison.changes] == [(Topic.COVERAGE, Turn.ADDED)]
    assert comparison.counting == ()


# What cannot be told


@pytest.mark.parametrize(
    ("gap", "turn"),
    [
        (None, "removed"),
        (Gap(GapKind.UNREADABLE, SITE, "locked"), "cannot-tell"),
        (Gap(GapKind.MISSING, r"C:\inetpub\wwwroot", "content that is not in the evidence"), "cannot-tell"),
        (Gap(GapKind.FAILED, "IIS: managed modules", "oops"), "cannot-tell"),
        (Gap(GapKind.MISSING, r"C:\inetpub\wwwroot2", "content"), "removed"),
    ],
    ids=["nothing-missing", "unreadable", "folder", "finder-failed", "other-folder"],
)
def test_what_is_not_there_is_gone_only_where_it_would_have_been_seen(gap: Gap | None, turn: str) -> None:
    row = Registration(Locator(SITE, 3), "system.webServer/modules", "Default Web Site", ())
    new = held(gaps=(gap,) if gap else ())
    new = replace(new, files=tuple(f for f in new.files if f.path != SITE))
    changes = told(held(module(binary(), registrations=(row,))), new, Topic.COMPONENT)
    assert [change[0] for change in changes] == [turn]


@pytest.mark.parametrize(("mapping", "turn"), [("folders", "added"), ("an application", "cannot-tell")])
def test_a_program_of_a_folder_that_had_none_is_new_where_the_evidence_is_alike(mapping: str, turn: str) -> None:
    path = r"D:\Tools\odd.dll"
    sleeper = module(binary(path=path), registrations=(Registration(Locator(path), "", "", ()),))
    assert [t for t, _, _ in told(held(mapping=mapping), held(sleeper, mapping="folders"), Topic.COMPONENT)] == [turn]


def test_nothing_is_gone_from_logs_alone() -> None:
    turns = {c.turn for c in compare(held(module(binary())), reports.report(files=(), sites=())).changes}
    assert turns == {Turn.UNKNOWN}


def test_a_malformed_file_hides_what_it_had() -> None:
    row = Registration(Locator(SITE, 3), "system.webServer/modules", "Default Web Site", ())
    new = replace(held(), files=tuple(replace(f, malformed=True) for f in held().files))
    assert told(held(module(binary(), registrations=(row,))), new, Topic.COMPONENT) == [
        ("cannot-tell", "component", f"native-module 'Odd' is gone, or is not read: {SITE} is malformed")
    ]


@pytest.mark.parametrize("is_new", [True, False], ids=["now", "before"])
def test_what_a_file_does_to_its_site_is_not_told_when_one_side_could_not_read_it(is_new: bool) -> None:
    even = '<globalModules><add name="Odd" image="C:\\Odd\\odd.dll" /><add name="Even" image="C:\\Odd\\even.dll" />'
    host = apphost(
        f"{even}</globalModules><modules><add name='Even' /></modules>", location("S/app", "<add name='Odd' />")
    )
    seen = scanned(host, {"": web_config("<modules><add name='Odd' /><remove name='Even' /></modules>")})
    unread = Gap(GapKind.UNREADABLE, "C:\\inetpub\\wwwroot\\web.config", "locked")
    blind = replace(scanned(host), gaps=(unread,))
    sides = (blind, seen) if is_new else (seen, blind)
    assert {turn for turn, _, _ in told(*sides, Topic.IN_FORCE)} == {"cannot-tell"}
    assert {turn for turn, _, _ in told(scanned(host), seen, Topic.IN_FORCE)} == {"changed"}


# Ids


def test_ids_stay_when_lines_move() -> None:
    one = compare(scanned(apphost()), scanned(apphost(MODULE)))
    two = compare(scanned(apphost()), scanned(apphost("\n\n" + MODULE)))
    assert [c.id for c in one.counting] == [c.id for c in two.counting]


def test_ids_are_unique() -> None:
    alike = tuple(Stated("IIS", "s", "", "", (("a", "b"),), Locator(HOST, n), Fate.ACTIVE) for n in range(3))
    ids = [c.id for c in compare(held(stated=()), held(stated=alike)).changes]
    assert len(set(ids)) == 3


# Two reports of one place, as a watch makes them

SPARSE = Gap(GapKind.MISSING, INETSRV, "registered images are not in the evidence", 3)
DENIED = Gap(GapKind.UNREADABLE, INETSRV, "folder: access denied")


def told_of_one_place(old: Report, new: Report) -> list[tuple[str, str]]:
    """Return (turn, topic) of what changed in a place of which all is listed."""
    changes = compare(old, new, one_place=True).changes
    return [(c.turn, c.topic) for c in changes if c.topic not in (Topic.COVERAGE, Topic.FINDING)]


@pytest.mark.parametrize(("gap", "turn"), [(SPARSE, "added"), (DENIED, "cannot-tell")])
def test_what_comes_to_a_folder_of_one_place_is_told_though_other_files_of_it_are_missing(gap: Gap, turn: str) -> None:
    dropped = reports.judged("new.dll", kind=Kind.SLEEPER, image=INETSRV + r"\new.dll")
    assert told_of_one_place(held(gaps=[gap]), held(dropped, gaps=[gap])) == [(turn, "component")]


def test_a_file_that_was_registered_and_not_there_is_told_when_it_comes_to_one_place() -> None:
    before, after = held(module(), gaps=[SPARSE]), held(module(binary()))
    assert told_of_one_place(before, after) == [("added", "binary")]
    assert told_of_one_place(after, before) == [("removed", "binary")]


@pytest.mark.parametrize(("others", "turn"), [((), "cannot-tell"), (("Other",), "added")])
def test_a_file_for_32_bit_pools_is_told_when_such_were_looked_for(others: tuple[str, ...], turn: str) -> None:
    twin = binary(path=r"C:\Windows\SysWOW64\inetsrv\odd.dll")
    beside = [reports.judged(name, image=INETSRV + r"\other.dll", twin=binary("b" * 64)) for name in others]
    before, after = held(module(binary()), *beside), held(module(binary(), twin=twin), *beside)
    assert told_of_one_place(before, after) == [(turn, "binary")]


def test_history_of_one_place_that_is_gone_is_told_wherever_content_lies() -> None:
    copy = FileRead(r"E:\history\CFGHISTORY_0000000001\applicationHost.config", "", "history")
    whole = reports.report()
    assert told_of_one_place(replace(whole, files=(*whole.files, copy)), whole) == [("removed", "logging")]
