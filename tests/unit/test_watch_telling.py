"""From what differs between two reports to alerts."""

from dataclasses import replace
from datetime import UTC, datetime

from iisight.engine.compare import compare
from iisight.engine.scan import scan
from iisight.evidence.memory import memory_source
from iisight.examine.look import Look
from iisight.model.alert import Alert, AlertKind
from iisight.model.component import Verdict
from iisight.model.coverage import Gap, GapKind
from iisight.model.finding import Severity
from iisight.model.report import Report
from iisight.watch.telling import Frame, drafts
from iisight.workbench import stock

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
    busy = report(("<handlers", "<handlers"), ("</handlers>", f"{rows}</handlers>"))
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
