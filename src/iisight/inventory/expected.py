"""What a configuration promises and the evidence does not hold: files that would change what is in force."""

from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.evidence.source import Source
from iisight.inventory.config.build import UNMAPPED, Server
from iisight.inventory.discovery import APPHOST, CONFIG_FOLDER
from iisight.model.coverage import Gap, GapKind

_HOST = "not in the evidence: sites, locks and what is inherited from the server are not known"
_NOTHING = "no configuration that IIS reads was found in it"
_FRAMEWORK = "machine.config and the root web.config are not in the evidence: what ASP.NET adds is not known"
_BOUNDS = "configuration paths over the bounds are not resolved"
_CONTENT = "content that is not in the evidence: its web.config and bin are not known"


def missing(servers: Iterable[Server], source: Source) -> Iterator[Gap]:
    """Yield a gap for each file or folder that belongs to a server and is not in the evidence."""
    found = list(servers)
    if not found:
        yield Gap(GapKind.MISSING, source.name, _NOTHING)
    if any(server.name == UNMAPPED and server.in_force for server in found):
        yield Gap(GapKind.MISSING, f"C:{CONFIG_FOLDER}\\{APPHOST}", _HOST)
    for server in found:
        if server.apps and server.apphost is not None:
            yield from _frameworks(server)
            yield from _content(server, source)


def unresolved(servers: Iterable[Server]) -> Iterator[Gap]:
    """Yield a gap for each server of which something was not resolved so far: sections are, when they are asked for."""
    for server in servers:
        if server.tree.refused:
            yield Gap(GapKind.REFUSED, server.name, _BOUNDS, server.tree.refused)


def _frameworks(server: Server) -> Iterator[Gap]:
    """Yield the framework folders that a pool with managed code reads and that are not there."""
    pools = (server.pool_of(app) for app in server.apps)
    wanted = {pool.framework for pool in pools if pool is not None and pool.runtime != ""}
    windir = server.variables.get("windir", "C:\\Windows")
    for framework in sorted(wanted - set(server.resolver.frameworks)):
        yield Gap(GapKind.MISSING, f"{windir}\\Microsoft.NET\\{framework}\\CONFIG", _FRAMEWORK)


def _content(server: Server, source: Source) -> Iterator[Gap]:
    """Yield the folders of virtual directories that the evidence has nothing of, the outermost of each tree."""
    folders = {paths.fold(f): f for f in (server.expand(m.folder) for m in server.mappings) if f}
    outermost = ""
    for key in sorted(folders):
        if outermost and key.startswith(outermost):
            continue
        if not source.has_folder(key):
            outermost = key.rstrip("\\") + "\\"
            yield Gap(GapKind.MISSING, folders[key], _CONTENT)
