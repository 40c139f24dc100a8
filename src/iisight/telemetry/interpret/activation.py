"""WAS and the Application Host Helper Service in the System and Application logs: pools that failed, history lost."""

from iisight.model.activity import Act, Action, Actor
from iisight.model.event import Event
from iisight.model.need import any_of
from iisight.telemetry.interpret._actors import recorded
from iisight.telemetry.interpret._fields import lines, number
from iisight.telemetry.interpret._places import Watch

_WHY = {
    5002: "pool was switched off after a series of failures",
    5009: "worker process ended unexpectedly",
    5010: "worker process did not answer",
    5011: "worker process lost its connection",
    5053: "worker process could not be started",
    5127: "worker process is not trusted",
    5172: "configuration could not be read",
    5173: "configuration could not be read",
}
_HISTORY = (9007, 9009)
_WAS = ("microsoft-windows-was",)
_HELPER = ("microsoft-windows-iis-apphostsvc",)
READS = frozenset({(n, i) for n in _WAS for i in _WHY} | {(n, i) for n in _HELPER for i in _HISTORY})
NEED = any_of("Microsoft-Windows-WAS", "IIS-APPHOSTSVC")


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return what failed."""
    if event.id in _HISTORY:
        action = Action(Act.FAULT, "Application Host Helper Service", note="configuration history could not be written")
        return recorded(event), (action,)
    names = [value.strip() for value in lines(event) if value.strip() and number(value) is None]
    action = Action(Act.FAULT, "WAS", name=names[0] if names else "", note=_WHY[event.id])
    return recorded(event), (action,)
