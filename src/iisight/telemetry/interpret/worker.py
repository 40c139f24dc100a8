"""W3SVC-WP in the Application log: what a worker process could not load.

Only `ModuleDll` of 2282 is a verified field name; the others come with names of their own or none, so the image is the
value that looks like one.
"""

import re

from iisight.evidence import paths
from iisight.model.activity import WORKER, Act, Action, Actor
from iisight.model.event import Event
from iisight.model.need import literal
from iisight.telemetry.interpret._actors import recorded
from iisight.telemetry.interpret._fields import lines, text
from iisight.telemetry.interpret._places import Watch

_WHY = {
    2214: "ISAPI filter failed to load",
    2219: "ISAPI extension failed",
    2220: "ISAPI extension failed to load",
    2222: "ISAPI filter refused a notification",
    2223: "filter named in the registry",
    2261: "filter that reads raw data refused",
    2268: "not all ISAPI filters of the site were loaded",
    2274: "ISAPI filter of another configuration or architecture",
    2280: "module failed to load",
    2281: "module of another configuration or architecture",
    2282: "module of another configuration or architecture",
    2293: "module's registration returned an error",
    2294: "CLR could not be started",
    2295: "module has no RegisterModule",
    2296: "precondition is not valid",
    2297: "globalModules could not be read",
    2298: "globalModules could not be read",
    2299: "globalModules could not be read",
    2303: "application could not be preloaded",
}
READS = frozenset((name, i) for name in ("microsoft-windows-iis-w3svc-wp", "w3svc-wp") for i in _WHY)
NEED = literal("W3SVC-WP")
_FAULTS = frozenset({2219, 2294, 2303})
_IMAGE = re.compile(r"(?:[A-Za-z]:|%\w{1,32}%|\\\\)[^\n]{1,1000}|[^\\/:\n]{1,256}\.(?:dll|exe)", re.IGNORECASE)


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return what could not be loaded."""
    image = text(event, "ModuleDll") or next((v for v in lines(event) if _is_image(v)), "")
    name = text(event, "Name") or text(event, "ModuleName")
    act = Act.FAULT if event.id in _FAULTS else Act.LOAD_FAILED
    action = Action(act, WORKER, image, name=name, code=image, note=_WHY[event.id])
    return recorded(event), (action,)


def _is_image(value: str) -> bool:
    stripped = value.strip()
    return bool(_IMAGE.fullmatch(stripped)) and paths.extension(stripped) in (".dll", ".exe", ".ocx")
