"""IIS911: ISAPI and CGI programs run without being on the restriction list."""

from collections.abc import Iterable

from iisight.inventory.track import follow_setting
from iisight.model.finding import Severity
from iisight.model.posture import Input, Point, Subject
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, passed

INFO = check_info(
    "IIS911",
    "ISAPI and CGI programs allowed without being listed",
    Severity.HIGH,
    "M1038",
    "Set notListedIsapisAllowed and notListedCgisAllowed to false, and list what the sites need",
    Input.CONFIGURATION,
    mechanisms=("L-05", "L-07"),
    references=("4.9", "4.10"),
)
_SECTION = "system.webServer/security/isapiCgiRestriction"
_SWITCHES = {"notListedIsapisAllowed": "ISAPI extension", "notListedCgisAllowed": "CGI program"}


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield each of the two switches; neither is set by default, and then nothing runs that is not listed."""
    server = host.server
    if server is None:
        return
    for switch, what in _SWITCHES.items():
        opened = [t.setting for t in follow_setting(server, _SECTION, "", switch) if _is_on(t.setting.value)]
        for setting in opened:
            place = f"'{setting.scope}'" if setting.scope else "the server"
            subject = Subject("setting", switch, (("section", _SECTION), ("scope", setting.scope)))
            yield failed(f"any {what} may run at {place}: {switch} is true", setting.locator, subjects=[subject])
        if not opened:
            yield passed(f"no {what} runs that is not listed")


def _is_on(value: str) -> bool:
    return value.strip().lower() in {"true", "1"}
