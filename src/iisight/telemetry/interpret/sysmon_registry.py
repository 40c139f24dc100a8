"""Sysmon 13 and 14: registry values that were set or renamed. 12, keys made and deleted, says no value."""

from iisight.model.activity import Action, Actor
from iisight.model.event import Event
from iisight.model.need import AllOf, literal
from iisight.telemetry.interpret import _registry
from iisight.telemetry.interpret._actors import sysmon
from iisight.telemetry.interpret._fields import text
from iisight.telemetry.interpret._places import Watch

READS = frozenset(("microsoft-windows-sysmon", i) for i in (13, 14))
NEED = AllOf((literal("Sysmon"), _registry.NEED))


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return what was set."""
    if event.id == 14:
        return sysmon(event), _registry.value_set(text(event, "NewName"), "", watch, text(event, "TargetObject"))
    return sysmon(event), _registry.value_set(text(event, "TargetObject"), text(event, "Details"), watch)
