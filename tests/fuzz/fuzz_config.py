"""Whole scans of a server whose every configuration file is the same damaged bytes; nothing may escape."""

import io

from iisight.engine.scan import scan
from iisight.evidence.memory import memory_source
from iisight.inventory.collect import collect
from iisight.model.coverage import GapKind
from iisight.report import json, text
from tests.builders.servers import apphost, location, web_config

_CONFIG = "C:\\Windows\\System32\\inetsrv\\config"
_FRAMEWORK = "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\CONFIG"
_PLACES = (
    f"{_CONFIG}\\applicationHost.config",
    f"{_CONFIG}\\administration.config",
    f"{_CONFIG}\\redirection.config",
    f"{_CONFIG}\\schema\\Own_schema.xml",
    f"{_FRAMEWORK}\\machine.config",
    f"{_FRAMEWORK}\\web.config",
    "C:\\inetpub\\history\\CFGHISTORY_0000000001\\applicationHost.config",
    "C:\\inetpub\\wwwroot\\web.config",
    "C:\\inetpub\\wwwroot\\app\\web.config",
    "C:\\inetpub\\wwwroot\\app\\parts\\modules.config",
    "C:\\inetpub\\wwwroot\\app\\app.runtimeconfig.json",
)


def fuzz_one(data: bytes) -> None:
    """Scan and report; raises AssertionError when a rule failed, for the engine turns that into a gap."""
    source = memory_source(dict.fromkeys(_PLACES, data))
    collect(source)
    report = scan(source)
    failed = [gap for gap in report.gaps if gap.kind is GapKind.FAILED]
    assert not failed, failed
    assert json.decode(json.encode(report)) == report
    text.write(report, io.StringIO(), everything=True)


def seeds() -> list[bytes]:
    """Return servers that use many mechanisms, inheritance and locks."""
    rows = '<add name="A" image="%windir%\\a.dll" lockItem="true" /><add name="B" image="C:\\b.dll" />'
    modules = '<add name="A" /><add name="M" type="N.T, D" preCondition="managedHandler,bitness32" />'
    handlers = (
        '<add name="H" path="*" verb="*" modules="IsapiModule" scriptProcessor="C:\\h.dll|-x" requireAccess="Script" />'
        '<add name="P" path="*.p" verb="GET" type="N.P" /><add name="C" path="*.c" modules="CgiModule" />'
    )
    host = apphost(
        f"<globalModules>{rows}</globalModules><modules>{modules}</modules><handlers>{handlers}</handlers>{_MORE}",
        location("S/app", '<remove name="M" /><add name="L" type="N.L" />', 'overrideMode="Deny"')
        + location("S", "<clear />", 'inheritInChildApplications="false"'),
    )
    own = web_config(
        '<modules configSource="parts\\modules.config" /><handlers lockElements="clear"><clear /></handlers>', _WEB
    )
    return [host.encode(), own.encode(), _META.encode(), *(part.encode() for part in (_SCHEMA, _REDIRECTION))]


def tokens() -> list[bytes]:
    """Return names and values that change what a configuration means."""
    texts = (
        '<clear />', '<remove name="A" />', '<add name="A" />', '<add name="" image="" type="" path="" />',
        '<location path="S/app">', '</location>', '<location path="../..">', 'lockItem="true"', 'lockElements="*"',
        'lockAttributes="*"', 'lockAllElementsExcept="add"', 'overrideMode="Deny"', 'allowOverride="false"',
        'inheritInChildApplications="false"', 'configSource="..\\..\\a.config"', 'configSource="web.config"',
        'configProtectionProvider="X"', '%windir%', '%a%b%', '\\\\?\\C:\\', '\\\\h\\s\\', '..\\..\\', 'C:', '|', ', ',
        'system.webServer', '<system.web>', '<sites>', '<applicationPools>', 'allowDefinition="MachineOnly"',
        'enableConfigurationOverride="false"', 'managedRuntimeVersion="v2.0"', '[enc:X:AAAA:enc]', '\U0001f600',
        'preCondition="', 'type="[[[', '/' * 99, 'path="/"', 'a' * 300, 'applicationPool="P32"', '&#xD;', '-1', '1e99',
    )  # fmt: skip
    return [text.encode() for text in texts]


_MORE = """<fastCgi><application fullPath="C:\\php-cgi.exe" arguments="-c a"><environmentVariables>
<environmentVariable name="PHPRC" value="x" /></environmentVariables></application></fastCgi>
<isapiFilters><filter name="F" path="C:\\f.dll" enabled="true" /></isapiFilters>
<security><isapiCgiRestriction notListedIsapisAllowed="true"><add path="C:\\h.dll" allowed="true" />
</isapiCgiRestriction></security>
<httpErrors><error statusCode="404" path="/e.aspx" responseMode="ExecuteURL" /></httpErrors>
<tracing><traceFailedRequests><add path="*" customActionExe="%a%\\x.exe" /></traceFailedRequests></tracing>
<httpCompression><scheme name="gzip" dll="%windir%\\gzip.dll" /></httpCompression>
<aspNetCore processPath="dotnet" arguments=".\\a.dll" hostingModel="inprocess"><environmentVariables>
<environmentVariable name="DOTNET_STARTUP_HOOKS" value="b.dll" /></environmentVariables></aspNetCore>"""
_WEB = """<system.web><httpModules><add name="W" type="N.W" /></httpModules><compilation><assemblies>
<add assembly="*" /></assemblies><buildProviders><add extension=".x" type="N.B" /></buildProviders></compilation>
</system.web><runtime><assemblyBinding xmlns="urn:schemas-microsoft-com:asm.v1"><dependentAssembly>
<codeBase version="1.0" href="file:///C:/c.dll" /></dependentAssembly></assemblyBinding></runtime>"""
_META = """<configuration><moduleProviders><add name="P" type="N.P, P, Version=1.0" /></moduleProviders>
<location path="."><modules><add name="P" /></modules></location></configuration>"""
_SCHEMA = """<configSchema><sectionSchema name="own"><collection addElement="add" removeElement="remove"
clearElement="clear" allowDuplicates="false"><attribute name="name" isUniqueKey="true" />
<element name="in"><attribute name="x" extension="A.B" /></element></collection></sectionSchema></configSchema>"""
_REDIRECTION = """<configuration><configurationRedirection enabled="true" path="C:\\inetpub\\wwwroot" />
<system.applicationHost><sites><site name="S" id="1"><application path="/"><virtualDirectory path="/"
physicalPath="C:\\inetpub\\wwwroot" /></application></site></sites></system.applicationHost></configuration>"""
