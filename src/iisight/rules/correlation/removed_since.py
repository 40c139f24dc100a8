"""IIS502: an event tells of code that was registered, and the configuration no longer has it."""

from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.activity import API, Act, Action, Activity
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from iisight.rules._case import Case
from iisight.rules._common import Options, finding
from iisight.rules._events import by_whom, event_evidence
from iisight.rules.correlation._joins import acts, file_of, is_exposed, is_one_host

INFO = RuleInfo(
    id="IIS502",
    title="Code that was registered and is gone",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    mechanisms=(),
    attack=("T1505.004", "T1070"),
)
_SECTIONS = ("globalmodules", "modules", "isapifilters", "handlers")  # entries that have names and stand by themselves


def check(case: Case, options: Options) -> Iterable[Finding]:
    """Yield each registration that an event tells of and no configuration of the evidence has."""
    inventory = case.inventory
    if inventory is None or not is_one_host(case) or not any(s.in_force and s.apphost for s in inventory.servers):
        return
    present = set(_present(inventory))
    read = {paths.fold(document.path) for _, document in inventory.documents}
    told: set[tuple[str, str]] = set()
    for activity, action in acts(case, Act.REGISTER):
        key = action.section.lower(), action.name.casefold()
        if key in told or activity.actor.installer or not _is_meant(action, read):
            continue
        if not present & {action.name.casefold(), file_of(action.code) or action.code.casefold()}:
            told.add(key)
            yield _finding(case, activity, action)


def _present(inventory: Inventory) -> Iterator[str]:
    """Yield the names and files of everything registered anywhere, folded."""
    for component in inventory.components:
        if component.registrations:
            yield component.name.casefold()
            yield paths.fold(component.image) if component.image else (component.type or "").casefold()


def _is_meant(action: Action, read: set[str]) -> bool:
    """Tell whether the file that was changed is in the evidence: else nobody knows what it has now."""
    if not action.code or not action.name or action.section.lower().rpartition("/")[2] not in _SECTIONS:
        return False
    if action.scope:
        return bool(action.subject) and paths.fold(action.subject) in read
    return True


def _finding(case: Case, activity: Activity, action: Action) -> Finding:
    time = activity.event.time
    removals = [
        a
        for a, gone in acts(case, Act.UNREGISTER, Act.RESTORE)
        if (gone.act is Act.RESTORE or gone.name.casefold() == action.name.casefold())
        and (a.event.time is None or time is None or a.event.time >= time)
    ]
    when = "" if time is None else f" at {time:%Y-%m-%d %H:%M:%SZ}"
    gone = f"; it was taken out{by_whom(removals[0].actor)}" if removals else "; nothing tells who took it out"
    text = (
        f"'{action.name}' ({action.code}) was registered in {action.section}{when}{by_whom(activity.actor)}"
        f" and is no longer in the configuration{gone}"
    )
    evidence = [event_evidence(activity), *(event_evidence(a) for a in removals[:3])]
    apphost = (
        next((s.apphost for s in case.inventory.servers if s.in_force and s.apphost), None) if case.inventory else None
    )
    if apphost is not None:
        evidence.append(Evidence(Locator(apphost.path, origin=apphost.origin), "does not have it"))
    exposed = is_exposed(action.code)
    confidence = None if action.tool == API else Confidence.LOW  # a command may have failed
    return finding(INFO, text, evidence, severity=Severity.MEDIUM if exposed else None, confidence=confidence)
