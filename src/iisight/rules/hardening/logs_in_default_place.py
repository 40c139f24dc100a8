"""IIS942: logs lie where everybody looks for them, on the drive of the system."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.model.finding import Severity
from iisight.model.posture import Input, Point, Subject
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, named, not_applicable, passed
from iisight.rules.hardening._sites import log_files
from iisight.rules.hardening.logs_deletable import targets

INFO = check_info(
    "IIS942",
    "Logs in their default place",
    Severity.LOW,
    "M1047",
    "Keep logs on a drive of their own, and back them up elsewhere",
    Input.CONFIGURATION,
    references=("5.1", "IIST-SV-000116"),
)


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield the folders of logs that are the default one."""
    server = host.server
    if server is None:
        return
    folders = sorted({target.path for target in targets(server)}, key=lambda p: (p.lower(), p))
    drive = server.variables.get("SystemDrive", "C:")
    usual = paths.fold(f"{drive}\\inetpub\\logs\\LogFiles")
    bad = [folder for folder in folders if paths.fold(folder) == usual]
    if bad:
        places = [log.locator for log in log_files(server) if log.locator is not None]
        yield failed(f"logs lie in {named(bad)}", *places, subjects=[Subject("path", folder) for folder in bad])
    elif folders:
        yield passed(f"logs lie in {named(folders)}")
    else:
        yield not_applicable("the configuration has no site")
