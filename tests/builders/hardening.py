"""Three servers under check: hardened (every check passes), stock, and wide open (every check that can fails)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from xml.etree import ElementTree as ET

from iisight.engine.harden import harden, hardened
from iisight.engine.remedies import remedies_of
from iisight.engine.settings import Settings
from iisight.evidence.memory import memory_source
from iisight.evidence.mount import OUTSIDE
from iisight.examine.look import Look
from iisight.examine.setup import Setup
from iisight.model.acl import Acls
from iisight.model.posture import Answer, Posture
from iisight.model.remedy import Remedies
from iisight.workbench import images, stock, stock_registry
from iisight.workbench.certificates import test_roots, test_thumbprints
from iisight.workbench.stock_registry import put

Files = dict[str, bytes]
INETSRV = r"C:\Windows\System32\inetsrv"
ADMINISTRATION = rf"{INETSRV}\config\administration.config"
ACLS, AUDIT, LOCKER = (f"{OUTSIDE}\\{name}" for name in ("acls.csv", "auditpol.csv", "applocker.xml"))
_SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
_FIREWALL = rf"{_SERVICES}\SharedAccess\Parameters\FirewallPolicy"
_CHANNEL = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WINEVT\Channels\Microsoft-IIS-Configuration/Operational"
SAFE = "O:SYD:(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)S:(AU;OICISA;FA;;;WD)"
OPEN = "O:BUD:(A;OICI;FA;;;WD)S:(AU;OICIFA;FA;;;WD)"
PLACES = (
    INETSRV,
    rf"{INETSRV}\config",
    rf"{INETSRV}\config\schema",
    r"C:\Windows\Microsoft.NET\assembly",
    r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319",
    r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\CONFIG",
    r"C:\inetpub\wwwroot",
    r"C:\inetpub\shop",
    r"L:\Logs",
    r"C:\inetpub\logs\LogFiles",
    r"HKLM\SYSTEM\CurrentControlSet\Services\W3SVC",
    r"HKLM\SYSTEM\CurrentControlSet\Services\WAS",
    r"HKLM\SOFTWARE\Microsoft\InetStp",
)
"""Folders and keys whose rights checks ask for on the stock server."""

_POLICY = """<AppLockerPolicy Version="1"><RuleCollection Type="Dll" EnforcementMode="Enabled">
<FilePublisherRule Id="a" Name="Microsoft" Description="" UserOrGroupSid="S-1-1-0" Action="Allow"><Conditions>
<FilePublisherCondition PublisherName="O=MICROSOFT CORPORATION, C=US" ProductName="*" BinaryName="*" />
</Conditions></FilePublisherRule><RuleCollectionExtensions><ThresholdExtensions><Services EnforcementMode="Enabled" />
</ThresholdExtensions></RuleCollectionExtensions></RuleCollection></AppLockerPolicy>"""
_ALL_FIELDS = (
    "Date, Time, ClientIP, UserName, ServerIP, Method, UriStem, UriQuery, HttpStatus, Win32Status, TimeTaken,"
    " ServerPort, UserAgent, HttpSubStatus, Referer, Cookie, Host, BytesSent, BytesRecv"
)
_GUIDS = {"Process Creation": "2B", "File System": "1D", "Registry": "1E", "Detailed File Share": "44"}


def stock_server() -> Files:
    """Return the stock server, as a collector without lists of rights brings it."""
    return {**stock.stock_files(), images.STOCK_CATALOGUE: images.stock_catalogue()}


def hardened_server() -> Files:
    """Return a server that passes every check, with everything that tells so."""
    keys = stock_registry.stock_keys()
    put(keys, rf"{_SERVICES}\AppIDSvc", {"Start": 2})
    put(keys, rf"{_SERVICES}\EventLog\Security", {"MaxSize": 1024**3})
    put(keys, r"HKLM\SOFTWARE\Microsoft\Ole", {"EnableDCOM": "N"})
    put(keys, _CHANNEL, {"Enabled": 1, "MaxSize": 64 * 1024**2})
    put(keys, r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\Audit", {_COMMAND_LINE: 1})
    put(keys, r"HKLM\SOFTWARE\Policies\Microsoft\Windows\PowerShell\ScriptBlockLogging", {_SCRIPT_BLOCKS: 1})
    return {
        **changed(stock_server(), stock.APPHOST, _locked_down),
        **dict(stock_registry.hive_files(keys)),
        stock.ROOT_WEB: changed(stock_server(), stock.ROOT_WEB, _no_dynamic_modules)[stock.ROOT_WEB],
        ADMINISTRATION: b"<configuration><system.webServer><management /></system.webServer></configuration>",
        ACLS: rights(dict.fromkeys((*PLACES, *listed_files()), SAFE)),
        AUDIT: audited(dict.fromkeys(_GUIDS, "Success and Failure")),
        LOCKER: _POLICY.encode(),
    }


def open_server() -> Files:
    """Return a server on which everything that a check looks for is wrong."""
    return {
        **changed(stock_server(), stock.APPHOST, _wide_open),
        **dict(stock_registry.hive_files(open_keys())),
        ADMINISTRATION: b"<configuration><system.webServer><management /></system.webServer></configuration>",
        rf"{INETSRV}\odd.dll": images.build_image({"exports": ["RegisterModule"]}),
        r"C:\inetpub\shop\bin\Odd.dll": images.build_image({"managed": "true"}),
        r"C:\Windows\System32\CodeIntegrity\driver.stl": b"x",
        ACLS: rights(dict.fromkeys((*PLACES, *listed_files()), OPEN)),
        AUDIT: audited(dict.fromkeys(_GUIDS, "No Auditing")),
    }


def open_keys() -> stock_registry.Keys:
    """Return the registry of that server."""
    keys = stock_registry.stock_keys()
    put(keys, rf"{_SERVICES}\WMSVC", {"Start": 2})
    put(keys, rf"{_SERVICES}\EventLog\Security", {"MaxSize": 20 * 1024**2})
    put(keys, r"HKLM\SOFTWARE\Microsoft\WebManagement\Server", {"EnableRemoteManagement": 1})
    for profile in ("DomainProfile", "StandardProfile", "PublicProfile"):
        put(keys, rf"{_FIREWALL}\{profile}", {"EnableFirewall": 0})
    put(keys, rf"{_FIREWALL}\FirewallRules", {"x": "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=RPC|"})
    put(keys, _CHANNEL, {"Enabled": 0, "MaxSize": 1024**2})
    return keys


def listed_files() -> Iterator[str]:
    """Yield the files of the stock server whose rights a collector lists."""
    yield from (path for path in stock_server() if path.endswith((".dll", ".config")))
    yield from (ADMINISTRATION, rf"{INETSRV}\odd.dll", r"C:\inetpub\shop\bin")


def changed(files: Mapping[str, bytes], path: str, change: Callable[[ET.Element], None]) -> Files:
    """Return files of which one configuration file is changed."""
    root = ET.fromstring(files[path])
    change(root)
    return {**files, path: stock.to_bytes(root)}


def rights(listed: Mapping[str, str]) -> bytes:
    """Return a table of descriptors as a collector writes it."""
    rows = (f'"{path}","{sddl}","true"' for path, sddl in listed.items())
    return "\r\n".join(('"Path","Sddl","Sacl"', *rows)).encode("utf-8-sig")


def audited(settings: Mapping[str, str]) -> bytes:
    """Return what `auditpol /get /category:* /r` writes."""
    tail = "-69AE-11D9-BED3-505054503030}"
    rows = (f"WEB01,System,{name},{{0CCE92{_GUIDS[name]}{tail},{said}," for name, said in settings.items())
    header = "Machine Name,Policy Target,Subcategory,Subcategory GUID,Inclusion Setting,Exclusion Setting"
    return "\r\n".join((header, *rows)).encode()


def posture(files: Mapping[str, bytes | str], acls: Acls | None = None) -> Posture:
    """Return how a server of these files stands; its signatures are those of the test roots."""
    return harden(memory_source(files), look=looking(), acls=acls)


def remedies(files: Mapping[str, bytes | str], settings: Settings | None = None) -> Remedies:
    """Return what would answer the checks of a server of these files."""
    source, look = memory_source(files), looking()
    host, result = hardened(source, settings, look=look)
    return remedies_of(host, result, source, settings, look)


def looking() -> Look:
    """Return how binaries are examined: in this process, with the test roots."""
    return Look(Setup(roots=test_roots(), microsoft=test_thumbprints()), workers=0)


def answers(result: Posture) -> dict[str, Answer]:
    """Return the answer of every check by id."""
    return {check.id: check.answer for check in result.checks}


def without(files: Mapping[str, bytes], *starts: str) -> Files:
    """Return files without those whose path starts so."""
    low = tuple(start.lower() for start in starts)
    return {path: data for path, data in files.items() if not path.lower().startswith(low)}


def _locked_down(root: ET.Element) -> None:
    location = root.find("location")
    assert location is not None
    location.set("overrideMode", "Deny")
    modules = root.find("system.webServer/globalModules")
    assert modules is not None
    _remove(modules, (m for m in modules if m.get("name") in {"CgiModule", "FastCgiModule"}))
    sites = root.find("system.applicationHost/sites")
    assert sites is not None
    defaults = ET.SubElement(sites, "siteDefaults")
    log = {"logExtFileFlags": _ALL_FIELDS, "directory": "L:\\Logs", "logTargetW3C": "File,ETW"}
    ET.SubElement(defaults, "logFile", log)


def _wide_open(root: ET.Element) -> None:
    pools = root.find("system.applicationHost/applicationPools/applicationPoolDefaults/processModel")
    assert pools is not None
    pools.set("identityType", "LocalSystem")
    for application in root.iter("application"):
        application.set("applicationPool", "DefaultAppPool")
    server = root.find("system.webServer")
    assert server is not None
    gate = stock.descend(server, "security/isapiCgiRestriction")
    gate.attrib.update({"notListedIsapisAllowed": "true", "notListedCgisAllowed": "true"})
    handlers = root.find("location/system.webServer/handlers")
    assert handlers is not None
    handlers.set("accessPolicy", "Read, Write, Script, Execute")
    ET.SubElement(stock.descend(server, "globalModules"), "add", name="Odd", image=rf"{INETSRV}\odd.dll")
    stock.descend(server, "httpLogging").set("dontLog", "true")
    ET.SubElement(stock.descend(root, "system.applicationHost"), "configHistory", enabled="false")


def _no_dynamic_modules(root: ET.Element) -> None:
    stock.descend(root, "system.web/httpRuntime").set("allowDynamicModuleRegistration", "false")


def _remove(holder: ET.Element, children: Iterable[ET.Element]) -> None:
    for child in list(children):
        holder.remove(child)


_COMMAND_LINE = "ProcessCreationIncludeCmdLine_Enabled"
_SCRIPT_BLOCKS = "EnableScriptBlockLogging"
