"""Sysmon 1: what worker processes start, and what command lines do. Field names: Sysmon schema 4.90."""

from iisight.model.activity import Action, Actor
from iisight.model.event import Event
from iisight.model.need import AllOf, literal
from iisight.telemetry.interpret import _commands
from iisight.telemetry.interpret._actors import sysmon
from iisight.telemetry.interpret._fields import text
from iisight.telemetry.interpret._places import Watch

READS = frozenset({("microsoft-windows-sysmon", 1)})
NEED = AllOf((literal("Sysmon"), _commands.NEED))


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return what a started process does."""
    actor = sysmon(event)
    return actor, _commands.started(actor, text(event, "OriginalFileName"))


def actor_of(event: Event) -> Actor:
    """Return the process that was started, and who started it."""
    return sysmon(event)
