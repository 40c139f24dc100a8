"""IIS117: the ISAPI and CGI restriction list lets through what it does not list."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.inventory.track import SettingTrack, follow_setting
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, finding

INFO = RuleInfo(
    id="IIS117",
    title="ISAPI or CGI programs allowed without being listed",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-05", "L-07"),
)

_GATE = "system.webServer/security/isapiCgiRestriction"
_SWITCHES = {"notListedIsapisAllowed": "ISAPI extension", "notListedCgisAllowed": "CGI program"}


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every switch that opens the gate; IIS Express ships with an open one."""
    for server in inventory.servers:
        if server.name.startswith("IIS Express"):
            continue
        for switch, what in _SWITCHES.items():
            for track in follow_setting(server, _GATE, "", switch):
                if track.setting.value.lower() == "true":
                    yield _finding(track, switch, what)


def _finding(track: SettingTrack, switch: str, what: str) -> Finding:
    setting = track.setting
    place = f"of '{setting.scope}'" if setting.scope else "of the server"
    message = f"{switch} is true: every {what} {place} may run without an entry in the restriction list"
    return finding(INFO, message, [Evidence(setting.locator, f'{_GATE}: {switch}="true"')], scope=setting.scope)
