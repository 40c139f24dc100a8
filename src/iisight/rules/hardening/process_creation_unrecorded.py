"""IIS932: who starts which program with which command line leaves no event."""

from collections.abc import Iterable

from iisight.model.finding import Severity
from iisight.model.posture import Point, Subject, Told
from iisight.model.protection import Subcategory
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, passed, unknown
from iisight.rules.hardening._recording import by_audit, by_channel, by_switch

INFO = check_info(
    "IIS932",
    "Process creation that leaves no event with its command line",
    Severity.HIGH,
    "M1047",
    "Audit process creation with the command line, or install Sysmon",
)
SYSMON = "Microsoft-Windows-Sysmon/Operational"
COMMAND_LINE = "command line in process creation events"


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield whether Sysmon does it, or else the audit policy and the switch for the command line."""
    sysmon = by_channel(host, SYSMON)
    if sysmon.told is Told.YES:
        yield passed("Sysmon records process creation")
        return
    needed = (by_audit(host, Subcategory.PROCESS_CREATION, "process creation"), by_switch(host, COMMAND_LINE))
    lost = [found.reason for found in needed if found.told is Told.NO]
    untold = [found.reason for found in (*needed, sysmon) if found.told is Told.UNKNOWN]
    if sysmon.told is Told.UNKNOWN:
        yield unknown("whether process creation is recorded is not known", untold)
    elif lost:
        subject = Subject("audit", Subcategory.PROCESS_CREATION.value)
        yield failed("; ".join((*lost, sysmon.reason)), subjects=[subject])
    elif untold:
        yield unknown("Sysmon is not there; whether Windows records process creation is not known", untold)
    else:
        yield passed("process creation is audited with its command line")
