"""Every place where IIS loads code from: a change there is told, at once or by the look at everything that follows."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from iisight.workbench import stock
from iisight.workbench.pe import PeSpec, build
from tests.builders.watching import INETSRV, Alert, Place, small_stock

CONFIG = f"{INETSRV}config\\"
FRAMEWORK = "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\"
GAC = "C:\\Windows\\Microsoft.NET\\assembly\\GAC_MSIL\\"
STRONG = f"{GAC}Strong\\v4.0_1.0.0.0__0123456789abcdef\\Strong.dll"
IN_CACHE = "Strong.M, Strong, Version=1.0.0.0, Culture=neutral, PublicKeyToken=0123456789abcdef"
NESTED, DOCS, SHOP = "D:\\apps\\nested\\", "D:\\apps\\docs\\", "C:\\inetpub\\shop\\"
EMPTY, GHOSTS, ADDED = "D:\\empty\\", "D:\\ghosts\\", "E:\\sites\\new\\"
HISTORY = "C:\\inetpub\\history\\"

MODULE = small_stock()[f"{INETSRV}loghttp.dll"]
ASSEMBLY = build(PeSpec())
PLAIN = build(PeSpec(exports=("GetFileVersionInfoA",)))
COMPILED = f"{FRAMEWORK}Temporary ASP.NET Files\\root\\a\\b\\App_Web_there.dll"
APPLICATIONS = (
    '<application path="/app" applicationPool="Shop"><virtualDirectory path="/" physicalPath="D:\\apps\\nested" />'
    '<virtualDirectory path="/docs" physicalPath="D:\\apps\\docs" /></application>'
    '<application path="/empty" applicationPool="P32"><virtualDirectory path="/" physicalPath="D:\\empty" />'
    "</application>"
)
GHOST = """<globalModules><add name="Ghost" image="D:\\ghosts\\ghost.dll" />
<add name="Twin" image="%windir%\\System32\\inetsrv\\twin.dll" />"""
MANAGER = """<configuration><configSections><section name="moduleProviders" /></configSections>
<moduleProviders>{}</moduleProviders></configuration>"""
PROVIDER = f'<add name="{{}}" type="{IN_CACHE}" />'
SCHEMA = """<configSchema><sectionSchema name="system.webServer/made">
<attribute name="a" type="string" extension="{}" /></sectionSchema></configSchema>"""
REDIRECTED = '<configuration><configurationRedirection enabled="true" path="{}" /></configuration>'
LOCAL = "<configuration><configurationRedirection /></configuration>"
HANDLER = '<add name="{0}" path="*.{0}" verb="*" type="Shop.{0}, Shop" />'
SITE = """<site name="New" id="77"><application path="/" applicationPool="Shop">
<virtualDirectory path="/" physicalPath="E:\\sites\\new" /></application></site><siteDefaults>"""


def handlers(*names: str) -> str:
    rows = "\n".join(HANDLER.format(name) for name in names)
    return f"<configuration><system.webServer><handlers>\n{rows}</handlers></system.webServer></configuration>"


def server() -> dict[str, bytes | str]:
    files: dict[str, bytes | str] = {**small_stock()}
    host = small_stock()[stock.APPHOST].decode().replace("</application>", f"</application>{APPLICATIONS}", 1)
    host = host.replace('<add name="Shop"', '<add name="P32" enable32BitAppOnWin64="true" /><add name="Shop"', 1)
    files[stock.APPHOST] = host.replace("<globalModules>", GHOST, 1)
    files[f"{NESTED}web.config"] = (
        '<configuration><appSettings file="more.config"></appSettings><system.webServer>'
        f'<handlers configSource="parts\\handlers.config" /><modules><add name="S" type="{IN_CACHE}" /></modules>'
        "</system.webServer></configuration>"
    )
    files[f"{NESTED}parts\\handlers.config"] = "<handlers>\n</handlers>"
    files[f"{NESTED}more.config"] = "<appSettings>\n</appSettings>"
    files[f"{NESTED}App_Code\\there.cs"] = "class There {}"
    files[f"{NESTED}bin\\there.dll"] = ASSEMBLY
    files[f"{DOCS}a.htm"] = files["D:\\moved\\a.htm"] = files["E:\\a.txt"] = "a"
    files[f"{CONFIG}administration.config"] = MANAGER.format("")
    files[f"{CONFIG}schema\\IIS_schema.xml"] = "<configSchema></configSchema>"
    files[f"{CONFIG}schema\\there.xml"] = SCHEMA.format("Old.Extension")
    files[f"{INETSRV}twin.dll"] = MODULE
    files[f"{INETSRV}w3wp.exe"] = PLAIN
    files[COMPILED] = ASSEMBLY
    for number in (1, 2):
        files[f"{HISTORY}CFGHISTORY_000000000{number}\\applicationHost.config"] = host
    return files


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Return a watch for deeds that do not touch each other."""
    place = Place(tmp_path_factory.mktemp("shared"), server())
    yield place
    place.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path, server())
    yield made
    made.close()


@dataclass(frozen=True)
class Told:
    """What must be told: of a component, or by a rule, at a place."""

    path: str
    line: str = ""  # a text on it
    rule: str = ""
    component: str = ""

    def among(self, alerts: list[Alert], place: Place) -> bool:
        line = place.line_of(self.path, self.line) if self.line else None
        return any(self._is(alert) and _at(alert) == (self.path, line) for alert in alerts)

    def _is(self, alert: Alert) -> bool:
        rules = {alert["rule"], *alert["also"]}
        names = {each["name"] for each in alert["components"]}
        return (not self.rule or self.rule in rules) and (not self.component or self.component in names)


def _at(alert: Alert) -> tuple[str, int | None]:
    locator = alert["locator"] or {"path": "", "line": None}
    return locator["path"], locator["line"]


def shown(alerts: list[Alert]) -> str:
    return "\n".join(f"{a['kind']} {a['rule']} {a['also']} {_at(a)} {a['message']}" for a in alerts)


def changes(alerts: list[Alert]) -> list[Alert]:
    return [alert for alert in alerts if alert["kind"] == "change"]


Case = tuple[Callable[[Place], object], Told]


def dropped(path: str, data: bytes | str = b"", *, line: str = "", rule: str = "", component: str = "") -> Case:
    """Return that a file is written, a module like no other if it is not said what, and what must be told of it."""
    return lambda place: place.write(path, data or MODULE + path.encode()), Told(path, line, rule, component)


def edited(path: str, old: str, new: str, *, line: str, rule: str = "", component: str = "") -> Case:
    """Return that a text is put behind another one, on a line of its own, and what must be told of it."""
    return lambda place: place.edit(path, old, f"{old}\n{new}"), Told(path, line, rule, component)


def renamed_over(path: str, *, component: str) -> Case:
    """Return that another file takes the place of one, and what must be told of it."""

    def replace(place: Place) -> None:
        place.write("C:\\made.tmp", place.at(path).read_bytes() + b"x")
        place.at("C:\\made.tmp").replace(place.at(path))

    return replace, Told(path, component=component)


EVIL = '<add name="EvilPage" type="Evil.Page, Evil" />'
EVIL_DB = """<system.data><DbProviderFactories>
<add name="EvilDb" invariant="EvilDb" type="Evil.Db, Evil" /></DbProviderFactories></system.data>"""
STARTED = '<add key="owin:AppStartup" value="Evil.Start, Evil" />'
DOMAIN = """<configuration><runtime><appDomainManagerType value="Evil.M" />
<appDomainManagerAssembly value="Evil" /></runtime></configuration>"""
AT_ONCE = {
    "bin of a nested application": dropped(f"{NESTED}bin\\new.dll", rule="IIS205"),
    "bin of it, replaced": renamed_over(f"{NESTED}bin\\there.dll", component="there.dll"),
    "below bin": dropped(f"{NESTED}bin\\de\\x.dll", ASSEMBLY, component="x.dll"),
    "bin of a virtual directory": dropped(f"{DOCS}bin\\vdir.dll", rule="IIS205"),
    "bin of a folder that held nothing": dropped(f"{EMPTY}bin\\e.dll", rule="IIS205"),
    "App_Code": dropped(f"{NESTED}App_Code\\x.cs", "class X {}", component="App_Code\\x.cs"),
    "App_Code, changed": dropped(f"{NESTED}App_Code\\there.cs", "class Y {}", component="App_Code\\there.cs"),
    "global.asax": dropped(f"{SHOP}global.asax", "<%@ Application %>", component="global.asax"),
    "precompiled": dropped(f"{NESTED}bin\\a.compiled", "<preserve />", component="a.compiled"),
    "inetsrv, beside images that are missing": dropped(f"{INETSRV}drop.dll", rule="IIS205"),
    "a module's file that was missing": dropped(f"{GHOSTS}ghost.dll", component="Ghost"),
    "an assembly of the global cache": dropped(f"{GAC}A\\v4.0_1.0.0.0__0\\A.dll", rule="IIS205"),
    "Temporary ASP.NET Files": dropped(f"{FRAMEWORK}Temporary ASP.NET Files\\root\\a\\b\\x.dll", rule="IIS205"),
    "a DLL that nothing names": dropped(f"{INETSRV}version.dll", PLAIN),
    "a program that nothing names, replaced": dropped(f"{INETSRV}w3wp.exe", f"{PLAIN!r}"),
    "a DLL beside a module": dropped(f"{GHOSTS}helper.dll", PLAIN),
    "a compiler below bin": dropped(f"{NESTED}bin\\roslyn\\csc.exe", PLAIN),
    "an assembly that no configuration names": dropped(f"{GAC}B\\v4.0_1.0.0.0__0\\B.dll", ASSEMBLY),
    "a compiled page, replaced": dropped(COMPILED, f"{ASSEMBLY!r}"),
    "machine.config": edited(stock.MACHINE, "<connectionStrings />", EVIL_DB, line="EvilDb", component="EvilDb"),
    "root web.config": edited(stock.ROOT_WEB, "<httpModules>", EVIL, line="EvilPage", component="EvilPage"),
    "schema": dropped(f"{CONFIG}schema\\new.xml", SCHEMA.format("Evil.New"), line="Evil.New", rule="IIS132"),
    "schema, changed": dropped(f"{CONFIG}schema\\there.xml", SCHEMA.format("Evil.B"), line="Evil.B", rule="IIS132"),
    "administration.config": edited(
        f"{CONFIG}administration.config", "<moduleProviders>", PROVIDER.format("EvilP"), line="EvilP", rule="IIS128"
    ),
    "configSource": edited(
        f"{NESTED}parts\\handlers.config", "<handlers>", HANDLER.format("Part"), line="Part", component="Part"
    ),
    "file of appSettings": edited(f"{NESTED}more.config", "<appSettings>", STARTED, line="owin"),
    "a folder that held nothing": dropped(f"{EMPTY}web.config", handlers("Empty"), line='"Empty"', rule="IIS108"),
    "the CLR's settings": dropped(f"{FRAMEWORK}aspnet.config", DOMAIN, line="Evil.M", rule="IIS121"),
}
BY_EVERYTHING = {
    "an assembly of the global cache that a site names": dropped(STRONG, ASSEMBLY),
    "what 32-bit pools load": dropped("C:\\Windows\\SysWOW64\\inetsrv\\twin.dll", component="Twin"),
}


@pytest.mark.parametrize(("deed", "told"), AT_ONCE.values(), ids=AT_ONCE)
def test_a_change_is_told_at_once_and_not_again(shared: Place, deed: Callable[[Place], object], told: Told) -> None:
    deed(shared)
    alerts = shared.at_once()
    assert told.among(alerts, shared), shown(alerts)
    assert not told.among(later := shared.later(), shared), shown(later)


@pytest.mark.parametrize(("deed", "told"), BY_EVERYTHING.values(), ids=BY_EVERYTHING)
def test_what_concerns_more_than_a_place_is_told_by_the_look_that_follows(
    shared: Place, deed: Callable[[Place], object], told: Told
) -> None:
    deed(shared)
    alerts = shared.at_once() + shared.later()
    assert told.among(alerts, shared), shown(alerts)
    shared.at(told.path).unlink()
    alerts = shared.at_once() + shared.later()
    assert told.among(alerts, shared), shown(alerts)


def test_what_becomes_of_programs_that_nothing_names_while_nobody_watches_is_told_once(place: Place) -> None:
    dropped_one, compiled = f"{INETSRV}version.dll", COMPILED.replace("there", "new")

    def change() -> None:
        place.write(dropped_one, PLAIN)
        place.write(f"{INETSRV}w3wp.exe", PLAIN + b"x")
        place.write(compiled, ASSEMBLY)  # as ASP.NET does all the time

    alerts = place.restart(change)
    places = sorted(_at(alert)[0] for alert in changes(alerts))
    assert places == [dropped_one, f"{INETSRV}w3wp.exe"], shown(alerts)
    alerts = place.restart(lambda: place.at(dropped_one).unlink())
    assert [_at(alert)[0] for alert in changes(alerts)] == [dropped_one], shown(alerts)
    assert changes(place.restart(lambda: None)) == []


def test_a_redirected_configuration_is_followed_and_left_again(place: Place) -> None:
    there, local = "E:\\conf\\applicationHost.config", place.at(stock.APPHOST).read_text("utf-8")
    place.write(there, local.replace("<globalModules>", '<globalModules>\n<add name="Red" image="E:\\red.dll" />'))
    place.write(f"{CONFIG}redirection.config", REDIRECTED.format("E:\\conf"))
    alerts = place.at_once() + place.later()
    assert Told(there, '"Red"', rule="IIS101").among(alerts, place), shown(alerts)
    assert Told(f"{CONFIG}redirection.config", "E:", rule="IIS137").among(alerts, place), shown(alerts)
    place.edit(there, "<globalModules>", '<globalModules>\n<add name="Second" image="E:\\second.dll" />')
    alerts = place.at_once()
    assert Told(there, '"Second"', rule="IIS101").among(alerts, place), shown(alerts)
    place.write("E:\\conf\\administration.config", MANAGER.format(PROVIDER.format("EvilR")))
    alerts = place.at_once()
    assert Told("E:\\conf\\administration.config", "EvilR", rule="IIS128").among(alerts, place), shown(alerts)
    place.later()
    place.write(f"{CONFIG}redirection.config", LOCAL)
    alerts = place.at_once() + place.later()
    assert {"Red", "Second", "EvilR"} <= {c["name"] for alert in alerts for c in alert["components"]}, shown(alerts)
    place.edit(stock.APPHOST, "<globalModules>", '<globalModules>\n<add name="Back" image="E:\\back.dll" />')
    alerts = place.at_once()
    assert Told(stock.APPHOST, '"Back"', rule="IIS101").among(alerts, place), shown(alerts)


@pytest.mark.parametrize("folder", ["D:\\moved", "E:\\not\\there", "F:\\new\\drive"])
def test_the_folder_that_a_virtual_directory_moves_to_is_watched(place: Place, folder: str) -> None:
    place.edit(stock.APPHOST, 'physicalPath="D:\\apps\\nested"', f'physicalPath="{folder}"')
    alerts = place.at_once()
    assert Told(stock.APPHOST, folder).among(alerts, place), shown(alerts)
    place.later()
    place.write(f"{folder}\\bin\\new.dll", MODULE)
    alerts = place.at_once() + place.later()
    assert Told(f"{folder}\\bin\\new.dll", rule="IIS205").among(alerts, place), shown(alerts)
    assert len(changes(alerts)) == 1, shown(alerts)
    place.write(f"{folder}\\web.config", handlers("Moved"))
    alerts = place.at_once()
    assert Told(f"{folder}\\web.config", '"Moved"', rule="IIS108").among(alerts, place), shown(alerts)


def test_a_site_that_is_added_is_watched_and_its_folder_when_it_comes_again(place: Place) -> None:
    place.edit(stock.APPHOST, "<siteDefaults>", SITE)
    alerts = place.at_once()
    assert Told(stock.APPHOST, 'name="New"').among(alerts, place), shown(alerts)
    for name in ("First", "Again"):
        place.write(f"{ADDED}web.config", handlers(name))
        place.write(f"{ADDED}bin\\new.dll", MODULE)
        alerts = place.at_once()
        assert Told(f"{ADDED}web.config", f'"{name}"', rule="IIS108").among(alerts, place), shown(alerts)
        assert Told(f"{ADDED}bin\\new.dll", component="new.dll").among(alerts, place), shown(alerts)
        place.later()
        shutil.rmtree(place.at(ADDED))
        alerts = place.at_once() + place.later()
        assert {name, "new.dll"} <= {c["name"] for alert in alerts for c in alert["components"]}, shown(alerts)


def test_a_history_that_is_cleared_is_told_wherever_content_lies(place: Place) -> None:
    shutil.rmtree(place.at(HISTORY))
    alerts = place.at_once() + place.later()
    [told] = [alert for alert in alerts if _at(alert)[0].startswith(HISTORY)]
    assert told["severity"] == "high"


def moved_away(place: Place) -> None:
    place.at(stock.APPHOST).rename(place.at(f"{CONFIG}old.config"))


@pytest.mark.parametrize("before", [lambda p: p.at(stock.APPHOST).unlink(), moved_away], ids=["deleted", "moved away"])
@pytest.mark.parametrize("is_seen", [True, False], ids=["seen", "too quick to be seen"])
def test_a_configuration_that_is_made_anew_is_told(
    place: Place, before: Callable[[Place], object], is_seen: bool
) -> None:
    text = place.at(stock.APPHOST).read_text("utf-8")
    before(place)
    if is_seen:
        alerts = place.at_once() + place.later()
        assert Told(stock.APPHOST).among([a for a in alerts if a["severity"] == "high"], place), shown(alerts)
    for name in ("First", "Second"):
        text = text.replace("<globalModules>", f'<globalModules>\n<add name="{name}" image="E:\\{name}.dll" />')
        place.write(stock.APPHOST, text)
        alerts = place.at_once() + place.later()
        assert Told(stock.APPHOST, f'"{name}"', rule="IIS101").among(alerts, place), shown(alerts)


def test_after_the_folder_of_the_configuration_was_made_anew_changes_are_told_at_once(place: Place) -> None:
    text = place.at(stock.APPHOST).read_text("utf-8")
    shutil.rmtree(place.at(CONFIG))
    alerts = place.at_once() + place.later()
    assert Told(stock.APPHOST).among([a for a in alerts if a["severity"] == "high"], place), shown(alerts)
    place.write(stock.APPHOST, text)
    place.at_once()
    place.later()
    place.write(f"{INETSRV}drop.dll", MODULE)
    alerts = place.at_once()
    assert Told(f"{INETSRV}drop.dll", rule="IIS205").among(alerts, place), shown(alerts)


@pytest.mark.skipif(os.name == "nt", reason="links need a right that tests do not have")
def test_a_link_is_told_with_its_place_and_not_followed(place: Place, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "new.dll").write_bytes(MODULE)
    told: list[Alert] = []
    for link in (f"{SHOP}bin", f"{INETSRV}linked.dll", f"{INETSRV}loghttp.dll"):
        place.at(link).unlink(missing_ok=True)
        place.at(link).symlink_to(outside if link.endswith("bin") else outside / "new.dll")
        alerts = place.at_once()
        assert [a["severity"] for a in alerts if a["kind"] == "coverage" and str(place.at(link)) in a["message"]] == [
            "medium"
        ], shown(alerts)
        told += alerts
    alerts = told + place.later()
    assert Told(f"{INETSRV}loghttp.dll", component="HttpLoggingModule").among(alerts, place), shown(alerts)


def test_a_watched_folder_that_is_away_is_told_and_watched_when_it_is_back(place: Place, tmp_path: Path) -> None:
    away = tmp_path / "away"
    place.root.rename(away)
    place.until("not watched as it should be")
    place.later()
    away.rename(place.root)
    place.write(f"{NESTED}bin\\new.dll", MODULE)
    place.until("watched again")
    alerts = place.at_once() + place.later()
    assert Told(f"{NESTED}bin\\new.dll", rule="IIS205").among(alerts, place), shown(alerts)


def test_a_clock_that_is_set_back_loses_nothing_and_repeats_nothing(place: Place) -> None:
    told: list[Alert] = []
    for number, hours in enumerate((0, -1, 0, -24 * 365, 1)):
        place.time.now += timedelta(hours=hours)
        path = f"{NESTED}bin\\n{number}.dll"
        place.write(path, ASSEMBLY + bytes([number]))
        stamp = place.time.now.timestamp()
        os.utime(place.at(path), (stamp, stamp))
        alerts = place.at_once()
        assert Told(path, component=f"n{number}.dll").among(alerts, place), shown(alerts)
        told += alerts
        if number % 2:
            told += place.later()
    told += place.later()
    assert sorted(_at(alert)[0] for alert in changes(told)) == [f"{NESTED}bin\\n{n}.dll" for n in range(5)], shown(told)
    assert len({alert["id"] for alert in told}) == len(told)


def test_a_look_at_everything_that_dies_is_told_and_tried_again_and_costs_nothing(place: Place) -> None:
    place.problems = ["the process that looks at everything gave no answer (status -9)"] * 3
    place.write(f"{NESTED}bin\\new.dll", ASSEMBLY)
    first = place.at_once()
    shutil.rmtree(place.at(HISTORY))  # what only such a look tells
    alerts = first + place.at_once() + place.later()
    unwell = [a for a in alerts if a["kind"] == "health" and "status -9" in a["message"]]
    assert [a["severity"] for a in unwell] == ["medium"], shown(alerts)
    assert place.problems == []
    assert (alerts[-1]["kind"], alerts[-1]["severity"]) == ("health", "info"), shown(alerts)
    names = sorted(_at(alert)[0].rpartition("\\")[2] for alert in changes(alerts))
    assert names == ["applicationHost.config", "new.dll"], shown(alerts)


def test_a_look_at_everything_that_is_killed_is_told_and_tried_again(place: Place) -> None:
    place.in_processes = True
    place.write(f"{NESTED}bin\\new.dll", ASSEMBLY)
    assert Told(f"{NESTED}bin\\new.dll", component="new.dll").among(place.at_once(), place)
    place.time.pass_by(2.0)
    place.loop.step(0.0)
    place.processes[0].kill()
    alerts = place.later()
    assert any("no answer (status -9)" in a["message"] for a in alerts if a["kind"] == "health"), shown(alerts)
    assert changes(alerts) == []
    assert len(place.processes) == 2
    assert alerts[-1]["severity"] == "info", shown(alerts)
