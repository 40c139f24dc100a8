"""Events of every kind become activities in full; what is nearly one stays nothing."""

import pytest

from iisight.model.activity import Act, Action, Actor
from iisight.model.event import Event
from iisight.model.need import holds, literals, squeezed
from iisight.parsers import commands
from iisight.telemetry.interpret import Watch, activity_of, need, source_of, sources
from iisight.telemetry.interpret._joiner import MAX_BLOCKS, ScriptJoiner
from iisight.telemetry.interpret._places import Area, area_of
from iisight.telemetry.interpret._xpath import Step, parse_path
from iisight.telemetry.interpret.powershell import bound_commands

SYSMON = "Microsoft-Windows-Sysmon"
AUDIT = "Microsoft-Windows-Security-Auditing"
CONFIG = "Microsoft-Windows-IIS-Configuration"
WORKER = r"C:\Windows\System32\inetsrv\w3wp.exe"
APPHOST = r"\\?\C:\Windows\system32\inetsrv\config\applicationHost.config"
FILE = r"C:\Windows\system32\inetsrv\config\applicationHost.config"


def _echo(command: str, image: str = "", original: str = "") -> tuple[Action, ...]:
    return (Action(Act.CONFIGURE, "fake", new=command, note=original),) if "appcmd" in command else ()


def _script(text: str) -> tuple[Action, ...]:
    return (Action(Act.CONFIGURE, "fake", new=text),) if "Web" in text else ()


@pytest.fixture(autouse=True)
def _fake_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "command_actions", _echo)
    monkeypatch.setattr(commands, "script_actions", _script)


def made(provider: str, number: int, channel: str = "", **fields: str) -> Event:
    return Event(provider, channel, number, None, user="S-1-5-18", process=7, fields=fields)


def told(event: Event, watch: Watch | None = None) -> tuple[Action, ...]:
    """Return the actions, and hold that the need of the source is met by what the record has as text."""
    found = activity_of(event) if watch is None else activity_of(event, watch)
    if found is None:
        return ()
    source = source_of(event)
    assert source is not None
    text = squeezed("\n".join((event.provider, event.channel, *event.fields.values())))
    have = {literal for literal in literals(need(watch or Watch())) if literal in text}
    assert holds(need(watch or Watch()), have)
    assert watch is not None or holds(source.need, have)
    return found.actions


def change(configuration: str, new: str = "", old: str = "", kind: str = "1", number: int = 29, **more: str) -> Event:
    fields = {
        "PhysicalPath": APPHOST,
        "ConfigPath": "MACHINE/WEBROOT/APPHOST",
        "EffectiveLocationPath": "",
        "Configuration": configuration,
        "EditOperationType": kind,
        "OldValue": old,
        "NewValue": new,
    }
    return made(CONFIG, number, "Microsoft-IIS-Configuration/Operational", **(fields | more))


API = "IIS configuration API"
GLOBAL, MODULES = "system.webServer/globalModules", "system.webServer/modules"
CHANGES = [
    (
        change('/system.webServer/globalModules/add[@name="X"]/@image', r"C:\x.dll"),
        Action(Act.REGISTER, API, FILE, GLOBAL, "X", r"C:\x.dll", new=r"C:\x.dll", note="@image"),
    ),
    (change('/system.webServer/modules/add[@name="X"]', "X"), Action(Act.REGISTER, API, FILE, MODULES, "X", new="X")),
    (
        change('/system.webServer/modules/add[@name="X"]', kind="2", EffectiveLocationPath="Default Web Site/a"),
        Action(Act.UNREGISTER, API, FILE, MODULES, "X", scope="Default Web Site/a"),
    ),
    (
        change('/system.webServer/modules/remove[@name="X"]', ConfigPath="MACHINE/WEBROOT/APPHOST/Shop"),
        Action(Act.UNREGISTER, API, FILE, MODULES, "X", scope="Shop", note="remove"),
    ),
    (
        change('/system.webServer/modules/add[@name="X"]/@preCondition', "bitness64"),
        Action(Act.REGISTER, API, FILE, MODULES, "X", new="bitness64", note="@preCondition"),
    ),
    (
        change('/system.webServer/globalModules/add[@name="X"]/@image', r"C:\x.dll", number=30),
        Action(Act.REGISTER, API, FILE, GLOBAL, "X", r"C:\x.dll", new=r"C:\x.dll", note="failed @image", failed=True),
    ),
    (
        change("/system.webServer/isapiFilters/filter[@name='a/b[1]']/@path", r"C:\f.dll"),
        Action(
            Act.REGISTER, API, FILE, "system.webServer/isapiFilters", "a/b[1]", r"C:\f.dll", new=r"C:\f.dll",
            note="@path",
        ),
    ),
    (
        change("/system.webServer/httpLogging/@dontLog", "true", "false"),
        Action(Act.BLIND, API, FILE, "system.webServer/httpLogging", "dontLog", "", "", "false", "true",
               "requests are not logged"),
    ),
    (
        change("/system.webServer/httpLogging/@dontLog", "false", "true"),
        Action(Act.CONFIGURE, API, FILE, "system.webServer/httpLogging", "dontLog", old="true", new="false",
               note="@dontLog"),
    ),
    (
        change('/system.applicationHost/sites/site[@name="S"]/logFile/@logTargetW3C', "File", "File,ETW"),
        Action(Act.BLIND, API, FILE, "system.applicationHost/sites", "S", "", "", "File,ETW", "File",
               "requests are no longer traced"),
    ),
    (
        change("/system.webServer/handlers/@overrideMode", "Allow", "Deny"),
        Action(Act.UNLOCK, API, FILE, "system.webServer/handlers", "overrideMode", "", "", "Deny", "Allow",
               "@overrideMode"),
    ),
    (
        change('/system.applicationHost/applicationPools/add[@name="P"]/@managedRuntimeLoader', "evil.dll"),
        Action(Act.REGISTER, API, FILE, "system.applicationHost/applicationPools", "P", "evil.dll", "", "", "evil.dll",
               "@managedRuntimeLoader"),
    ),
    (
        change('/system.applicationHost/applicationPools/add[@name="P"]', "P"),
        Action(Act.CONFIGURE, API, FILE, "system.applicationHost/applicationPools", "P", new="P"),
    ),
    (
        change("/system.webServer/defaultDocument/@enabled", "true"),
        Action(Act.CONFIGURE, API, FILE, "system.webServer/defaultDocument", "enabled", new="true", note="@enabled"),
    ),
    (
        made(CONFIG, 50, ConfigPath="MACHINE/WEBROOT/APPHOST/Shop"),
        Action(Act.COMMIT, API, scope="Shop"),
    ),
    (
        made(CONFIG, 14, RedirectionPath=r"\\s\share", Username="u", Password="secret"),
        Action(Act.CONFIGURE, API, r"\\s\share", "configurationRedirection", "path", new=r"\\s\share"),
    ),
    (
        made(CONFIG, 41, Configuration="/system.x/y", CLSID="{A}", ProgId="P.Q", HRESULT="0x80040154"),
        Action(Act.LOAD_FAILED, API, section="system.x/y", code="P.Q", note="schema extension 0x80040154"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("event", "action"), CHANGES)
def test_a_change_of_the_configuration_is_told_in_full(event: Event, action: Action) -> None:
    assert told(event) == (action,)


@pytest.mark.parametrize(
    "channel", ["Microsoft-IIS-Configuration/Operational", "Microsoft-Windows-IIS-Configuration/Operational"]
)
def test_the_channel_alone_tells_the_source(channel: str) -> None:
    event = change("/system.webServer/httpLogging/@dontLog", "true")
    assert told(Event("", channel, 29, None, fields=event.fields))[0].act is Act.BLIND


def test_values_without_names_are_read_by_their_place() -> None:
    values = [APPHOST, "MACHINE/WEBROOT/APPHOST", "", '/system.webServer/modules/add[@name="X"]', "1", "", "X"]
    event = made(CONFIG, 29, **{f"param{n}": value for n, value in enumerate(values, 1)})
    assert told(event) == (Action(Act.REGISTER, API, FILE, MODULES, "X", new="X"),)


@pytest.mark.parametrize(
    ("text", "steps", "attribute"),
    [
        ('/a/b[@n="x"]/@c', (Step("a"), Step("b", (("n", "x"),))), "c"),
        ("/a/b[@n='x]/\"y']", (Step("a"), Step("b", (("n", 'x]/"y'),))), ""),
        ('/a/b[@n="1" and @m="2"]/c', (Step("a"), Step("b", (("n", "1"), ("m", "2"))), Step("c")), ""),
        ('/a[@n="1"][@m="2"]', (Step("a", (("n", "1"), ("m", "2"))),), ""),
        ('/a[@n="open', (Step("a", (("n", "open"),)),), ""),
        ("", (), ""),
    ],
)
def test_paths_into_the_configuration(text: str, steps: tuple[Step, ...], attribute: str) -> None:
    parsed = parse_path(text)
    assert (parsed.steps, parsed.attribute) == (steps, attribute)


W3WP = "IIS worker process"
OTHERS = [
    (
        made("Microsoft-Windows-IIS-W3SVC-WP", 2282, ModuleDll=r"C:\x.dll"),
        Action(Act.LOAD_FAILED, W3WP, r"C:\x.dll", code=r"C:\x.dll",
               note="module of another configuration or architecture"),
    ),
    (
        made("W3SVC-WP", 2280, param1=r"%windir%\x.dll", param2="7E000000"),
        Action(Act.LOAD_FAILED, W3WP, r"%windir%\x.dll", code=r"%windir%\x.dll", note="module failed to load"),
    ),
    (
        made("Microsoft-Windows-WAS", 5127, AppPoolID="Pool", ProcessID="12"),
        Action(Act.FAULT, "WAS", name="Pool", note="worker process is not trusted"),
    ),
    (
        made("Microsoft-Windows-IIS-APPHOSTSVC", 9009),
        Action(Act.FAULT, "Application Host Helper Service", note="configuration history could not be written"),
    ),
    (
        made("ASP.NET 4.0.30319.0", 1316, param1="4009", param2="Viewstate verification failed.", param3="42",
             param4="w3wp.exe", param5=r"IIS APPPOOL\P", param6="http://h/a.aspx"),
        Action(Act.FAULT, "ASP.NET", "http://h/a.aspx", note="view state was refused"),
    ),
    (
        made(SYSMON, 11, Image=WORKER, TargetFilename=r"C:\ProgramData\a.dll"),
        Action(Act.WRITE, "file system", r"C:\ProgramData\a.dll", name="worker"),
    ),
    (
        made(SYSMON, 11, Image="System", TargetFilename=r"\\?\C:\inetpub\wwwroot\shop\bin\a.dll"),
        Action(Act.WRITE, "file system", r"C:\inetpub\wwwroot\shop\bin\a.dll", name="bin"),
    ),
    (
        made(SYSMON, 29, Image="System", TargetFilename=r"C:\Windows\SysWOW64\inetsrv\a.dll"),
        Action(Act.WRITE, "file system", r"C:\Windows\SysWOW64\inetsrv\a.dll", name="inetsrv", note="executable"),
    ),
    (
        made(SYSMON, 2, Image="a.exe", TargetFilename=r"C:\inetpub\wwwroot\a.aspx", CreationUtcTime="2",
             PreviousCreationUtcTime="1"),
        Action(Act.RETIME, "file system", r"C:\inetpub\wwwroot\a.aspx", name="content", old="1", new="2"),
    ),
    (
        made(SYSMON, 23, Image="cmd.exe", TargetFilename=r"C:\inetpub\logs\LogFiles\W3SVC1\u_ex1.log"),
        Action(Act.CLEAR, "file system", r"C:\inetpub\logs\LogFiles\W3SVC1\u_ex1.log", name="logs"),
    ),
    (
        made(SYSMON, 7, Image=WORKER, ImageLoaded=r"C:\Windows\System32\inetsrv\odd.dll", Signed="false"),
        Action(Act.LOAD, W3WP, r"C:\Windows\System32\inetsrv\odd.dll", name="inetsrv",
               code=r"C:\Windows\System32\inetsrv\odd.dll", note="not signed"),
    ),
    (
        made(SYSMON, 13, TargetObject=r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WINEVT\Channels"
             r"\Microsoft-IIS-Configuration/Operational\Enabled", Details="DWORD (0x00000000)"),
        Action(Act.BLIND, "registry", "Microsoft-IIS-Configuration/Operational", name="channel",
               new="DWORD (0x00000000)"),
    ),
    (
        made(AUDIT, 4657, ObjectName=r"\REGISTRY\MACHINE\SYSTEM\ControlSet001\Services\W3SVC",
             ObjectValueName="Environment", NewValue="COR_ENABLE_PROFILING=1"),
        Action(Act.SET_VALUE, "registry", r"\REGISTRY\MACHINE\SYSTEM\ControlSet001\Services\W3SVC\Environment",
               name="environment", new="COR_ENABLE_PROFILING=1"),
    ),
    (
        made(AUDIT, 4663, ObjectType="File", ObjectName=FILE, AccessMask="0x2", ProcessName="C:\\n.exe"),
        Action(Act.WRITE, "file system", FILE, name="configuration"),
    ),
    (
        made(AUDIT, 4663, ObjectType="File", ObjectName=FILE, AccessList="%%4417\n\t%%4418"),
        Action(Act.WRITE, "file system", FILE, name="configuration"),
    ),
    (
        made(AUDIT, 4670, ObjectType="File", ObjectName=FILE, OldSd="D:A", NewSd="D:B"),
        Action(Act.CONFIGURE, "file system", FILE, name="configuration", old="D:A", new="D:B",
               note="permissions were changed"),
    ),
    (
        made(AUDIT, 5145, ShareName=r"\\*\conf", ShareLocalPath=r"\??\D:\conf", AccessMask="0x2",
             RelativeTargetName="applicationHost.config", IpAddress="10.0.0.1"),
        Action(Act.WRITE, "file share", r"D:\conf\applicationHost.config", name="configuration",
               note=r"through \\*\conf from 10.0.0.1"),
    ),
    (
        made("Microsoft-Windows-Eventlog", 1102, SubjectUserName="u"),
        Action(Act.CLEAR, "event log service", "Security"),
    ),
    (
        made("Microsoft-Windows-Eventlog", 104, Channel="System", BackupPath=r"C:\b.evtx"),
        Action(Act.CLEAR, "event log service", "System", note=r"kept as C:\b.evtx"),
    ),
    (
        made("Microsoft-Windows-Windows Defender", 1116, Path=r"file:_C:\inetpub\wwwroot\a.aspx",
             **{"Threat Name": "T", "Action Name": "Quarantine"}),
        Action(Act.DETECT, "Microsoft Defender", r"C:\inetpub\wwwroot\a.aspx", name="T", new="content",
               note="Quarantine"),
    ),
    (
        made("Microsoft-Windows-Windows Defender", 5007,
             **{"New Value": r"HKLM\SOFTWARE\Microsoft\Windows Defender\Exclusions\Paths\C:\inetpub = 0x0"}),
        Action(Act.EXEMPT, "Microsoft Defender", r"C:\inetpub", name="paths",
               new=r"HKLM\SOFTWARE\Microsoft\Windows Defender\Exclusions\Paths\C:\inetpub = 0x0"),
    ),
    (
        made("Microsoft-Windows-CodeIntegrity", 3077,
             **{"File Name": r"\Device\HarddiskVolume3\Windows\System32\inetsrv\odd.dll", "Process Name": WORKER}),
        Action(Act.DETECT, "Code Integrity", r"\Device\HarddiskVolume3\Windows\System32\inetsrv\odd.dll", new="inetsrv",
               note="blocked"),
    ),
    (
        made("Microsoft-Windows-AppLocker", 8004, FilePath=r"%OSDRIVE%\INETPUB\WWWROOT\BIN\A.DLL"),
        Action(Act.DETECT, "AppLocker", r"C:\INETPUB\WWWROOT\BIN\A.DLL", new="bin", note="blocked"),
    ),
    (
        made("Microsoft-Windows-DotNETRuntime", 154, FullyQualifiedAssemblyName="Odd, Version=1.0.0.0"),
        Action(Act.LOAD, ".NET runtime", name="Odd", code="Odd, Version=1.0.0.0"),
    ),
    (
        made("MSExchange CmdletLogs", 6, param1="Install-TransportAgent", param2="-Name A"),
        Action(Act.INSTALL, "Exchange cmdlet", "transport agent", name="A", new="-Name A",
               note="Install-TransportAgent failed", failed=True),
    ),
    (
        made("MSExchange CmdletLogs", 1, param1="Install-TransportAgent",
             param2='-Name "A" -AssemblyPath "C:\\a.dll"', param3="d/u"),
        Action(Act.INSTALL, "Exchange cmdlet", "transport agent", name="A", code=r"C:\a.dll",
               new='-Name "A" -AssemblyPath "C:\\a.dll"', note="Install-TransportAgent"),
    ),
    (
        made("Microsoft-Windows-PowerShell", 4104, ScriptBlockText="New-WebGlobalModule", Path=r"C:\a.ps1"),
        Action(Act.CONFIGURE, "fake", new="New-WebGlobalModule", note=r"C:\a.ps1"),
    ),
    (
        made("PowerShell", 400, param3="\tHostApplication=powershell appcmd\n\tEngineVersion=5"),
        Action(Act.CONFIGURE, "fake", new="powershell appcmd"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("event", "action"), OTHERS)
def test_an_event_is_told_in_full(event: Event, action: Action) -> None:
    assert told(event) == (action,)


STOCK = r"C:\Windows\System32\inetsrv\loghttp.dll"
NOTHING = [
    made("Other", 29),
    made(SYSMON, 10, TargetFilename=r"C:\inetpub\wwwroot\a.aspx"),
    made(SYSMON, 11, Image="a.exe", TargetFilename=r"C:\Program Files\App\bin\a.dll"),
    made(SYSMON, 11, Image=WORKER, TargetFilename=r"C:\inetpub\logs\LogFiles\W3SVC1\u_ex1.log"),
    made(SYSMON, 11, Image=WORKER, TargetFilename=r"C:\inetpub\wwwroot\picture.png"),
    made(SYSMON, 11, Image="a.exe", TargetFilename=r"C:\inetpub\history\CFGHISTORY_1\applicationHost.config"),
    made(SYSMON, 7, Image="a.exe", ImageLoaded=r"C:\Windows\System32\inetsrv\odd.dll", Signed="false"),
    made(SYSMON, 7, Image=WORKER, ImageLoaded=STOCK, Signed="true", Signature="Microsoft Windows",
         SignatureStatus="Valid"),
    made(SYSMON, 13, TargetObject=r"HKLM\S\WINEVT\Channels\X/Operational\Enabled", Details="DWORD (0x00000001)"),
    made(SYSMON, 13, TargetObject="HKCR\\CLSID\\{17C7DA62-8517-3DF1-A67C-BD4BCD2C5C3F}\\InprocServer32\\(Default)",
         Details="mscoree.dll"),
    made(SYSMON, 1, Image=r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\csc.exe", ParentImage=WORKER,
         CommandLine="csc /t:library"),
    made(SYSMON, 1, Image=r"C:\Windows\System32\cmd.exe", ParentImage=r"C:\Windows\explorer.exe", CommandLine="cmd"),
    made(AUDIT, 4663, ObjectType="File", ObjectName=FILE, AccessMask="0x1"),
    made(AUDIT, 4656, ObjectType="File", ObjectName=FILE, AccessMask="0x10000"),
    made(AUDIT, 4663, ObjectType="File", ObjectName=r"C:\Users\a\b.dll", AccessMask="0x2"),
    made("Microsoft-Windows-Windows Defender", 1116, Path=r"file:_C:\Users\a\b.exe"),
    made("Microsoft-Windows-Windows Defender", 5007, **{"New Value": r"HKLM\SOFTWARE\X\ProductStatus = 0x0"}),
    made("Microsoft-Windows-Windows Defender", 5007, **{"Old Value": r"HKLM\X\Exclusions\Paths\C:\a = 0x0"}),
    made("Microsoft-Windows-DotNETRuntime", 154,
         FullyQualifiedAssemblyName="System.Web, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b03f5f7f11d50a3a"),
    made("Microsoft-Windows-AppLocker", 8002, FilePath=r"%SYSTEM32%\INETSRV\LOGHTTP.DLL"),
    made("MSExchange CmdletLogs", 1, param1="Set-Mailbox", param2="-Identity VirtualDirectory"),
    made("Microsoft-Windows-PowerShell", 4104, ScriptBlockText="Get-Date"),
]  # fmt: skip


@pytest.mark.parametrize("event", NOTHING)
def test_what_says_nothing_of_a_web_server_is_nothing(event: Event) -> None:
    assert activity_of(event) is None


def test_who_did_it_comes_from_the_event() -> None:
    event = made(
        SYSMON,
        1,
        Image=r"C:\Windows\System32\cmd.exe",
        CommandLine="cmd /c appcmd",
        ParentImage=WORKER,
        ParentCommandLine='w3wp.exe -ap "P"',
        User=r"IIS APPPOOL\P",
        LogonId="0x3e7",
        ProcessId="12",
        ProcessGuid="{A}",
        ParentProcessGuid="{B}",
        OriginalFileName="Cmd.Exe",
    )
    activity = activity_of(event)
    assert activity is not None
    assert activity.actor == Actor(
        user=r"IIS APPPOOL\P",
        logon="0x3e7",
        process=r"C:\Windows\System32\cmd.exe",
        command="cmd /c appcmd",
        pid=12,
        guid="{A}",
        parent=WORKER,
        parent_command='w3wp.exe -ap "P"',
        parent_guid="{B}",
    )
    start = Action(
        Act.START,
        "process",
        r"C:\Windows\System32\cmd.exe",
        new="cmd /c appcmd",
        note="started by a worker process",
    )
    assert activity.actions == (start, Action(Act.CONFIGURE, "fake", new="cmd /c appcmd", note="Cmd.Exe"))


def test_a_compiler_outside_its_folder_is_told() -> None:
    event = made(AUDIT, 4688, NewProcessName=r"C:\Windows\Temp\csc.exe", ParentProcessName=WORKER, NewProcessId="0x10")
    activity = activity_of(event)
    assert activity is not None
    assert (activity.actor.pid, activity.actions[0].act) == (16, Act.START)


@pytest.mark.parametrize(
    ("process", "installer"),
    [
        (r"C:\Windows\servicing\TrustedInstaller.exe", "TrustedInstaller"),
        (r"C:\Windows\System32\msiexec.exe", "msiexec"),
        (r"C:\Users\Public\msiexec.exe", ""),
        (r"C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.2108.7-0\MsMpEng.exe", "Microsoft Defender"),
        (r"C:\ProgramData\MsMpEng.exe", ""),
    ],
)
def test_an_installer_is_named_and_its_action_stays(process: str, installer: str) -> None:
    event = made(SYSMON, 11, Image=process, TargetFilename=r"C:\Windows\System32\inetsrv\new.dll")
    activity = activity_of(event)
    assert activity is not None
    assert (activity.actor.installer, activity.actions[0].act) == (installer, Act.WRITE)


@pytest.mark.parametrize(
    ("path", "area"),
    [
        (r"C:\Windows\Sysnative\INETSRV\a.dll", Area.INETSRV),
        (r"\Device\HarddiskVolume2\Windows\System32\inetsrv\config\schema\a.xml", Area.SCHEMA),
        (r"\\server\c$\Windows\System32\inetsrv\backup\b\applicationHost.config", Area.HISTORY),
        (r"C:\Windows\Microsoft.NET\assembly\GAC_MSIL\A\v4.0_1.0.0.0__1\A.dll", Area.GAC),
        (r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\CONFIG\web.config", Area.FRAMEWORK),
        (r"E:\shop\web.config", Area.SITE_CONFIGURATION),
        (r"E:\shop\App_Code\a.cs", Area.APP_CODE),
        (r"E:\shop\bin\a.dll", None),
        (r"C:\inetpub\wwwroot.old.txt", Area.CONTENT),
        (r"C:\temp\myinetsrv\a.dll", None),
    ],
)
def test_where_a_path_is(path: str, area: Area | None) -> None:
    assert area_of(path) is area


def test_a_run_may_watch_more() -> None:
    watch = Watch(frozenset({"odd.dll"}), (r"E:\shop",))
    found = [
        told(made(SYSMON, 11, Image="a.exe", TargetFilename=path), watch)
        for path in (r"E:\shop\bin\a.dll", r"D:\x\Odd.dll", r"E:\shopping\bin\a.dll", r"E:\shop\a.aspx")
    ]
    assert [actions[0].name if actions else "" for actions in found] == ["bin", "watched", "", "content"]


def test_a_watched_drive_needs_nothing_to_stand_there() -> None:
    assert holds(Watch(roots=("E:\\",)).need(), set())
    assert not holds(Watch(roots=(r"E:\shop",)).need(), set())


def piece(at: int, total: int, text: str, block: str = "b") -> Event:
    return made(
        "Microsoft-Windows-PowerShell",
        4104,
        MessageNumber=str(at),
        MessageTotal=str(total),
        ScriptBlockText=text,
        ScriptBlockId=block,
    )


def test_pieces_of_a_script_are_joined_in_any_order() -> None:
    joiner = ScriptJoiner()
    out = [event for part in (piece(2, 2, "Module"), piece(1, 2, "New-Web")) for event in joiner.add(part)]
    assert [event.get("ScriptBlockText") for event in out] == ["New-WebModule"]
    assert list(joiner.finish()) == []


def test_a_missing_piece_is_told() -> None:
    joiner = ScriptJoiner()
    assert not [event for part in (piece(1, 3, "New-Web"), piece(3, 3, "x")) for event in joiner.add(part)]
    (joined,) = joiner.finish()
    (action,) = told(joined)
    assert (action.new, action.note) == ("New-Web\nx", "pieces 2 of 3 are missing")


def test_no_more_scripts_stay_open_than_there_is_room_for() -> None:
    joiner = ScriptJoiner()
    out = [event for n in range(MAX_BLOCKS + 2) for event in joiner.add(piece(1, 2, f"{n}", str(n)))]
    assert [event.get("ScriptBlockText") for event in out] == ["0\n", "1\n"]


def test_parameters_that_were_bound_are_written_as_one_would_type_them() -> None:
    payload = (
        'CommandInvocation(New-WebGlobalModule): "New-WebGlobalModule"\n'
        'ParameterBinding(New-WebGlobalModule): name="Name"; value="it\'s"\n'
        'ParameterBinding(New-WebGlobalModule): name="Force"; value="True"\n'
        'CommandInvocation(Out-Default): "Out-Default"\n'
    )
    assert list(bound_commands(payload)) == ["New-WebGlobalModule -Name 'it''s' -Force:$true", "Out-Default"]


def test_who_ran_a_command_stands_in_its_context() -> None:
    event = made(
        "Microsoft-Windows-PowerShell",
        4103,
        ContextInfo="  Severity = Informational\r\n  Host Application = pwsh -c x\r\n  User = D\\u\r\n",
        Payload='CommandInvocation(Get-Website): "Get-Website"\r\n',
    )
    activity = activity_of(event)
    assert activity is not None
    assert (activity.actor.user, activity.actor.command) == ("D\\u", "pwsh -c x")
    assert activity.actions == (Action(Act.CONFIGURE, "fake", new="Get-Website"),)


def test_no_two_sources_read_one_event() -> None:
    keys = [key for source in sources() for key in source.reads]
    assert len(keys) == len(set(keys))
    assert all(name == name.lower() for name, _ in keys)


STREAMS = [
    ("Zone.Identifier", r"C:\inetpub\wwwroot\bin\x.dll"),  # the mark of a browser is told of the file
    ("hidden", r"C:\inetpub\wwwroot\bin\x.dll:hidden"),
]


@pytest.mark.parametrize(("stream", "subject"), STREAMS)
def test_a_stream_matters_when_its_file_does(stream: str, subject: str) -> None:
    path = rf"C:\inetpub\wwwroot\bin\x.dll:{stream}"
    event = made(SYSMON, 15, Image=r"C:\Windows\explorer.exe", TargetFilename=path, Contents="ZoneId=3")

    note = "alternate data stream: ZoneId=3"
    assert told(event) == (Action(Act.WRITE, "file system", subject, name="bin", note=note),)


def test_a_stream_of_a_file_that_does_not_matter_is_nothing() -> None:
    path = r"C:\inetpub\wwwroot\logo.png:Zone.Identifier"

    assert told(made(SYSMON, 15, Image=r"C:\Windows\explorer.exe", TargetFilename=path, Contents="ZoneId=3")) == ()
