"""IIS939: requests are logged to a file alone, which is written late and can be deleted."""

from collections.abc import Iterable

from iisight.model.finding import Severity
from iisight.model.posture import Input, Point, Subject
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, named, not_applicable, passed
from iisight.rules.hardening._sites import log_files

INFO = check_info(
    "IIS939",
    "Requests that are logged to a file alone",
    Severity.LOW,
    "M1047",
    "Let the sites log to file and ETW, and have an agent take the events away",
    Input.CONFIGURATION,
    references=("IIST-SV-000103", "IIST-SI-000206"),
)


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield the sites that do not log to both."""
    server = host.server
    if server is None:
        return
    logs = list(log_files(server))
    lacking = [log for log in logs if not {"file", "etw"} <= _targets(log.get("logTargetW3C", "File"))]
    if lacking:
        places = [log.locator for log in lacking if log.locator is not None]
        subjects = [Subject("site", log.name) for log in lacking]
        yield failed(f"not logged to file and ETW both: {named(map(str, lacking))}", *places, subjects=subjects)
    elif logs:
        yield passed(f"logged to file and ETW: {named(map(str, logs))}")
    else:
        yield not_applicable("the configuration has no site")


def _targets(text: str) -> set[str]:
    return {name.strip().lower() for name in text.split(",")}
