"""IIS912: content that may be run as a program, or be written and run."""

from collections.abc import Iterable

from iisight.inventory.track import SettingTrack, follow_setting
from iisight.model.finding import Severity
from iisight.model.posture import Input, Point, Subject
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, passed

INFO = check_info(
    "IIS912",
    "Handlers that run programs of the content",
    Severity.MEDIUM,
    "M1038",
    "Take Execute, and Write together with Script, out of accessPolicy",
    Input.CONFIGURATION,
    Input.WEB_CONFIGS,
    mechanisms=("L-05", "L-07"),
    references=("4.8",),
)
_SECTION = "system.webServer/handlers"
_FLAGS = {"read": 1, "write": 2, "execute": 4, "source": 16, "script": 512}
"""As IIS_schema.xml numbers them."""


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield every accessPolicy that lets content be executed, or both written and run."""
    server = host.server
    if server is None:
        return
    bad = 0
    for track in follow_setting(server, _SECTION, "", "accessPolicy"):
        what = _what(track)
        if what:
            bad += 1
            scope = track.setting.scope
            subject = Subject("setting", "accessPolicy", (("scope", scope), ("value", track.setting.value)))
            message = f"accessPolicy of {repr(scope) if scope else 'the server'} has {what}"
            yield failed(message, track.setting.locator, subjects=[subject])
    if not bad:
        yield passed("no accessPolicy has Execute, or Write together with Script")


def _what(track: SettingTrack) -> str:
    """Return what of a policy is too much; empty when nothing is, and when it is in force nowhere."""
    if not any(presence.effective for presence in track.presence):
        return ""
    names = {name.strip().lower() for name in track.setting.value.split(",")}
    number = sum(bit for name, bit in _FLAGS.items() if name in names)
    number |= sum(int(name) for name in names if name.isdecimal() and len(name) < 6)
    if number & _FLAGS["write"] and number & (_FLAGS["script"] | _FLAGS["execute"]):
        return "Write together with Script or Execute: what is uploaded runs"
    return "Execute: programs and DLLs of the content run" if number & _FLAGS["execute"] else ""
