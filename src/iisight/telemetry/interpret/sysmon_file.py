"""Sysmon 2, 11, 15, 23, 26, 29: files made, deleted, given another time. Field names: Sysmon schema 4.90."""

from iisight.model.activity import Action, Actor
from iisight.model.event import Event
from iisight.model.need import AllOf, literal
from iisight.telemetry.interpret import _files, _places
from iisight.telemetry.interpret._actors import sysmon
from iisight.telemetry.interpret._fields import text
from iisight.telemetry.interpret._places import Watch

READS = frozenset(("microsoft-windows-sysmon", i) for i in (2, 11, 15, 23, 26, 29))
NEED = AllOf((literal("Sysmon"), _places.NEED))


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return what happened to a file."""
    actor, path = sysmon(event), text(event, "TargetFilename")
    if event.id == 2:
        old, new = text(event, "PreviousCreationUtcTime"), text(event, "CreationUtcTime")
        return actor, _files.retimed(path, actor.process, watch, old, new)
    if event.id in (23, 26):
        return actor, _files.deleted(path, actor.process, watch)
    return actor, _files.written(path, actor.process, watch, _note(event))


def _note(event: Event) -> str:
    if event.id == 29:
        return "executable"
    stream = text(event, "Contents") if event.id == 15 else ""
    return f"alternate data stream: {stream[:200]}" if stream else ""
