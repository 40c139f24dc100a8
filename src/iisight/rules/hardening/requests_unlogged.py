"""IIS937: requests that no log tells of."""

from collections.abc import Iterable

from iisight.model.finding import Severity
from iisight.model.posture import Input, Point, Subject
from iisight.rules._common import Options
from iisight.rules.configuration import http_logging_off
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, passed, plural
from iisight.rules.hardening._sites import log_files

INFO = check_info(
    "IIS937",
    "Requests that no log tells of",
    Severity.MEDIUM,
    "M1047",
    "Log every request of every site to a file",
    Input.CONFIGURATION,
    Input.WEB_CONFIGS,
    references=("IIST-SV-000103", "IIST-SI-000206"),
)


def check(host: Host, options: Options) -> Iterable[Point]:
    """Yield every place at which logging is off or partial: what IIS112 finds."""
    server = host.server
    if server is None:
        return
    found = list(http_logging_off.check(host.inventory, options))
    for finding in found:
        subject = (
            Subject("site", finding.scope) if finding.scope else Subject("section", "system.webServer/httpLogging")
        )
        yield failed(finding.message, *(e.locator for e in finding.evidence), subjects=[subject])
    if not found:
        yield passed(f"every request is logged: {plural(len(list(log_files(server))), 'log')}")
