"""A stock IIS 10 server with two sites, made in memory from the catalogue's facts; every file of it is inert."""

from collections.abc import Iterator, Mapping
from functools import cache
from xml.etree import ElementTree as ET

from iisight import tables
from iisight.catalogue import schema
from iisight.catalogue.tables import Row, rows
from iisight.evidence import paths
from iisight.workbench.pe import PeSpec, build
from iisight.workbench.stock_registry import hive_files, stock_keys

APPHOST = "C:\\Windows\\System32\\inetsrv\\config\\applicationHost.config"
ROOT_WEB = "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\CONFIG\\web.config"
MACHINE = "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\CONFIG\\machine.config"
SITES = {"Default Web Site": "C:\\inetpub\\wwwroot", "Shop": "C:\\inetpub\\shop"}
VERSION = "10.0.17763.1"

_GLOBAL_ONLY = frozenset(
    {"UriCacheModule", "FileCacheModule", "TokenCacheModule", "TracingModule", "RequestMonitorModule"}
)
_NOT_INSTALLED = frozenset({"IpRestrictionModule", "WebDAVModule", "ServerSideIncludeModule", "CustomLoggingModule"})
_WEB_CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<configuration>
  <system.webServer>
    <defaultDocument>
      <files>
        <add value="start.html" />
      </files>
    </defaultDocument>
  </system.webServer>
</configuration>
"""


@cache
def stock_files() -> Mapping[str, bytes]:
    """Return every file of the server by Windows path. Treat it as read-only."""
    files = dict(_images())
    files[APPHOST] = to_bytes(_apphost())
    files[MACHINE] = to_bytes(_machine())
    files[ROOT_WEB] = to_bytes(_root_web())
    files[paths.join(paths.parent(APPHOST), "redirection.config")] = to_bytes(_redirection())
    files["C:\\inetpub\\wwwroot\\web.config"] = _WEB_CONFIG.encode()
    files.update(hive_files(stock_keys()))
    for folder in SITES.values():
        files[paths.join(folder, "iisstart.htm")] = b"<html><body>IIS</body></html>"
    return files


def to_bytes(root: ET.Element) -> bytes:
    """Return a configuration tree as the bytes of a file, indented as IIS writes it."""
    ET.indent(root, "    ")
    text = ET.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def make_sections(root: ET.Element, sections: Iterator[schema.SectionFact]) -> None:
    """Write `configSections` for section facts."""
    holder = ET.SubElement(root, "configSections")
    for fact in sections:
        *groups, name = fact.path.split("/")
        parent = holder
        for group in groups:
            found = next((g for g in parent.findall("sectionGroup") if g.get("name") == group), None)
            parent = found if found is not None else ET.SubElement(parent, "sectionGroup", name=group)
        attributes = {"name": name, "overrideModeDefault": fact.override_default}
        if fact.allow_definition != "Everywhere":
            attributes["allowDefinition"] = fact.allow_definition
        ET.SubElement(parent, "section", attributes)


def descend(root: ET.Element, path: str) -> ET.Element:
    """Return the element at a path below `root`, made where it is missing."""
    for name in path.split("/"):
        found = root.find(name)
        root = found if found is not None else ET.SubElement(root, name)
    return root


def _apphost() -> ET.Element:
    root = ET.Element("configuration")
    groups = ("system.applicationHost/", "system.webServer/")
    make_sections(root, (f for f in schema.all_sections() if f.path.startswith(groups)))
    _hosting(descend(root, "system.applicationHost"))
    _server(descend(root, "system.webServer"))
    location = ET.SubElement(root, "location", path="", overrideMode="Allow")
    _modules(descend(location, "system.webServer/modules"))
    _handlers(descend(location, "system.webServer/handlers"))
    return root


def _hosting(host: ET.Element) -> None:
    pools = ET.SubElement(host, "applicationPools")
    for name in ("DefaultAppPool", "Shop"):
        ET.SubElement(pools, "add", name=name)
    defaults = ET.SubElement(pools, "applicationPoolDefaults", managedRuntimeVersion="v4.0")
    ET.SubElement(defaults, "processModel", identityType="ApplicationPoolIdentity")
    listeners = ET.SubElement(host, "listenerAdapters")
    ET.SubElement(listeners, "add", name="http")
    log = ET.SubElement(host, "log")
    ET.SubElement(log, "centralW3CLogFile", enabled="true", directory="%SystemDrive%\\inetpub\\logs\\LogFiles")
    sites = ET.SubElement(host, "sites")
    for number, (name, folder) in enumerate(SITES.items(), 1):
        site = ET.SubElement(sites, "site", name=name, id=str(number), serverAutoStart="true")
        pool = "DefaultAppPool" if number == 1 else name
        application = ET.SubElement(site, "application", path="/", applicationPool=pool)
        ET.SubElement(application, "virtualDirectory", path="/", physicalPath=folder)
        bindings = ET.SubElement(site, "bindings")
        ET.SubElement(bindings, "binding", protocol="http", bindingInformation=f"*:{79 + number}:")
    defaults = ET.SubElement(sites, "siteDefaults")
    ET.SubElement(defaults, "logFile", logFormat="W3C", directory="%SystemDrive%\\inetpub\\logs\\LogFiles")
    ET.SubElement(sites, "applicationDefaults", applicationPool="DefaultAppPool")
    ET.SubElement(sites, "virtualDirectoryDefaults", allowSubDirConfig="true")


def _server(server: ET.Element) -> None:
    modules = ET.SubElement(server, "globalModules")
    for row in native_modules():
        attributes = {"name": row["name"], "image": row["image"], "preCondition": row["precondition"]}
        ET.SubElement(modules, "add", {k: v for k, v in attributes.items() if v})
    compression = ET.SubElement(server, "httpCompression")
    ET.SubElement(compression, "scheme", name="gzip", dll="%Windir%\\system32\\inetsrv\\gzip.dll")
    filters = ET.SubElement(server, "isapiFilters")
    for row in rows("isapi_filters"):
        if row["product"] == ".NET 4":
            attributes = {"name": row["name"], "path": row["image"], "enableCache": "true"}
            ET.SubElement(filters, "filter", {**attributes, "preCondition": row["precondition"]})
    restrictions = descend(server, "security/isapiCgiRestriction")
    for row in rows("restrictions"):
        if row["name"] in {"Active Server Pages", "ASP.NET v4.0.30319"} and row["tier"] == "core":
            ET.SubElement(restrictions, "add", path=row["image"], allowed="true", description=row["name"])
    ET.SubElement(server, "httpLogging", dontLog="false")
    errors = ET.SubElement(server, "httpErrors")
    ET.SubElement(
        errors, "error", statusCode="404", path="404.htm", prefixLanguageFilePath="%SystemDrive%\\inetpub\\custerr"
    )


def native_modules() -> list[Row]:
    """Return the catalogue's native modules that a full IIS 10 with .NET 4 has."""
    return [
        row
        for row in rows("native_modules")
        if row["tier"] == "core" and row["name"] not in _NOT_INSTALLED and "v2.0" not in row["image"]
        if row["image"].lower().startswith("%windir%")
    ]


def _modules(holder: ET.Element) -> None:
    for row in native_modules():
        if row["name"] not in _GLOBAL_ONLY and not row["name"].startswith("ManagedEngine"):
            ET.SubElement(holder, "add", name=row["name"], lockItem="true")
    for row in rows("managed_modules"):
        stock_row = row["section"] == "modules" and row["product"] == "IIS/.NET" and row["name"] != "ServiceModel"
        if stock_row and row["precondition"].startswith("managedHandler"):
            attributes = {"name": row["name"], "type": row["type"], "preCondition": row["precondition"]}
            ET.SubElement(holder, "add", attributes)


def _handlers(holder: ET.Element) -> None:
    holder.set("accessPolicy", "Read, Script")
    known = {row["name"]: row for row in rows("handlers") if row["tier"] == "core"}
    for hung in tables.rows("iisight.workbench", "handlers"):
        row = known.get(hung["name"])
        if row is None:
            continue
        attributes = {
            **hung,
            "type": row["type"],
            "modules": row["modules"],
            "scriptProcessor": row["image"],
            "preCondition": row["precondition"],
        }
        ET.SubElement(holder, "add", {k: v for k, v in attributes.items() if v})


def _machine() -> ET.Element:
    root = ET.Element("configuration")
    groups = ("system.applicationHost/", "system.webServer/", "system.ftpServer")
    make_sections(root, (f for f in schema.all_sections() if not f.path.startswith(groups)))
    ignored = "System.Configuration.IgnoreSection, System.Configuration, Version=4.0.0.0, Culture=neutral"
    ET.SubElement(descend(root, "configSections"), "section", name="system.webServer", type=ignored)
    ET.SubElement(root, "connectionStrings")
    return root


def _root_web() -> ET.Element:
    root = ET.Element("configuration")
    web = ET.SubElement(root, "system.web")
    modules = ET.SubElement(web, "httpModules")
    for row in rows("managed_modules"):
        if row["section"] == "httpModules" and row["product"] == ".NET root web.config" and not _is_old(row):
            ET.SubElement(modules, "add", name=row["name"], type=row["type"])
    return root


def _is_old(row: Row) -> bool:
    return row["name"] in {"ServiceModel", "PassportAuthentication", "ErrorHandlerModule"}


def _redirection() -> ET.Element:
    root = ET.Element("configuration")
    ET.SubElement(root, "configurationRedirection")
    return root


def _images() -> Iterator[tuple[str, bytes]]:
    """Yield the DLLs the configuration names, and the 32-bit twins of those in System32."""
    variables = paths.default_variables()
    exports = {"asp.dll": ("GetExtensionVersion", "HttpExtensionProc"), "gzip.dll": ("InitCompression",)}
    exports["aspnet_isapi.dll"] = exports["asp.dll"]
    exports["aspnet_filter.dll"] = ("GetFilterVersion", "HttpFilterProc")
    named = [row["image"] for row in native_modules()]
    named += [r["image"] for r in rows("isapi_filters") if r["product"] == ".NET 4"]
    named += [r["image"] for r in rows("restrictions") if r["name"] in {"Active Server Pages", "ASP.NET v4.0.30319"}]
    named += ["%windir%\\system32\\inetsrv\\gzip.dll"]
    yield from _services()
    for image in dict.fromkeys(i for i in named if i.lower().startswith("%windir%")):
        path = paths.expand(image, variables)
        name = paths.basename(path).lower()
        exported = exports.get(name, ("RegisterModule",))
        yield path, build(microsoft(name, "x86" if "\\framework\\" in path.lower() else "x64", exported))
        twin = paths.wow64(path)
        if twin is not None:
            yield twin, build(microsoft(name, "x86", exported))


def _services() -> Iterator[tuple[str, bytes]]:
    """Yield the program and the DLLs of the services."""
    variables, names = paths.default_variables(), ("W3SVC", "WAS", "AppHostSvc")
    for image in dict.fromkeys(row["image"] for row in rows("services") if row["name"] in names):
        path = paths.expand(image, variables)
        name = paths.basename(path).lower()
        yield path, build(microsoft(name, "x64", ("ServiceMain",)))


def microsoft(name: str, machine: str, exports: tuple[str, ...]) -> PeSpec:
    """Return an inert file with the version resource a file of Windows has."""
    return PeSpec(
        machine=machine,
        exports=exports,
        company="Microsoft Corporation",
        product="Internet Information Services",
        description=name,
        original_name=name,
        internal_name=name,
        file_version=VERSION,
        product_version=VERSION,
        timestamp=1_536_300_000,
    )
