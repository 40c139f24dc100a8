"""IIS940: somebody who is no administrator may delete or change logs."""

from collections.abc import Iterable, Iterator

from iisight.inventory.config.build import Server
from iisight.model.acl import REMOVES
from iisight.model.finding import Severity
from iisight.model.posture import Input, Point
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, not_applicable
from iisight.rules.hardening._rights import Target, write_points
from iisight.rules.hardening._sites import log_files

INFO = check_info(
    "IIS940",
    "Logs that others than administrators may delete",
    Severity.MEDIUM,
    "M1047",
    "Let administrators and SYSTEM alone change the folder of the logs",
    Input.CONFIGURATION,
    references=("IIST-SI-000275",),
)
_DEFAULT = "%SystemDrive%\\inetpub\\logs\\LogFiles"


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield who may delete or change files in the folders of the logs."""
    server = host.server
    if server is None:
        return
    wanted = list(targets(server))
    if not wanted:
        yield not_applicable("the configuration has no site")
    yield from write_points(host, wanted, REMOVES, "delete or change logs in")


def targets(server: Server) -> Iterator[Target]:
    """Yield the folders that hold the logs of the sites."""
    for log in log_files(server):
        yield Target(server.expand(log.get("directory", _DEFAULT)), "logs of requests")
