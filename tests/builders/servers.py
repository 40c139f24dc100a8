"""Small servers written as text: just the sections a test is about."""

from collections.abc import Mapping

from iisight.evidence.memory import memory_source
from iisight.inventory.collect import collect, resolve
from iisight.inventory.config.build import Server
from iisight.inventory.inventory import Inventory
from iisight.model.config import ElementState

APPHOST = "C:\\Windows\\System32\\inetsrv\\config\\applicationHost.config"
ROOT = "C:\\inetpub\\wwwroot"

_APPHOST = """<configuration>
<configSections>
  <sectionGroup name="system.webServer">
    <section name="globalModules" allowDefinition="AppHostOnly" overrideModeDefault="Deny" />
    <section name="modules" allowDefinition="MachineToApplication" overrideModeDefault="{modules}" />
    <section name="handlers" overrideModeDefault="Allow" />
    <section name="httpLogging" overrideModeDefault="Deny" />
    <section name="defaultDocument" overrideModeDefault="Allow" />
  </sectionGroup>
</configSections>
<system.applicationHost>
  <applicationPools>{pools}</applicationPools>
  <sites>{sites}</sites>
</system.applicationHost>
<system.webServer>{server}</system.webServer>
{rest}
</configuration>"""

POOLS = '<add name="P64" /><add name="P32" enable32BitAppOnWin64="true" />'
SITE = (
    '<site name="S" id="1"><application path="/" applicationPool="P64">'
    '<virtualDirectory path="/" physicalPath="C:\\inetpub\\wwwroot" /></application>'
    '<application path="/app" applicationPool="P32">'
    '<virtualDirectory path="/" physicalPath="C:\\inetpub\\wwwroot\\app" /></application></site>'
)


def apphost(server: str = "", rest: str = "", *, pools: str = POOLS, sites: str = SITE, modules: str = "Allow") -> str:
    """Return an applicationHost.config; `server` is the content of `system.webServer`."""
    return _APPHOST.format(server=server, rest=rest, pools=pools, sites=sites, modules=modules)


def web_config(server: str, rest: str = "") -> str:
    """Return a web.config with a `system.webServer`."""
    return f"<configuration><system.webServer>{server}</system.webServer>{rest}</configuration>"


def location(path: str, modules: str, attributes: str = "") -> str:
    """Return a location tag with directives for `modules`."""
    inner = f"<system.webServer><modules>{modules}</modules></system.webServer>"
    return f'<location path="{path}" {attributes}>{inner}</location>'


def files(host: str, web: Mapping[str, str] | None = None) -> dict[str, bytes | str]:
    """Return evidence: the host file, and web.configs by folder below the site's root (`""` is the root)."""
    found: dict[str, bytes | str] = {APPHOST: host}
    for folder, text in (web or {}).items():
        found[f"{ROOT}\\{folder}\\web.config" if folder else f"{ROOT}\\web.config"] = text
    return found


def resolved(host: str, web: Mapping[str, str] | None = None) -> Server:
    """Return the server of such evidence."""
    return resolve(memory_source(files(host, web))).servers[0]


def collected(
    host: str, web: Mapping[str, str] | None = None, more: Mapping[str, bytes | str] | None = None
) -> Inventory:
    """Return the inventory of such evidence, with more files if given."""
    return collect(memory_source({**files(host, web), **(more or {})}))


def state(server: Server, scope: str, section: str) -> ElementState:
    """Return a section in force at a configuration path."""
    return server.resolver.effective(server.tree.nearest(scope), section)


def names(server: Server, scope: str, section: str = "system.webServer/modules") -> list[str]:
    """Return the names of a section's entries in force at a configuration path, in their order."""
    return [entry.element.get("name") for entry in state(server, scope, section).entries]
