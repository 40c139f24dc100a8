"""From what differs between two reports to alerts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from iisight.engine.compare import compare
from iisight.engine.scan import scan
from iisight.evidence.memory import memory_source
from iisight.examine.look import Look
from iisight.examine.setup import Setup
from iisight.model.alert import Alert, AlertKind
from iisight.model.component import Verdict
from iisight.model.coverage import Gap, GapKind
from iisight.model.finding import Severity, Suppression
from iisight.model.report import Report
from iisight.model.signature import Signature, SignatureState
from iisight.watch.telling import Draft, Frame, drafts
from iisight.watch.told import Told, left
from iisight.workbench import images, pe, signing, stock

FRAME = Frame("WEB01", datetime(2026, 3, 1, 3, 12, tzinfo=UTC), 7)
EVIL = '<add name="Evil" image="C:\\ProgramData\\evil.dll" />'


def report(*edits: tuple[str, str]) -> Report:
    files = dict(stock.stock_files())
    text = files[stock.APPHOST].decode()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    files[stock.APPHOST] = text.encode()
    return scan(memory_source(files), look=Look(workers=0))


STOCK = report()
ATTACKED = report(("<globalModules>", f"<globalModules>\n{EVIL}"), ("<modules>", '<modules>\n<add name="Evil" />'))


def alerts(old: Report, new: Report, *, coverage: bool = True) -> list[Alert]:
    return [d.alert for d in drafts(compare(old, new), old, new, FRAME, coverage=coverage)]


def test_one_deed_is_one_alert_with_all_that_is_to_be_said_of_it() -> None:
    (alert,) = alerts(STOCK, ATTACKED)
    assert alert.kind is AlertKind.CHANGE
    assert alert.severity is Severity.CRITICAL
    assert (alert.host, alert.time) == ("WEB01", FRAME.time)
    assert alert.rule == "IIS101"
    assert alert.attack == ("T1505.004",)
    assert alert.locator is not None
    assert alert.locator.path == stock.APPHOST
    assert alert.message.startswith("native-module 'Evil' is there: malicious; ")
    (component,) = alert.components
    assert (component.name, component.image) == ("Evil", "C:\\ProgramData\\evil.dll")
    assert component.verdict is Verdict.MALICIOUS
    assert alert.old == ""
    assert "C:\\ProgramData\\evil.dll" in alert.new


def test_what_goes_is_told_with_what_it_was() -> None:
    (alert,) = alerts(ATTACKED, STOCK)
    assert alert.message == "native-module 'Evil' is gone"
    assert alert.new == ""
    assert "C:\\ProgramData\\evil.dll" in alert.old


def test_the_same_report_tells_nothing() -> None:
    assert alerts(ATTACKED, ATTACKED) == []


def test_the_same_deed_in_another_turn_is_another_alert() -> None:
    compared = compare(STOCK, ATTACKED)
    ids = {d.alert.id for n in (1, 2) for d in drafts(compared, STOCK, ATTACKED, replace(FRAME, number=n))}
    assert len(ids) == 2


def test_a_setting_says_which_section_it_is_of() -> None:
    off = '<httpLogging dontLog="true" /></system.webServer>'
    quiet = report(("</system.webServer>", off))
    (draft,) = drafts(compare(STOCK, quiet), STOCK, quiet, FRAME)
    assert draft.section == "system.webServer/httpLogging"
    assert draft.alert.rule == "IIS112"


def test_what_cannot_be_read_any_more_is_told_and_what_is_not_there_is_not() -> None:
    unread = replace(STOCK, gaps=(*STOCK.gaps, Gap(GapKind.UNREADABLE, "C:\\x.dll", "access denied")))
    absent = replace(STOCK, gaps=(*STOCK.gaps, Gap(GapKind.MISSING, "C:\\y.dll", "not in the evidence")))
    (alert,) = alerts(STOCK, unread)
    assert (alert.kind, alert.message) == (AlertKind.COVERAGE, "C:\\x.dll: not read")
    assert alerts(STOCK, unread, coverage=False) == []
    assert alerts(STOCK, absent) == []


def test_a_setting_is_told_from_what_to_what() -> None:
    quiet = report(("</system.webServer>", '<httpLogging dontLog="true" /></system.webServer>'))
    (alert,) = alerts(STOCK, quiet)
    assert 'dontLog="false" → dontLog="true"' in alert.message


def test_many_light_changes_of_one_file_are_one_alert_and_a_weighty_one_is_told_by_itself() -> None:
    rows = "".join(f'<add name="H{n}" path="*.h{n}" verb="*" type="Shop.H{n}, Shop" />' for n in range(9))
    busy = report(("</handlers>", f"{rows}</handlers>"))
    both = report(("</handlers>", f"{rows}</handlers>"), ("<globalModules>", f"<globalModules>\n{EVIL}"))
    (folded,) = alerts(STOCK, busy)
    assert folded.message.startswith(f"9 changes in {stock.APPHOST}: ")
    assert folded.message.endswith("; managed-handler 'H7' is there; managed-handler 'H8' is there")
    assert len(folded.components) == 9
    assert sorted("'Evil'" in alert.message for alert in alerts(STOCK, both)) == [False, True]


def test_what_no_site_read_and_a_site_reads_now_is_not_told_as_gone() -> None:
    text = (
        '<configuration><system.webServer><handlers><add name="Feed" path="*.x" verb="*" type="A.B, C" /></handlers>'
        "</system.webServer></configuration>"
    )
    files = dict(stock.stock_files()) | {"D:\\shop\\web.config": text.encode()}
    site = '<site name="New" id="77"><application path="/"><virtualDirectory path="/" physicalPath="D:\\shop" />'
    host = files[stock.APPHOST].decode().replace("</sites>", f"{site}</application></site></sites>", 1)
    before = scan(memory_source(files), look=Look(workers=0))
    after = scan(memory_source(files | {stock.APPHOST: host.encode()}), look=Look(workers=0))
    messages = [alert.message for alert in alerts(before, after)]
    assert any("'Feed' is there" in message for message in messages)
    assert not any("is gone" in message or "no longer" in message for message in messages)


TRUSTING = Look(Setup(roots=signing.test_roots(), microsoft=signing.test_thumbprints()), workers=0)
INETSRV = "C:\\Windows\\System32\\inetsrv\\"
NAMES = ("authbas.dll", "cachfile.dll", "cachuri.dll", "loghttp.dll", "static.dll", "warmup.dll")


def built(name: str, version: str = "10.0.17763.2", company: str = "Microsoft Corporation") -> bytes:
    spec = stock.microsoft(name, "x64", ("RegisterModule",))
    return pe.build(replace(spec, file_version=version, company=company))


def catalogued(replaced: Mapping[str, bytes], *, but: tuple[str, ...] = ()) -> Report:
    """Return the report of a server whose files catalogues list, those that were replaced in inetsrv but for some."""
    files = {**stock.stock_files(), images.STOCK_CATALOGUE: images.stock_catalogue()}
    files |= {f"{INETSRV}{name}": data for name, data in replaced.items()}
    listed = [data for name, data in replaced.items() if name not in but]
    if listed:
        files[images.PAGE_CATALOGUE] = images.write_catalogue(listed)
    return scan(memory_source(files), look=TRUSTING)


def told(old: Report, new: Report) -> list[Draft]:
    return list(drafts(compare(old, new), old, new, FRAME))


def sha256(report: Report, name: str) -> str:
    held = (judged.component.binary for judged in report.components)
    return next(binary.sha256 for binary in held if binary is not None and binary.path.endswith(f"\\{name}"))


def test_a_file_that_is_replaced_is_told_with_what_its_signature_was_and_is_and_both_hashes() -> None:
    old, new = catalogued({}), catalogued({"cachuri.dll": built("cachuri.dll")}, but=("cachuri.dll",))
    (draft,) = told(old, new)
    assert draft.alert.severity is Severity.HIGH
    assert draft.alert.rule == "IIS212"
    assert draft.alert.message == (
        f"{INETSRV}cachuri.dll was replaced: signed by Microsoft (catalogue) → not signed, and no catalogue lists it, "
        "version 10.0.17763.1 → 10.0.17763.2; it is a file of Windows by its place, and no catalogue lists its "
        f"content, as they do that of most others; sha256 {sha256(old, 'cachuri.dll')} → {sha256(new, 'cachuri.dll')}"
    )


def test_an_update_of_windows_is_one_light_alert_that_names_every_file() -> None:
    (draft,) = told(catalogued({}), catalogued({name: built(name) for name in NAMES}))
    assert (draft.alert.severity, draft.is_update) == (Severity.LOW, True)
    named = ", ".join(NAMES)
    assert draft.alert.message == (
        "6 files were replaced, signed by Microsoft before and now, version 10.0.17763.1 → 10.0.17763.2: "
        f"{INETSRV.rstrip(chr(92))}: {named}"
    )
    assert {component.image for component in draft.alert.components} >= {f"{INETSRV}{name}" for name in NAMES}


def test_two_files_of_an_update_are_one_alert_already() -> None:
    (draft,) = told(catalogued({}), catalogued({name: built(name) for name in NAMES[:2]}))
    assert draft.alert.message.startswith("2 files were replaced")


def test_a_file_that_does_not_verify_or_that_a_rule_speaks_of_is_told_by_itself_beside_an_update() -> None:
    replaced = {name: built(name) for name in NAMES}
    replaced |= {"cachuri.dll": built("cachuri.dll", company="Acme"), "warmup.dll": built("loghttp.dll")}
    found = told(catalogued({}), catalogued(replaced, but=("cachuri.dll",)))
    assert [(d.alert.severity, d.is_update) for d in found] == [
        (Severity.HIGH, False),
        (Severity.MEDIUM, False),
        (Severity.LOW, True),
    ]
    bad, odd, update = (draft.alert.message for draft in found)
    assert bad.startswith(f"{INETSRV}cachuri.dll was replaced: signed by Microsoft (catalogue) → not signed")
    assert odd.startswith(f"{INETSRV}warmup.dll was replaced: signed by Microsoft (catalogue), as before")
    assert "it was made as 'loghttp.dll'" in odd
    assert "cachuri" not in update
    assert "warmup" not in update


def test_a_signature_that_is_worth_something_else_now_is_told_from_what_to_what() -> None:
    old, new = catalogued({}), catalogued({})
    broken = tuple(
        replace(j, component=replace(j.component, binary=replace(b, examination=replace(e, signature=Signature(
            SignatureState.BROKEN, "its content is another one"
        )))))
        if (b := j.component.binary) is not None and (e := b.examination) is not None and "cachuri" in b.path
        else j
        for j in new.components
    )  # fmt: skip
    (draft,) = told(old, replace(new, components=broken))
    assert draft.alert.severity is Severity.HIGH
    assert "cachuri.dll is signed otherwise: signed by 'Microsoft Corporation' on 2024-06-01" in draft.alert.message
    assert draft.alert.message.endswith(" → its content is another one")


def test_a_rule_that_says_something_else_now_is_named_once() -> None:
    """The id of a rule stands before the sentence already."""
    some = '<httpLogging selectiveLogging="{}" /></system.webServer>'
    one, other = (report(("</system.webServer>", some.format(which))) for which in ("LogError", "LogSuccessful"))
    (said,) = (alert for alert in alerts(one, other) if alert.rule == "IIS112")
    assert said.message == "httpLogging logs successful requests alone for the server"


def with_sleeper(registered: str = "", *, is_there: bool = True) -> Report:
    """Return the report of a server with a module in its folder that nothing names, or that is registered."""
    files = dict(stock.stock_files())
    if is_there:
        files[f"{INETSRV}odd.dll"] = built("odd.dll", company="Contoso")
    host = files[stock.APPHOST].decode().replace("<globalModules>", f"<globalModules>{registered}", 1)
    return scan(memory_source(files | {stock.APPHOST: host.encode()}), look=Look(workers=0))


ODD = '<add name="Odd" image="%windir%\\System32\\inetsrv\\odd.dll" />'


def test_a_sleeper_that_is_registered_is_not_told_as_gone() -> None:
    messages = [alert.message for alert in alerts(with_sleeper(), with_sleeper(ODD))]
    assert [message.partition(":")[0] for message in messages] == ["native-module 'Odd' is there"]


def test_a_sleeper_whose_file_is_gone_is_told_as_gone() -> None:
    (alert,) = (
        alert for alert in alerts(with_sleeper(), with_sleeper(is_there=False)) if alert.kind is AlertKind.CHANGE
    )
    assert alert.message == "sleeper 'odd.dll' is gone"


def test_a_sleeper_that_was_told_and_is_registered_is_not_taken_back() -> None:
    """A look at everything takes back what was told since the report in use, and is not so any more."""
    asleep, registered = with_sleeper(), with_sleeper(ODD)
    none = with_sleeper(is_there=False)
    came = (Told(3, change) for change in compare(none, asleep).changes)
    rest = left(compare(none, registered), came, 5, registered)
    messages = [draft.alert.message for draft in drafts(rest, none, registered, FRAME)]
    assert any("native-module 'Odd' is there" in message for message in messages)
    assert not any("sleeper" in message for message in messages)


def test_a_reference_is_told_with_what_it_is_to() -> None:
    """It has the name of an attribute, which says nothing."""
    assemblies = '<compilation><assemblies><add assembly="Shop.Data, Version=1.0.0.0" /></assemblies></compilation>'
    config = f"<configuration><system.web>{assemblies}</system.web></configuration>"
    files = dict(stock.stock_files()) | {"C:\\inetpub\\wwwroot\\web.config": config.encode()}
    messages = [alert.message for alert in alerts(STOCK, scan(memory_source(files), look=Look(workers=0)))]
    assert "type-reference 'assembly' to Shop.Data, Version=1.0.0.0 is there: unverified" in messages


def deployed(version: str) -> Report:
    """Return the report of a server whose application has its assemblies in this version."""
    spec = stock.microsoft("lib.dll", "x64", ())
    library = pe.build(replace(spec, file_version=version, company="Acme"))
    more = {f"C:\\inetpub\\wwwroot\\bin\\Lib{number}.dll": library for number in range(9)}
    return scan(memory_source({**stock.stock_files(), **more}), look=Look(workers=0))


def test_a_deployment_is_one_alert_that_does_not_cry_wolf() -> None:
    (alert,) = alerts(deployed("1.0"), deployed("1.1"))
    assert alert.severity is Severity.MEDIUM
    assert alert.message.startswith(
        "9 changes in C:\\inetpub\\wwwroot\\bin: C:\\inetpub\\wwwroot\\bin\\Lib0.dll was replaced"
    )
    assert alert.message.endswith("Lib8.dll was replaced")


def test_a_finding_that_settings_ignore_heads_no_alert() -> None:
    ignored = Suppression("--ignore", "probe")
    quiet = tuple(replace(finding, suppressed=ignored) for finding in ATTACKED.findings)
    (alert,) = alerts(STOCK, replace(ATTACKED, findings=quiet))
    assert (alert.rule, alert.also) == ("", ())
    assert alerts(STOCK, ATTACKED)[0].rule
