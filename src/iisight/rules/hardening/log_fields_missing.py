"""IIS938: logs without the fields in which commands travel."""

from collections.abc import Iterable

from iisight.model.finding import Severity
from iisight.model.posture import Input, Point, Subject
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, named, not_applicable, passed
from iisight.rules.hardening._sites import LogFile, log_files

INFO = check_info(
    "IIS938",
    "Logs without the fields in which commands travel",
    Severity.MEDIUM,
    "M1047",
    "Log cookie, host, bytes sent and received too, and the headers of your proxies as custom fields",
    Input.CONFIGURATION,
    references=("IIST-SV-000110", "IIST-SV-000111"),
    options={
        "fields": (
            "UriQuery",
            "UserAgent",
            "Referer",
            "Cookie",
            "Host",
            "BytesSent",
            "BytesRecv",
            "UserName",
            "ClientIP",
        )
    },
)
DEFAULT = (
    "Date, Time, ClientIP, UserName, ServerIP, Method, UriStem, UriQuery, HttpStatus, Win32Status, TimeTaken, "
    "ServerPort, UserAgent, HttpSubStatus, Referer"
)
"""logExtFileFlags of IIS_schema.xml."""


def check(host: Host, options: Options) -> Iterable[Point]:
    """Yield every log that lacks one of the wanted fields, and what else it has."""
    server = host.server
    if server is None:
        return
    wanted = options["fields"] if isinstance(options["fields"], tuple) else ()
    good: list[str] = []
    logs = list(log_files(server))
    for log in logs:
        lost = _lost(log, wanted)
        places = () if log.locator is None else (log.locator,)
        if lost:
            facts = tuple(("field", name) for name in lost)
            more = f"; custom fields: {named(log.custom_fields)}" if log.custom_fields else "; no custom fields"
            yield failed(
                f"the log of {log} lacks {named(lost, 9)}{more}", *places, subjects=[Subject("site", log.name, facts)]
            )
        else:
            good.append(str(log))
    if good:
        yield passed(f"the fields in which commands travel are logged: {named(good)}")
    elif not logs:
        yield not_applicable("the configuration has no site")


def _lost(log: LogFile, wanted: tuple[str, ...]) -> list[str]:
    if log.get("logFormat", "W3C").lower() not in {"w3c", "2"} and log.name:
        return ["all fields that W3C has and its format has not"]
    held = {name.strip().lower() for name in log.get("logExtFileFlags", DEFAULT).split(",")}
    return [name for name in wanted if name.lower() not in held]
