"""What rules about events share: making a finding of an activity, and weighing who did it."""

from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.model.activity import Act, Action, Activity, Actor
from iisight.model.event import Event
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.rule import RuleInfo

MAX_SHOWN = 400  # characters of a command line that evidence shows


def actions(activity: Activity, *acts: Act) -> Iterator[Action]:
    """Yield the actions of some kinds."""
    return (action for action in activity.actions if action.act in acts)


def event_finding(
    info: RuleInfo,
    activity: Activity,
    message: str,
    *,
    severity: Severity | None = None,
    confidence: Confidence | None = None,
    scope: str = "",
    more: Iterable[Evidence] = (),
) -> Finding:
    """Return what a rule says of an activity; severity and confidence are the rule's own unless given."""
    return Finding(
        rule=info.id,
        message=message,
        severity=severity or info.severity,
        confidence=confidence or info.confidence,
        evidence=(event_evidence(activity), *more),
        scope=scope,
    )


def event_evidence(activity: Activity) -> Evidence:
    """Return the record as evidence: where it stands, when it was written, and by what command."""
    event, command = activity.event, activity.actor.command
    when = "" if event.time is None else event.time.strftime("%Y-%m-%dT%H:%M:%SZ ")
    shown = command if len(command) <= MAX_SHOWN else f"{command[:MAX_SHOWN]}…"
    return Evidence(event.locator, f"{when}{source_of(event)}{f': {shown}' if shown else ''}")


def source_of(event: Event) -> str:
    """Return the log and the event id, as a person names them: `Sysmon 11`, `Security 4688`."""
    channel = event.channel or event.provider
    name = channel.partition("/")[0].removeprefix("Microsoft-Windows-").removeprefix("Microsoft-")
    return f"{name} {event.id}"


def by_whom(actor: Actor) -> str:
    r"""Return ` by CONTOSO\eve with C:\…\cmd.exe, started by w3wp.exe` as far as it is known; empty when nothing is."""
    who, tool = actor.user or actor.sid, actor.process
    if tool == "System":  # the kernel: a file share, a driver
        return f"{f' by {who}' if who else ''} through the kernel"
    parent = f", started by {paths.basename(actor.parent)}" if tool and actor.parent else ""
    return (f" by {who}" if who else "") + (f" with {tool}{parent}" if tool else "") + _setup(actor)


def _setup(actor: Actor) -> str:
    return f" (installer: {actor.installer})" if actor.installer else ""


def is_by_worker(actor: Actor) -> bool:
    """Tell whether a worker process did it, or a program that runs as an application pool (SIDs `S-1-5-82-…`)."""
    programs = {paths.lower(paths.basename(program)) for program in (actor.process, actor.parent)}
    return (
        "w3wp.exe" in programs
        or actor.user.lower().startswith("iis apppool\\")
        or actor.sid.upper().startswith("S-1-5-82-")
    )
