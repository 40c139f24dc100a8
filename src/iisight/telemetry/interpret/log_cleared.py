"""Security 1102 and System 104: a log was emptied. 1100, the service's end, comes with every shutdown: not read."""

from iisight.model.activity import Act, Action, Actor
from iisight.model.event import Event
from iisight.model.need import literal
from iisight.telemetry.interpret._fields import account, text
from iisight.telemetry.interpret._places import Watch

READS = frozenset(("microsoft-windows-eventlog", i) for i in (104, 1102))
NEED = literal("Eventlog")


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return which log was emptied."""
    actor = Actor(
        user=account(text(event, "SubjectDomainName"), text(event, "SubjectUserName")),
        sid=text(event, "SubjectUserSid") or event.user,
        logon=text(event, "SubjectLogonId"),
        pid=event.process if event.id == 104 else None,
    )
    backup = text(event, "BackupPath")
    note = f"kept as {backup}" if backup else ""
    channel = "Security" if event.id == 1102 else text(event, "Channel", 3)
    return actor, (Action(Act.CLEAR, "event log service", channel, note=note),)
