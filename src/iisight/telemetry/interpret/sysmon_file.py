"""Sysmon 2, 11, 15, 23, 26, 29: files made, deleted, given another time. Field names: Sysmon schema 4.90."""

from dataclasses import replace

from iisight.evidence import paths
from iisight.model.activity import STREAM, Action, Actor
from iisight.model.event import Event
from iisight.model.need import AllOf, literal
from iisight.telemetry.interpret import _files, _places
from iisight.telemetry.interpret._actors import sysmon
from iisight.telemetry.interpret._fields import text
from iisight.telemetry.interpret._places import Watch

READS = frozenset(("microsoft-windows-sysmon", i) for i in (2, 11, 15, 23, 26, 29))
NEED = AllOf((literal("Sysmon"), _places.NEED))

MARK = "zone.identifier"  # the stream in which browsers say where a file came from


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return what happened to a file."""
    actor, path = sysmon(event), text(event, "TargetFilename")
    if event.id == 2:
        old, new = text(event, "PreviousCreationUtcTime"), text(event, "CreationUtcTime")
        return actor, _files.retimed(path, actor.process, watch, old, new)
    if event.id in (23, 26):
        return actor, _files.deleted(path, actor.process, watch)
    if event.id == 15:
        return actor, _streamed(path, actor.process, watch, _note(event))
    return actor, _files.written(path, actor.process, watch, _note(event))


def _streamed(path: str, process: str, watch: Watch, note: str) -> tuple[Action, ...]:
    """Return the writing of a stream: the file that has it says whether it matters."""
    stream = paths.stream_of(path)
    file = path.removesuffix(f":{stream}") if stream else path
    done = _files.written(file, process, watch, note)
    if stream is None or stream.lower() == MARK:
        return done
    return tuple(replace(action, subject=paths.normal(path)) for action in done)


def _note(event: Event) -> str:
    if event.id == 29:
        return "executable"
    return f"{STREAM}{text(event, 'Contents')[:200]}" if event.id == 15 else ""
