"""Security 4688: processes that were started, with or without their command lines. Older Windows names no parent."""

from dataclasses import replace

from iisight.model.activity import Action, Actor
from iisight.model.event import Event
from iisight.model.need import AllOf, literal
from iisight.telemetry.interpret import _commands
from iisight.telemetry.interpret._actors import audited, installer
from iisight.telemetry.interpret._fields import number, text
from iisight.telemetry.interpret._places import Watch

READS = frozenset({("microsoft-windows-security-auditing", 4688)})
NEED = AllOf((literal("Security-Auditing"), _commands.NEED))


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return what a started process does."""
    actor = actor_of(event)
    return actor, _commands.started(actor)


def actor_of(event: Event) -> Actor:
    """Return the process that was started, and who started it."""
    process, parent = text(event, "NewProcessName"), text(event, "ParentProcessName")
    return replace(
        audited(event),
        process=process,
        command=text(event, "CommandLine"),
        pid=number(text(event, "NewProcessId")),
        parent=parent,
        installer=installer(process, parent),
    )
