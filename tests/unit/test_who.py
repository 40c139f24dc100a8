"""Who made a change: the one whose act names it, and nobody when it could be another."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from iisight.engine.ear import Ear
from iisight.engine.listening import Heard
from iisight.engine.settings import Settings
from iisight.model.activity import ASKED, FILES, Act, Action, Activity, Actor
from iisight.model.alert import Concerned
from iisight.model.comparison import Turn
from iisight.model.event import Event
from iisight.telemetry.interpret import Watch
from iisight.watch import who as module
from iisight.watch.who import Changed, Recent, joined
from tests.builders import gathered as logs
from tests.builders.feeds import Clock
from tests.unit.test_origins import APPCMD, EXPLORER, IIS, INSTALL, SHELL, guid, process

DLL = r"C:\ProgramData\odd.dll"
APPHOST = r"C:\Windows\System32\inetsrv\config\applicationHost.config"
ODD = Concerned("native-module:Odd:c:\\programdata\\odd.dll", "native-module", "Odd", DLL)
AT = logs.START + timedelta(seconds=120)
EVE = rf"CONTOSO\eve, explorer.exe > powershell.exe > {INSTALL}"


def heard(*events: Event) -> tuple[Heard, ...]:
    """Return what an ear hears of some events."""
    return Ear((), Settings(), watch=Watch(frozenset({"odd.dll"}))).hear(events)


def joined_who(change: Changed, recent: Iterable[Heard]) -> str:
    """Return who made a change, in one line."""
    act = joined(change, recent)
    return "" if act is None else act.who


def dropped(seconds: int, path: str = DLL, user: str = r"CONTOSO\eve", number: int = 2, act: int = 11) -> Event:
    """Return that a file was written, as Sysmon logs it."""
    return logs.event(
        logs.SYSMON, act, seconds, ProcessGuid=guid(number), ProcessId=str(1000 + number), Image=SHELL,
        TargetFilename=path, User=user,
    )  # fmt: skip


def changed(*paths: str, **more: object) -> Changed:
    """Return a change at AT."""
    return Changed(AT, paths, **more)  # type: ignore[arg-type]


def edit(seconds: int, name: str, value: str = "", pid: int | None = 1003, sid: str = "S-1-5-21-1-2-3-500") -> Event:
    """Return that a module was registered, as IIS logs it."""
    event = logs.event(
        IIS, 29, seconds, PhysicalPath=APPHOST, EditOperationType="1", NewValue=value,
        Configuration=f'/system.webServer/globalModules/add[@name="{name}"]{"/@image" if value else ""}',
    )  # fmt: skip
    return replace(event, process=pid, user=sid)


STORY = (process(2, SHELL, "powershell.exe", 1, EXPLORER, 60), process(3, APPCMD, INSTALL, 2, SHELL, 119))


def test_who_installed_a_module_is_not_named_for_its_removal() -> None:
    assert joined_who(changed(APPHOST, components=(ODD,), turn=Turn.ADDED), heard(*STORY)) == EVE
    assert joined_who(changed(APPHOST, components=(ODD,), turn=Turn.REMOVED), heard(*STORY)) == ""
    sleeper = replace(ODD, kind="sleeper")
    assert joined_who(changed(APPHOST, components=(sleeper,), turn=Turn.ADDED), heard(*STORY)) == ""
    assert joined_who(changed(APPHOST, components=(sleeper,), turn=Turn.REMOVED), heard(*STORY)) == EVE


def test_the_command_that_names_a_module_tells_who_registered_it() -> None:
    assert joined_who(changed(APPHOST, components=(ODD,)), heard(*STORY)) == EVE


def test_the_command_and_the_event_of_iis_are_of_one_actor() -> None:
    assert joined_who(changed(APPHOST, components=(ODD,)), heard(*STORY, edit(120, "Odd", DLL))) == EVE


def test_the_event_of_iis_alone_tells_the_account() -> None:
    found = joined_who(changed(APPHOST, components=(ODD,)), heard(edit(120, "Odd", DLL)))
    assert found == "S-1-5-21-1-2-3-500"


def test_whoever_wrote_the_file_changed_it_however_the_path_is_spelled() -> None:
    for path in (
        DLL,
        DLL.upper(),
        rf"\\?\{DLL}",
        r"C:\PROGRA~3\odd.dll",
        r"\Device\HarddiskVolume3\ProgramData\odd.dll",
    ):
        assert joined_who(changed(path), heard(dropped(100))) == r"CONTOSO\eve, powershell.exe"


def test_a_file_beside_it_or_of_its_name_elsewhere_says_nothing() -> None:
    for path in (r"C:\ProgramData\odd2.dll", r"C:\Windows\System32\inetsrv\odd.dll", r"C:\ProgramData\odd.dll.dll"):
        assert joined_who(changed(DLL), heard(dropped(100, path))) == ""


@pytest.mark.parametrize(("seconds", "is_told"), [(59, False), (60, True), (180, True), (181, False)])
def test_only_what_is_near_in_time_counts(seconds: int, is_told: bool) -> None:
    assert bool(joined_who(changed(DLL), heard(dropped(seconds)))) is is_told


def test_alike_acts_that_were_folded_reach_from_the_first_to_the_last() -> None:
    (one,) = heard(dropped(0), dropped(3_600))
    assert one.count == 2
    assert joined_who(changed(DLL), [one])


def test_two_that_wrote_the_same_file_make_nobody() -> None:
    mallory = dropped(110, user=r"CONTOSO\mallory", number=9)
    assert joined_who(changed(DLL), heard(dropped(119), mallory)) == ""


def test_one_person_with_two_programs_is_one() -> None:
    other = dropped(110, number=9)
    assert joined_who(changed(DLL), heard(dropped(119), other)).startswith(r"CONTOSO\eve")


@pytest.mark.parametrize("account", [r"NT AUTHORITY\SYSTEM", ""])
def test_two_programs_of_windows_own_account_or_of_nobody_known_are_not_one(account: str) -> None:
    one = dropped(119, user=account)
    other = dropped(110, user=account, number=9)
    other = replace(other, fields={**other.fields, "Image": r"C:\Windows\System32\svchost.exe"})
    assert joined_who(changed(DLL), heard(one, other)) == ""


def test_who_names_the_module_goes_before_who_wrote_the_file_it_is_registered_in() -> None:
    worker = dropped(120, APPHOST, r"IIS APPPOOL\shop", 9)
    found = heard(*STORY, worker)
    assert joined_who(changed(APPHOST, components=(ODD,)), found) == EVE
    assert joined_who(changed(APPHOST), heard(worker)).startswith(r"IIS APPPOOL\shop")


def test_who_registered_another_module_at_the_time_did_not_register_this_one() -> None:
    for other in (edit(120, "Other", r"C:\ProgramData\other.dll"), edit(120, "Odd", r"C:\ProgramData\other.dll")):
        assert joined_who(changed(APPHOST, components=(ODD,)), heard(other)) == ""
    appcmd = logs.appcmd("install module /name:Other /image:C:\\other.dll", 120)
    assert joined_who(changed(APPHOST, components=(ODD,)), heard(appcmd)) == ""


def test_who_committed_is_told_only_when_nobody_else_did() -> None:
    def commit(seconds: int, sid: str) -> Event:
        return replace(logs.event(IIS, 50, seconds, ConfigPath="MACHINE/WEBROOT/APPHOST"), user=sid)

    one, other = commit(119, "S-1-5-21-1"), commit(121, "S-1-5-21-2")
    assert joined_who(changed(APPHOST, components=(ODD,)), heard(one)) == "S-1-5-21-1"
    assert joined_who(changed(APPHOST, components=(ODD,)), heard(one, other)) == ""
    assert joined_who(changed(DLL), heard(one)) == ""


def test_a_setting_is_joined_by_its_section() -> None:
    event = logs.appcmd("set config /section:httpLogging /dontLog:true", 120)
    found = heard(event)
    assert r"CONTOSO\admin" in joined_who(changed(APPHOST, section="system.webServer/httpLogging"), found)
    assert joined_who(changed(APPHOST, section="system.webServer/handlers"), found) == ""


def made(action: Action) -> Heard:
    """Return an act."""
    event = Event("p", "c", 1, AT, "WEB01")
    return Heard(Activity(event, Actor(user="eve"), (action,)), who="eve")


def test_what_failed_was_only_asked_for_or_changes_nothing_is_no_deed() -> None:
    done = Action(Act.WRITE, FILES, DLL)
    assert joined_who(changed(DLL), [made(done)]) == "eve"
    for other in (replace(done, failed=True), replace(done, note=ASKED), replace(done, act=Act.LOAD)):
        assert joined_who(changed(DLL), [made(other)]) == ""


def test_another_host_did_not_do_it() -> None:
    found = [made(Action(Act.WRITE, FILES, DLL))]
    assert joined_who(changed(DLL, host="web01.contoso.local"), found) == "eve"
    assert joined_who(changed(DLL, host="web02"), found) == ""


def test_components_that_were_joined_already_count() -> None:
    one = replace(made(Action(Act.CONFIGURE, "x")), components=(ODD.id,))
    assert joined_who(changed(APPHOST, components=(ODD,)), [one]) == "eve"


def test_a_managed_module_is_known_by_its_type() -> None:
    managed = Concerned("m", "managed-module", "Audit", "Contoso.Audit, Contoso")
    done = Action(Act.REGISTER, "x", section="system.webServer/modules", code="Contoso.Audit")
    assert joined_who(changed(APPHOST, components=(managed,)), [made(done)]) == "eve"
    assert joined_who(changed(APPHOST, components=(managed,)), [made(replace(done, code="Contoso.Other"))]) == ""


def test_a_flood_of_different_actors_makes_nobody() -> None:
    many = [replace(made(Action(Act.WRITE, FILES, DLL)), who=f"eve {n}") for n in range(module.MAX_ACTORS + 1)]
    assert joined_who(changed(DLL), many) == ""


def kept(recent: Iterable[Heard]) -> list[str]:
    """Return who is remembered."""
    return [one.who for one in recent]


def test_what_is_remembered_is_bounded_in_number_and_time() -> None:
    clock = Clock()
    recent = Recent(clock, lambda one: one, most=3, age=10)
    recent.add(replace(made(Action(Act.WRITE, FILES, DLL)), who=str(n)) for n in range(5))
    recent.add([made(Action(Act.LOAD, "x"))])
    assert (kept(recent), len(recent)) == (["2", "3", "4"], 3)
    clock.now += 11
    assert kept(recent) == []


def nobodys(action: Action, who: str = "") -> Heard:
    """Return an act of which no account is known."""
    event = Event("p", "c", 1, AT, "WEB01")
    return Heard(Activity(event, Actor(), (action,)), who=who)


def test_an_act_of_nobody_known_names_nobody_and_keeps_nobody_from_being_named() -> None:
    done = Action(Act.WRITE, FILES, DLL)
    assert joined_who(changed(DLL), [nobodys(done)]) == ""
    assert joined_who(changed(DLL), [nobodys(done), made(done)]) == "eve"


def test_whose_an_act_is_is_asked_again_until_its_account_is_known() -> None:
    done = Action(Act.WRITE, FILES, DLL)
    asked: list[str] = []
    answers = iter(("", "powershell.exe", "eve, powershell.exe"))

    def told(one: Heard) -> Heard:
        asked.append(one.who)
        who = next(answers)
        actor = Actor(user="eve") if who.startswith("eve") else Actor()
        return replace(one, who=who, activity=replace(one.activity, actor=actor))

    recent = Recent(Clock(), told)
    recent.add([nobodys(done), made(done)])
    assert [recent.learn() for _ in range(4)] == [False, True, True, False]
    assert asked == ["", "", "powershell.exe"]
    assert kept(recent) == ["eve, powershell.exe", "eve"]
