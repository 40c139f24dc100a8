"""MSExchange Management 1 and 6: Exchange cmdlets that install transport agents or change virtual directories.

The values have no names: cmdlet, parameters, caller (public records of both events). 6 is a cmdlet that failed.
"""

import re
from dataclasses import replace

from iisight.model.activity import Act, Action, Actor
from iisight.model.event import Event
from iisight.model.need import AllOf, any_of, literal
from iisight.telemetry.interpret._fields import lines
from iisight.telemetry.interpret._places import Watch

READS = frozenset((name, i) for name in ("msexchange cmdletlogs", "msexchange management") for i in (1, 6))
NEED = AllOf((literal("MSExchange"), any_of("TransportAgent", "VirtualDirectory")))
TOOL = "Exchange cmdlet"

_AGENT = re.compile(r"(?:install|enable|set)-transportagent\Z", re.IGNORECASE)
_FOLDER = re.compile(r"(?:new|set|remove)-[a-z]{1,40}virtualdirectory\Z", re.IGNORECASE)
_SID = re.compile(r"S-1-[\d-]{1,180}\Z")
_GIVEN = re.compile(
    r'-(Name|Identity|AssemblyPath|TransportAgentFactory)\s+(?:"([^"]{1,1000})"|(\S{1,1000}))', re.IGNORECASE
)


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return what a cmdlet did."""
    values = [*lines(event), "", "", ""]
    cmdlet, parameters = values[0].strip(), values[1]
    actor = Actor(user=values[2].strip(), sid=next((v for v in values[3:6] if _SID.match(v)), ""))
    given = {m[1].lower(): m[2] or m[3] for m in _GIVEN.finditer(parameters[:8192])}
    name = given.get("name") or given.get("identity", "")
    failed, note = event.id == 6, f"{cmdlet} failed" if event.id == 6 else cmdlet
    done = Action(Act.CONFIGURE, TOOL, name=name, new=parameters, note=note, failed=failed)
    if _AGENT.match(cmdlet):
        code = given.get("assemblypath", "")
        act = Act.INSTALL if cmdlet.lower().startswith("install") else Act.CONFIGURE
        return actor, (replace(done, act=act, subject="transport agent", code=code),)
    return actor, (replace(done, subject="virtual directory"),) if _FOLDER.match(cmdlet) else ()
