"""Whatever the fields of an event hold, nothing is raised, and what a source needs is there when it tells something."""

from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iisight.model.activity import Act, Action
from iisight.model.event import Event
from iisight.model.need import holds, literals, squeezed
from iisight.parsers import commands
from iisight.telemetry.interpret import activity_of, need, source_of, sources
from iisight.telemetry.interpret._joiner import Joiner
from iisight.telemetry.interpret._xpath import parse_path

KEYS = sorted(key for source in sources() for key in source.reads)
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
]
VALUES = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=6).map("".join)
EVENTS = st.builds(
    lambda key, fields, user: Event(key[0], "", key[1], None, user=user, fields=fields),
    st.sampled_from(KEYS),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8),
    VALUES,
)


def _told(*_texts: str) -> tuple[Action, ...]:
    return (Action(Act.CONFIGURE, "fake"),)


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(EVENTS)
def test_nothing_is_raised_and_the_need_holds(event: Event) -> None:
    with patch.object(commands, "command_actions", _told), patch.object(commands, "script_actions", _told):
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


@given(st.lists(EVENTS, max_size=12))
def test_a_joiner_loses_nothing(events: list[Event]) -> None:
    joiner = Joiner()
    out = [event for given_ in events for event in joiner.add(given_)]
    out += joiner.finish()
    texts = "".join(event.get("ScriptBlockText") for event in out)
    assert len(out) <= len(events)
    assert all(event in out for event in events if event.id != 4104)
    assert isinstance(texts, str)
