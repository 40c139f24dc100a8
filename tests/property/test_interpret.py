"""Whatever the fields of an event hold, nothing is raised, and what a source needs is there when it tells something."""

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iisight.model.event import Event
from iisight.model.need import holds, literals, squeezed
from iisight.telemetry.interpret import activity_of, need, source_of, sources
from iisight.telemetry.interpret._joiner import ScriptJoiner
from iisight.telemetry.interpret._xpath import parse_path

NAMES = [
    "Image",
    "TargetFilename",
    "ParentImage",
    "ImageLoaded",
    "TargetObject",
    "NewName",
    "Details",
    "CommandLine",
    "User",
    "ObjectName",
    "ObjectType",
    "AccessMask",
    "AccessList",
    "ObjectValueName",
    "NewValue",
    "ShareName",
    "ShareLocalPath",
    "RelativeTargetName",
    "Path",
    "Configuration",
    "ConfigPath",
    "PhysicalPath",
    "EditOperationType",
    "OldValue",
    "ModuleDll",
    "ScriptBlockText",
    "ScriptBlockId",
    "MessageNumber",
    "MessageTotal",
    "Payload",
    "ContextInfo",
    "FullFilePath",
    "FilePath",
    "ModuleILPath",
    "FullyQualifiedAssemblyName",
    "NewProcessName",
    "ParentProcessName",
    "ProcessName",
    "ProcessId",
    "Channel",
    "param1",
    "param2",
    "param3",
    "param4",
    "File Name",
    "Process Name",
    "New Value",
    "Old Value",
]
PIECES = [
    "C:\\Windows\\System32\\inetsrv\\",
    "C:\\inetpub\\wwwroot\\",
    "\\Device\\HarddiskVolume1\\",
    "\\\\?\\",
    "w3wp.exe",
    "a.dll",
    "a.aspx",
    "web.config",
    "bin\\",
    "App_Code\\",
    "..",
    "/",
    "^",
    "::$DATA",
    "%windir%",
    "0x2",
    "File",
    "%%4417",
    "1",
    "2",
    "true",
    "ETW",
    "-",
    "/system.webServer/globalModules/add[@name='",
    "']/@image",
    r"\WINEVT\Channels\X\Enabled",
    r"\Services\W3SVC\Environment",
    "CommandInvocation(Get-Website):",
    "ParameterBinding(A):",
    "\\Exclusions\\Paths\\",
    "Install-TransportAgent",
    "appcmd.exe install module /name:A /image:C:\\a.dll",
    "New-WebGlobalModule -Name A -Image C:\\a.dll",
    "powershell -enc ",
    "gacutil /i a.dll",
    "wevtutil cl Security",
]
VALUES = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=6).map("".join)
FILE = r"C:\Windows\System32\inetsrv\a.dll"
WORKER = r"C:\Windows\System32\inetsrv\w3wp.exe"
KEY = r"HKLM\SYSTEM\ControlSet001\Services\W3SVC"
TYPICAL: dict[str, dict[str, str]] = {
    "clr": {"ModuleILPath": FILE, "FullyQualifiedAssemblyName": "Odd, Version=1.0.0.0"},
    "code_integrity": {"File Name": FILE, "Process Name": WORKER, "FilePath": r"%SYSTEM32%\INETSRV\A.DLL"},
    "defender": {"Path": f"file:_{FILE}", "New Value": r"HKLM\X\Exclusions\Paths\C:\a = 0x0"},
    "exchange": {"param1": "Install-TransportAgent", "param2": '-Name "A"'},
    "iis_configuration": {"Configuration": '/system.webServer/modules/add[@name="X"]/@type', "NewValue": "A, B"},
    "powershell": {
        "ScriptBlockText": "New-WebGlobalModule -Name A -Image C:\\a.dll",
        "Payload": 'CommandInvocation(A): "A"',
        "param3": " HostApplication=gacutil /i a.dll",
    },
    "security_object": {
        "ObjectType": "File",
        "ObjectName": FILE,
        "AccessMask": "0x2",
        "ObjectValueName": "Environment",
        "ShareLocalPath": r"\??\C:\Windows\System32",
        "RelativeTargetName": r"inetsrv\a.dll",
    },
    "security_process": {"NewProcessName": r"C:\a.exe", "ParentProcessName": WORKER, "CommandLine": "a"},
    "sysmon_file": {"Image": WORKER, "TargetFilename": FILE},
    "sysmon_image": {"Image": WORKER, "ImageLoaded": FILE, "Signed": "false"},
    "sysmon_process": {"Image": r"C:\a.exe", "ParentImage": WORKER, "CommandLine": "a"},
    "sysmon_registry": {"TargetObject": rf"{KEY}\Environment", "NewName": rf"{KEY}\Environment", "Details": "x"},
}


@st.composite
def _events(draw: st.DrawFn) -> Event:
    """Draw an event of any source: what it typically has, some of it damaged, and anything besides."""
    source = draw(st.sampled_from(sources()))
    provider, number = draw(st.sampled_from(sorted(source.reads)))
    fields = {}
    for name, value in TYPICAL.get(source.name, {}).items():
        how = draw(st.integers(0, 7))
        fields[name] = {0: "", 1: draw(VALUES), 2: value + draw(VALUES)}.get(how, value)
    fields |= draw(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=2))
    return Event(provider, "", number, None, user=draw(VALUES), fields=fields)


EVENTS = _events()


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(EVENTS)
def test_nothing_is_raised_and_the_need_holds(event: Event) -> None:
    found = activity_of(event)
    if found is None:
        return
    source = source_of(event)
    assert source is not None
    text = squeezed("\n".join((event.provider, event.channel, *event.fields.values())))
    have = {literal for literal in literals(need()) if literal in text}
    assert holds(source.need, have)
    assert holds(need(), have)


@given(VALUES)
def test_any_path_into_the_configuration_is_read(text: str) -> None:
    assert len(parse_path(text).steps) <= 64


@given(st.lists(st.lists(VALUES, min_size=1, max_size=5), max_size=6), st.randoms(use_true_random=False))
def test_scripts_come_out_whole_whatever_order_their_pieces_come_in(scripts: list[list[str]], shuffle: Random) -> None:
    pieces = [
        Event("Microsoft-Windows-PowerShell", "", 4104, None, fields=fields)
        for block, script in enumerate(scripts)
        for number, text in enumerate(script, 1)
        for fields in [
            {
                "MessageNumber": str(number),
                "MessageTotal": str(len(script)),
                "ScriptBlockText": text,
                "ScriptBlockId": f"{block}",
            }
        ]
    ]
    shuffle.shuffle(pieces)
    joiner = ScriptJoiner()
    out = [joined for event in pieces for joined in joiner.add(event)]
    assert not list(joiner.finish())
    assert sorted(event.get("ScriptBlockText") for event in out) == sorted(map("".join, scripts))
