"""IIS117: the ISAPI and CGI restriction list lets through what it does not list."""

from collections.abc import Iterable, Iterator

from iisight.inventory.inventory import Inventory
from iisight.inventory.track import SettingTrack, follow_setting
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, Place, finding, is_known
from iisight.rules.configuration._processes import split_program
from iisight.rules.configuration._weights import ODD, UNKNOWN, content_folders, place_among, tell

INFO = RuleInfo(
    id="IIS117",
    title="ISAPI or CGI programs allowed without being listed",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-05", "L-07"),
)

_GATE = "system.webServer/security/isapiCgiRestriction"
_HANDLERS = "system.webServer/handlers"
_SWITCHES = {"notListedIsapisAllowed": "ISAPI extension", "notListedCgisAllowed": "CGI program"}
_SWITCH_OF = {Kind.ISAPI_EXTENSION: "notListedIsapisAllowed", Kind.CGI: "notListedCgisAllowed"}
_EXPRESS = "IIS Express"


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every switch that opens the gate, and what runs by it; IIS Express ships with an open one."""
    for server in inventory.servers:
        if server.name.startswith(_EXPRESS):
            continue
        for switch, what in _SWITCHES.items():
            for track in follow_setting(server, _GATE, "", switch):
                if track.setting.value.lower() == "true":
                    yield _finding(track, switch, what)
    folders = content_folders(inventory)
    for component in inventory.of(*_SWITCH_OF):
        if _is_unlisted(component, folders):
            yield from _unlisted(inventory, component, _SWITCH_OF[component.kind])


def _is_unlisted(component: Component, folders: frozenset[str]) -> bool:
    """Tell whether an unknown program in web content is in force without an entry in the restriction list."""
    if not component.image or is_known(component) or component.server.startswith(_EXPRESS):
        return False
    listed = any(r.section == _GATE for r in component.registrations)
    in_content = place_among(split_program(component.image)[0], folders) is Place.CONTENT
    return component.effective and in_content and not listed


def _unlisted(inventory: Inventory, component: Component, switch: str) -> Iterator[Finding]:
    """Say that a mapped program of the content needs the open gate, where content may even run by its own URL."""
    server = inventory.server(component.server)
    for registration in component.registrations:
        node = server.tree.find(registration.scope)
        if node is None:
            continue
        is_open = server.resolver.effective(node, _GATE).value(switch).lower() == "true"
        policy = server.resolver.effective(node, _HANDLERS).value("accessPolicy").lower()
        if is_open and "execute" in policy:
            place = registration.scope or "the server"
            message = (
                f"{component.kind} '{component.name}' runs {component.image} of the web content: no entry of the "
                f"restriction list allows it, {switch} does, and accessPolicy of {place} includes Execute"
            )
            yield tell(INFO, component, ODD if _is_nobodys(component) else UNKNOWN, message)
            return


def _is_nobodys(component: Component) -> bool:
    """Tell whether the file was read and does not say who made it."""
    image = None if component.binary is None else component.binary.image
    return image is not None and (image.version is None or not image.version.company)


def _finding(track: SettingTrack, switch: str, what: str) -> Finding:
    setting = track.setting
    place = f"of '{setting.scope}'" if setting.scope else "of the server"
    message = f"{switch} is true: every {what} {place} may run without an entry in the restriction list"
    return finding(INFO, message, [Evidence(setting.locator, f'{_GATE}: {switch}="true"')], scope=setting.scope)
