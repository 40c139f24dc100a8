"""IIS933: writing configuration or code files leaves no event."""

from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.inventory.config.build import Server
from iisight.model.finding import Severity
from iisight.model.posture import Input, Point
from iisight.model.protection import Subcategory
from iisight.rules._common import Options
from iisight.rules.hardening._audited import audit_points
from iisight.rules.hardening._host import Host, apps_of, folder_of
from iisight.rules.hardening._points import check_info
from iisight.rules.hardening._recording import policy_points
from iisight.rules.hardening._rights import Target

INFO = check_info(
    "IIS933",
    "Changes of files that leave no event",
    Severity.MEDIUM,
    "M1047",
    "Audit the file system, with SACLs on inetsrv, .NET's CONFIG, the assembly cache and the web roots",
    Input.CONFIGURATION,
    Input.FRAMEWORK,
    references=(),
)


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield what the audit policy says, and the folders in which a change leaves no event."""
    server = host.server
    if server is None:
        return
    yield from policy_points(host, Subcategory.FILE_SYSTEM, "file system")
    yield from audit_points(host, targets(server), inside=True)


def targets(server: Server) -> Iterator[Target]:
    """Yield the folders whose files decide what IIS loads."""
    windir = server.variables.get("windir", "C:\\Windows")
    yield Target(server.config_folder, "the configuration")
    yield Target(paths.join(server.config_folder, "schema"), "what the configuration may say", is_optional=True)
    yield Target(paths.parent(server.config_folder), "IIS itself")
    for framework in server.resolver.frameworks:
        yield Target(f"{windir}\\Microsoft.NET\\{framework}\\CONFIG", "the configuration of .NET")
    yield Target(f"{windir}\\Microsoft.NET\\assembly", "the global assembly cache")
    if server.apphost is not None and paths.fold(paths.parent(server.apphost.path)) != paths.fold(server.config_folder):
        yield Target(paths.parent(server.apphost.path), "the shared configuration")
    for app, _, _ in apps_of(server):
        if folder_of(server, app):
            yield Target(folder_of(server, app), "web content")
