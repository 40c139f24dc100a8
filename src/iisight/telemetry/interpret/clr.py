"""The CLR's own events where a trace was exported: 152 module, 154 assembly. Names: .NET ETW loader events.

The process is known by its number alone, so only what no framework has, or lies in a place of the server, is told.
"""

from iisight.catalogue.lookup import catalogue
from iisight.catalogue.names import parse_type
from iisight.evidence import paths
from iisight.model.activity import Act, Action, Actor
from iisight.model.event import Event
from iisight.model.need import literal
from iisight.telemetry.interpret._fields import text
from iisight.telemetry.interpret._places import Area, Watch, area_of

READS = frozenset(("microsoft-windows-dotnetruntime", i) for i in (152, 154))
NEED = literal("DotNETRuntime")
TOOL = ".NET runtime"


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return what was loaded."""
    actor = Actor(sid=event.user, pid=event.process)
    if event.id == 152:
        return actor, _module(text(event, "ModuleILPath"), text(event, "ManagedPdbBuildPath"), watch)
    name = text(event, "FullyQualifiedAssemblyName", 5)
    parsed = parse_type(f"_, {name}")
    if not name or catalogue().is_framework_assembly(parsed.assembly, parsed.token or None):
        return actor, ()
    return actor, (Action(Act.LOAD, TOOL, name=name.partition(",")[0].strip(), code=name),)


def _module(path: str, pdb: str, watch: Watch) -> tuple[Action, ...]:
    area = area_of(path, watch)
    if area is None or area is Area.GAC:
        return ()
    note = f"built as {pdb}" if pdb else ""
    return (Action(Act.LOAD, TOOL, paths.normal(path), name=area.value, code=paths.normal(path), note=note),)
