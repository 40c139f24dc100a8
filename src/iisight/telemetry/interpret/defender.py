r"""Microsoft Defender 1116, 1117, 5001 and 5007: what was found, and what Defender was told to leave alone.

`Path` holds `file:_C:\…; containerfile:_…`; names as public records have them.
"""

import re

from iisight.evidence import paths
from iisight.model.activity import Act, Action, Actor
from iisight.model.event import Event
from iisight.model.need import literal
from iisight.telemetry.interpret._actors import is_worker
from iisight.telemetry.interpret._fields import text
from iisight.telemetry.interpret._places import Watch, area_of

READS = frozenset(("microsoft-windows-windows defender", i) for i in (1116, 1117, 5001, 5007))
NEED = literal("Windows Defender")
TOOL = "Microsoft Defender"
MAX_PATHS = 64

_KIND = re.compile(r"[a-z]{2,20}:_?", re.IGNORECASE)
_EXCLUDED = re.compile(
    r"\\Exclusions\\(Paths|Processes|Extensions)\\(.{1,2000}?)(?:\s=\s0x[0-9a-f]+)?\s*\Z", re.IGNORECASE
)


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return what was found or exempted."""
    if event.id == 5001:
        return Actor(sid=event.user), (Action(Act.EXEMPT, TOOL, note="real-time protection was switched off"),)
    if event.id == 5007:
        return Actor(sid=event.user), _exempted(text(event, "New Value"))
    actor = Actor(user=text(event, "Detection User"), process=_process(event))
    found = _found(text(event, "Path"))
    name = text(event, "Threat Name")
    note = text(event, "Action Name")
    worker = is_worker(actor.process)
    hits = [(path, area) for path in found if (area := area_of(path, watch, by_worker=worker))]
    return actor, tuple(
        Action(Act.DETECT, TOOL, paths.normal(path), name=name, new=area.value, note=note) for path, area in hits
    )


def _process(event: Event) -> str:
    process = text(event, "Process Name")
    return "" if process.lower() == "unknown" else process


def _found(text_: str) -> list[str]:
    parts = (part.strip() for part in text_.split(";")[:MAX_PATHS])
    bare = (_KIND.sub("", part, count=1) if _KIND.match(part) else part for part in parts)
    return list(dict.fromkeys(part.split("->")[0] for part in bare if part))


def _exempted(new: str) -> tuple[Action, ...]:
    match = _EXCLUDED.search(new[:4096])
    if match is None:
        return ()
    return (Action(Act.EXEMPT, TOOL, match[2].strip(), name=match[1].lower(), new=new),)
