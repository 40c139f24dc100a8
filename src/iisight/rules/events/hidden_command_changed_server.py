"""IIS326: a command that changes the web server was encoded or hidden, or its program renamed."""

import re
from collections.abc import Iterable

from iisight.model.activity import Act, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import by_whom, event_finding, is_by_worker
from iisight.rules.configuration._weights import ODD, PROOF, UNKNOWN
from iisight.rules.events._code import weighed

INFO = RuleInfo(
    id="IIS326",
    title="Hidden command that changes the web server",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=(),
    attack=("T1505.004", "T1027.010", "T1036.003"),
)

_SURE = ("-encodedcommand", "renamed ", "under another name", "name hidden by backticks")
_CARETS, _VARIABLES = "name hidden by carets", "name hidden by variables"
_INSIDE = re.compile(r"\w\^+\w")  # a caret at the end of a line or before an operator hides nothing
_QUIET = frozenset({Act.START, Act.LOAD, Act.LOAD_FAILED, Act.FAULT, Act.COMMIT, Act.DETECT})


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield how it was hidden and what it does; tools of administration encode commands too, but not these."""
    found: dict[str, list[str]] = {}
    for action in activity.actions:
        note = "" if action.act in _QUIET else _hidden(action.note, activity.actor.command)
        if note:
            found.setdefault(note, []).append(action.section or action.subject or action.name or "the server")
    for note, subjects in found.items():
        weight = PROOF if is_by_worker(activity.actor) else UNKNOWN if note == _VARIABLES else ODD
        severity, confidence = weighed(weight, installer=activity.actor.installer)
        what = ", ".join(dict.fromkeys(subjects[:4]))
        message = f"a command that changes {what} was hidden ({note}){by_whom(activity.actor)}"
        yield event_finding(INFO, activity, message, severity=severity, confidence=confidence)


def _hidden(note: str, command: str) -> str:
    """Return the part of a note that says how a command was hidden."""
    for part in note.split("; "):
        if part.lower().startswith(_SURE) or part.endswith(_SURE[2]) or part == _VARIABLES:
            return part
        if part == _CARETS and (not command or _INSIDE.search(command)):
            return part
    return ""
