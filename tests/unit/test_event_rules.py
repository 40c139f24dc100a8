"""Every way of changing a server that is known, as an event: it is found by its rule, and what is ordinary is quiet.

The ways are those that IIS offers (AppCmd, WebAdministration, IISAdministration, AHAdmin, Microsoft.Web.Administration,
set-up programs, a plain text edit) and the public tests of T1505.004 and of HTTP logging.
"""

import base64
from collections.abc import Iterator

import pytest

from iisight.catalogue.lookup import catalogue
from iisight.engine.registry import Shape, all_rules
from iisight.engine.sigma_rules import shipped
from iisight.engine.verdicts import is_weighty
from iisight.model.activity import Actor
from iisight.model.event import Event
from iisight.model.finding import Confidence, Finding, Severity
from iisight.rules._events import by_whom, is_by_worker
from iisight.telemetry.search import Search
from iisight.telemetry.sift import Sifter

APPCMD = r"C:\Windows\System32\inetsrv\appcmd.exe"
WOW64 = r"C:\Windows\SysWOW64\inetsrv\appcmd.exe"
CMD = r"C:\Windows\System32\cmd.exe"
POWERSHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
W3WP = r"C:\Windows\System32\inetsrv\w3wp.exe"
APPHOST = r"C:\Windows\System32\inetsrv\config\applicationHost.config"
BAD = r"C:\ProgramData\s.dll"


def started(command: str, image: str = CMD, parent: str = CMD, user: str = r"CONTOSO\eve", **more: str) -> Event:
    fields = {"Image": image, "CommandLine": command, "ParentImage": parent, "User": user, **more}
    return Event("Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", 1, None, fields=fields)


def audited(command: str, image: str = CMD) -> Event:
    fields = {"SubjectUserName": "eve", "SubjectDomainName": "CONTOSO", "NewProcessName": image, "CommandLine": command}
    return Event("Microsoft-Windows-Security-Auditing", "Security", 4688, None, fields=fields)


def script(text: str) -> Event:
    fields = {"MessageNumber": "1", "MessageTotal": "1", "ScriptBlockText": text}
    return Event("Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational", 4104, None, fields=fields)


def changed(where: str, new: str, number: int = 29, sid: str = "S-1-5-21-1-2-3-500", kind: str = "1") -> Event:
    fields = {
        "ConfigPath": "MACHINE/WEBROOT/APPHOST",
        "Configuration": where,
        "EditOperationType": kind,
        "NewValue": new,
    }
    name = "Microsoft-IIS-Configuration/Operational"
    return Event("Microsoft-Windows-IIS-Configuration", name, number, None, user=sid, fields=fields)


def file(path: str, image: str, number: int = 11) -> Event:
    fields = {"Image": image, "TargetFilename": path, "User": r"CONTOSO\eve"}
    return Event("Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", number, None, fields=fields)


def found(*events: Event) -> list[Finding]:
    return [finding for event in events for finding in _asked(event)]


def _asked(event: Event) -> Iterator[Finding]:
    activity = Sifter(Search(shipped(), prefilter=False)).activity(event)
    if activity is not None:
        for rule in all_rules():
            if rule.shape is Shape.EVENT:
                yield from rule.check(activity, rule.info.options)


def said(*events: Event) -> list[str]:
    return [f"{f.rule} {f.severity}/{f.confidence}" for f in found(*events)]


ENCODED = base64.b64encode(f"New-WebGlobalModule -Name S -Image {BAD}".encode("utf-16le")).decode()
WAYS: list[tuple[str, Event, str]] = [
    ("install module", started(f"appcmd.exe install module /name:S /image:{BAD}", APPCMD), "IIS301 high/medium"),
    ("with dashes", started(f"appcmd -name:S -image:{BAD} install module", APPCMD), "IIS301 high/medium"),
    ("SysWOW64", audited(f"appcmd install module /name:S /image:{BAD}", WOW64), "IIS301 high/medium"),
    ("in a chain", audited(f'cmd /c "echo x & {APPCMD} install module /name:S /image:{BAD}"'), "IIS301 high/medium"),
    ("carets", audited(f"cmd /c a^ppcmd install module /name:S /image:{BAD}"), "IIS326 medium/medium"),
    (
        "renamed",
        started(f"x.exe install module /name:S /image:{BAD}", r"C:\x\x.exe", OriginalFileName="appcmd.exe"),
        "IIS326 medium/medium",
    ),
    ("encoded", started(f"powershell -enc {ENCODED}", POWERSHELL), "IIS326 medium/medium"),
    ("add module", started('appcmd add module /name:S /type:A.B /app.name:"Shop/"', APPCMD), "IIS301 low/low"),
    (
        "globalModules",
        started(f"""appcmd set config /section:globalModules "/+[name='S',image='{BAD}']" """, APPCMD),
        "IIS301 high/medium",
    ),
    (
        "isapiFilters",
        started(f"""appcmd set config -section:isapiFilters "/+[name='S',path='{BAD}']" """, APPCMD),
        "IIS301 high/medium",
    ),
    (
        "isapiCgiRestriction",
        started(f"""appcmd set config /section:isapiCgiRestriction "/+[path='{BAD}',allowed='true']" """, APPCMD),
        "IIS305 high/medium",
    ),
    (
        "notListedIsapisAllowed",
        started("appcmd set config /section:isapiCgiRestriction /notListedIsapisAllowed:true", APPCMD),
        "IIS305 medium/low",
    ),
    (
        "handlers",
        started(
            f"""appcmd set config "Shop" /section:handlers "/+[name='S',path='*',scriptProcessor='{BAD}']" """, APPCMD
        ),
        "IIS301 high/medium",
    ),
    ("unlock", started("appcmd unlock config /section:isapiFilters", APPCMD), "IIS308 medium/medium"),
    ("restore backup", started('appcmd restore backup "x"', APPCMD), "IIS309 low/low"),
    ("migrate", started('appcmd migrate config "Shop/"', APPCMD), "IIS309 low/low"),
    ("credentials", started("appcmd list apppool /@text:*", APPCMD), "IIS313 low/low"),
    ("credentials of the configuration", started("appcmd list apppool /config", APPCMD), "IIS313 low/low"),
    ("uninstall logging", started("appcmd uninstall module HttpLoggingModule", APPCMD), "IIS333 medium/medium"),
    ("New-WebGlobalModule", script(f"New-WebGlobalModule -Name S -Image '{BAD}'"), "IIS301 high/medium"),
    ("New-WebManagedModule", script("New-WebManagedModule -Name S -Type A.B"), "IIS301 low/low"),
    ("New-WebHandler", script(f"New-WebHandler -Name S -Path * -Verb * -ScriptProcessor {BAD}"), "IIS301 high/medium"),
    (
        "Add-WebConfiguration",
        script(f"Add-WebConfiguration system.webServer/isapiFilters -Value @{{name='S';path='{BAD}'}}"),
        "IIS301 high/medium",
    ),
    ("Restore-WebConfiguration", script("Restore-WebConfiguration -Name x"), "IIS309 low/low"),
    (
        "IISAdministration",
        script(
            "Get-IISConfigSection -SectionPath system.webServer/globalModules | Get-IISConfigCollection | "
            f"New-IISConfigCollectionElement -ConfigAttribute @{{name='S';image='{BAD}'}}"
        ),
        "IIS301 high/medium",
    ),
    (
        "Microsoft.Web.Administration",
        script(
            "$m = New-Object Microsoft.Web.Administration.ServerManager\n"
            "$c = $m.GetApplicationHostConfiguration()\n"
            '$s = $c.GetSection("system.webServer/globalModules").GetCollection()\n'
            '$e = $s.CreateElement("add")\n'
            f'$e["name"] = "S"\n$e["image"] = "{BAD}"\n$s.Add($e)\n$m.CommitChanges()'
        ),
        "IIS301 high/medium",
    ),
    ("AHAdmin", changed('/system.webServer/globalModules/add[@name="S"]/@image', BAD), "IIS301 high/medium"),
    ("refused", changed('/system.webServer/globalModules/add[@name="S"]/@image', BAD, 30), "IIS301 medium/medium"),
    ("a filter", changed('/system.webServer/isapiFilters/filter[@name="S"]/@path', BAD), "IIS301 high/medium"),
    ("compression", changed('/system.webServer/httpCompression/scheme[@name="S"]/@dll', BAD), "IIS301 high/medium"),
    (
        "GAC",
        script(f'(New-Object System.EnterpriseServices.Internal.Publish).GacInstall("{BAD}")'),
        "IIS319 high/medium",
    ),
    ("gacutil", started(f"gacutil.exe /i {BAD}", r"C:\tools\gacutil.exe"), "IIS319 high/medium"),
    ("copy", audited(rf"cmd /c copy {BAD} C:\Windows\System32\inetsrv\s.dll"), "IIS316 medium/medium"),
    ("text edit", file(APPHOST, r"C:\Windows\System32\notepad.exe"), "IIS317 medium/low"),
    ("text edit by a shell", file(APPHOST, CMD), "IIS317 medium/medium"),
    (
        "public test 1 of T1505.004",
        started(
            r"appcmd.exe install module /name:DefaultDocumentModule_Atomic /image:%windir%\system32\inetsrv\defdoc.dll",
            APPCMD,
        ),
        "IIS303 medium/medium",
    ),
    (
        "public test 2 of T1505.004",
        script(r"New-WebGlobalModule -Name DefaultDocumentModule_Atomic -Image %windir%\system32\inetsrv\defdoc.dll"),
        "IIS303 medium/medium",
    ),
    (
        "HTTP logging by AppCmd",
        started('appcmd.exe set config "Default Web Site" /section:httplogging /dontLog:true', APPCMD),
        "IIS310 medium/low",
    ),
    (
        "HTTP logging by PowerShell",
        script(
            r'set-WebConfigurationProperty -PSPath "IIS:\Sites\Default Web Site\" '
            r'-filter "system.webServer/httpLogging" -name dontLog -value $true'
        ),
        "IIS310 medium/low",
    ),
    (
        "connection strings",
        started("aspnet_regiis -pdf connectionStrings C:\\x", r"C:\x\aspnet_regiis.exe"),
        "IIS313 medium/low",
    ),
]


@pytest.mark.parametrize(("event", "expected"), [pytest.param(e, x, id=name) for name, e, x in WAYS])
def test_every_way_of_changing_a_server_is_found_by_its_rule(event: Event, expected: str) -> None:
    assert expected in said(event)


@pytest.mark.parametrize("name", [name for name, _, _ in WAYS])
def test_one_event_is_told_by_few_rules(name: str) -> None:
    event = next(e for n, e, _ in WAYS if n == name)

    rules = [f.rule for f in found(event) if f.rule != "IIS326"]  # how it was hidden is another matter

    assert len(rules) == len(set(rules)) == 1


ORDINARY = [
    started("appcmd list modules", APPCMD),
    started(r"appcmd install module /name:HttpLoggingModule /image:%windir%\System32\inetsrv\loghttp.dll", APPCMD),
    started('appcmd set config "Shop" /section:httpLogging /dontLog:false', APPCMD),
    started('appcmd add site /name:Shop /physicalPath:"D:\\Shop"', APPCMD),
    started("csc.exe /noconfig", r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\csc.exe", W3WP, r"IIS APPPOOL\Shop"),
    script("Get-WebGlobalModule; Get-WebConfigurationProperty system.webServer/httpLogging -Name dontLog"),
    changed("/system.applicationHost/sites/site[@name='Shop']/@id", "2"),
    changed('/system.webServer/modules/add[@name="S"]', "S"),
    file(APPHOST, APPCMD),
    file(r"C:\inetpub\wwwroot\shop\logo.png", W3WP),
    file(r"C:\inetpub\history\CFGHISTORY_0000000002\applicationHost.config", r"C:\Windows\System32\svchost.exe", 23),
    file(r"C:\Windows\Temp\x.0.cs", W3WP),
]


@pytest.mark.parametrize("event", ORDINARY, ids=range(len(ORDINARY)))
def test_what_is_ordinary_is_quiet(event: Event) -> None:
    assert said(event) == []


SERVICED = [
    started(f"appcmd install module /name:S /image:{BAD}", APPCMD, r"C:\Windows\System32\msiexec.exe"),
    started("appcmd unlock config /section:isapiFilters", APPCMD, r"C:\Windows\System32\inetsrv\iissetup.exe"),
    file(r"C:\Windows\System32\inetsrv\x.dll", r"C:\Windows\WinSxS\amd64_x\TiWorker.exe"),
    file(r"C:\Windows\System32\inetsrv\config\schema\x.xml", r"C:\Windows\servicing\TrustedInstaller.exe"),
    file(
        r"C:\Program Files\Common Files\microsoft shared\Web Server Extensions\16\TEMPLATE\LAYOUTS\x.aspx",
        r"C:\Program Files\Common Files\microsoft shared\Web Server Extensions\16\BIN\OWSTIMER.EXE",
    ),
]


@pytest.mark.parametrize("event", SERVICED, ids=range(len(SERVICED)))
def test_what_installers_do_is_told_at_low_weight_and_names_them(event: Event) -> None:
    findings = found(event)

    assert [(f.severity, f.confidence) for f in findings] == [(Severity.LOW, Confidence.LOW)]
    assert "installer: " in findings[0].message


def registry(key: str, data: str, image: str = r"C:\Windows\System32\reg.exe") -> Event:
    fields = {"Image": image, "TargetObject": key, "Details": data, "User": r"CONTOSO\eve"}
    return Event("Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", 13, None, fields=fields)


POOL = "/system.applicationHost/applicationPools/add[@name='Shop']/environmentVariables/add"
AGENT = r"C:\Program Files\New Relic\.NET Agent\NewRelic.Profiler.dll"
ENVIRONMENT = r"HKLM\System\CurrentControlSet\Services\W3SVC\Environment"
ADMINISTERED = [
    started(r'appcmd install module /name:Acme /image:"C:\Program Files\Acme\acme.dll"', APPCMD),
    started(r"appcmd install module /name:Acme /image:D:\Modules\acme.dll", APPCMD),
    started("""appcmd set config /section:fastCgi "/+[fullPath='C:\\php\\php-cgi.exe']" """, APPCMD),
    started(r"""appcmd set config /section:isapiCgiRestriction "/+[path='C:\php\cgi.exe',allowed='true']" """, APPCMD),
    started("appcmd unlock config /section:handlers", APPCMD),
    started("appcmd unlock config /section:modules", APPCMD),
    started('appcmd restore backup "before"', APPCMD),
    started('appcmd set config "Shop/health" /section:httpLogging /dontLog:true', APPCMD),
    started("appcmd list apppool /text:*", APPCMD),
    script(r"Enable-IISSharedConfig -PhysicalPath \\files01\iis"),
    script("Set-Content C:\\inetpub\\wwwroot\\shop\\web.config $text"),
    script("Add-MpPreference -ExclusionPath C:\\Windows\\System32\\inetsrv"),
    script("Add-MpPreference -ExclusionProcess w3wp.exe"),
    changed(f'{POOL}[@name="COR_PROFILER"]/@value', "{71DA0A04-7777-4EC6-9643-7D28B46A8A41}"),
    changed(f'{POOL}[@name="COR_PROFILER_PATH"]/@value', AGENT),
    changed('/system.webServer/modules/add[@name="HttpLoggingModule"]', "", sid="S-1-5-18", kind="2"),
    changed('/system.webServer/modules/add[@name="Acme"]/@type', "Acme.Module, Acme"),
    changed('/system.webServer/handlers/add[@name="aspNetCore"]/@path', "*"),
    registry(ENVIRONMENT, "COR_ENABLE_PROFILING=1"),
    registry(ENVIRONMENT, f"COR_PROFILER_PATH={AGENT}"),
    file(r"C:\Windows\System32\inetsrv\acme.dll", r"C:\Windows\explorer.exe"),
    file(r"C:\inetpub\wwwroot\shop\bin\Shop.dll", r"C:\Windows\System32\Robocopy.exe"),
    file(r"C:\inetpub\wwwroot\shop\bin\Shop.dll", POWERSHELL),
    file(r"C:\inetpub\wwwroot\shop\Views\Home.cshtml", W3WP),
    file(r"C:\inetpub\wwwroot\shop\web.config", W3WP),
    file(APPHOST, r"C:\Windows\System32\notepad.exe"),
    file(r"C:\Windows\Microsoft.NET\assembly\GAC_MSIL\Acme\v4.0_1.0.0.0__1\Acme.dll", r"C:\tools\gacutil.exe"),
    file(r"C:\inetpub\logs\LogFiles\W3SVC1\u_ex250101.log", POWERSHELL, 23),
    file(r"C:\Windows\System32\winevt\Logs\Archive-Security-2025-01-01-00-00-00-000.evtx", POWERSHELL, 23),
]


@pytest.mark.parametrize("event", ADMINISTERED, ids=range(len(ADMINISTERED)))
def test_what_administrators_and_products_do_makes_no_component_suspicious(event: Event) -> None:
    assert [f for f in found(event) if is_weighty(f)] == []


STOCK = [
    (row["name"], row["image"].split("|")[0])
    for row in catalogue().rows("native_modules")
    if row["tier"] == "core" and row["image"] and "*" not in row["image"]
]


def test_the_set_up_of_the_iis_role_is_quiet() -> None:
    events = [
        changed(f'/system.webServer/globalModules/add[@name="{name}"]/@image', image, sid="S-1-5-18")
        for name, image in STOCK
    ]

    assert len(STOCK) > 30
    assert said(*events) == []


@pytest.mark.parametrize(
    "event",
    [
        started(f"appcmd install module /name:S /image:{BAD}", APPCMD, W3WP),
        started("appcmd unlock config /section:isapiFilters", APPCMD, CMD, r"IIS APPPOOL\Shop"),
        started("appcmd list apppool /text:*", APPCMD, CMD, r"IIS APPPOOL\Shop"),
        changed('/system.webServer/globalModules/add[@name="S"]/@image', BAD, sid="S-1-5-82-1-2-3-4-5"),
    ],
    ids=range(4),
)
def test_what_a_worker_process_does_to_its_own_server_is_proof(event: Event) -> None:
    assert (Severity.HIGH, Confidence.HIGH) in {(f.severity, f.confidence) for f in found(event)}


def test_tracing_of_failed_requests_is_not_taken_for_a_change_that_failed() -> None:
    assert "IIS302 medium/low" in said(started("appcmd configure trace Shop /enablesite", APPCMD, W3WP))


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        (Actor(), ""),
        (Actor(sid="S-1-5-18"), " by S-1-5-18"),
        (Actor(user="A\\b", process=CMD, parent=W3WP), rf" by A\b with {CMD}, started by w3wp.exe"),
        (Actor(process="System"), " through the kernel"),
        (Actor(user="A\\b", process=CMD, installer="msiexec"), rf" by A\b with {CMD} (installer: msiexec)"),
        (Actor(parent=W3WP), ""),
    ],
)
def test_who_did_it_is_said_as_far_as_it_is_known(actor: Actor, expected: str) -> None:
    assert by_whom(actor) == expected


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        (Actor(process=W3WP), True),
        (Actor(process=CMD, parent=W3WP.upper()), True),
        (Actor(user=r"IIS APPPOOL\Shop"), True),
        (Actor(sid="S-1-5-82-1"), True),
        (Actor(sid="S-1-5-820-1", user=r"CONTOSO\IIS APPPOOL", process=r"C:\x\w3wp.exe.exe"), False),
        (Actor(), False),
    ],
)
def test_a_worker_process_is_known_by_program_parent_and_account(actor: Actor, expected: bool) -> None:
    assert is_by_worker(actor) is expected
