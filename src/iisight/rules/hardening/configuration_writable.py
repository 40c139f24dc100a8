"""IIS903: somebody who is no administrator may write the configuration."""

from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.inventory.config.build import Server
from iisight.model.finding import Severity
from iisight.model.posture import Input, Point
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info
from iisight.rules.hardening._rights import Target, write_points

INFO = check_info(
    "IIS903",
    "Configuration that others than administrators may write",
    Severity.HIGH,
    "M1026",
    "Let administrators alone write inetsrv\\config, its schema, the shared configuration and .NET's CONFIG",
    Input.CONFIGURATION,
    Input.FRAMEWORK,
    references=("IIST-SV-000144",),
)
_FILES = frozenset(
    {"applicationHost.config", "administration.config", "redirection.config", "machine.config", "root web.config"}
)
"""Roles of the files that speak for the whole server."""


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield who else may write the folders and files of the configuration."""
    server = host.server
    if server is not None:
        yield from write_points(host, targets(host, server))


def targets(host: Host, server: Server) -> Iterator[Target]:
    """Yield the places of the configuration of a server."""
    folder = server.config_folder
    yield Target(folder, "the configuration")
    yield Target(paths.join(folder, "schema"), "what the configuration may say")
    for role, document in host.inventory.documents:
        if role in _FILES:
            yield Target(document.path, "the configuration")
    yield Target(paths.join(folder, "Export"), "exported configuration and its keys", is_optional=True)
    if server.apphost is not None and paths.fold(paths.parent(server.apphost.path)) != paths.fold(folder):
        yield Target(paths.parent(server.apphost.path), "the shared configuration")
    windir = server.variables.get("windir", "C:\\Windows")
    for framework in server.resolver.frameworks:
        yield Target(f"{windir}\\Microsoft.NET\\{framework}\\CONFIG", "the configuration of .NET")
