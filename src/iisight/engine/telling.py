"""Say in one sentence what an activity did, and in one line who did it."""

import re
from collections.abc import Sequence

from iisight.evidence import paths
from iisight.model.activity import API, FILES, WORKER, Act, Action, Activity, Actor

MAX_COMMAND = 300  # characters of a command line

_NOTHING = "something"
_PLAIN = frozenset({FILES, "process", WORKER, API})  # the source says it already
_POOL = re.compile(r"""\s-ap\s+(?:"([^"]{1,128})"|(\S{1,128}))""", re.IGNORECASE)
_SENTENCES = {
    Act.REGISTER: "registered {thing}",
    Act.UNREGISTER: "took {thing} out of the configuration",
    Act.CONFIGURE: "changed {thing}",
    Act.UNLOCK: "unlocked {thing}",
    Act.RESTORE: "replaced the configuration: {thing}",
    Act.COMMIT: "changes of the configuration were written: {thing}",
    Act.EXPOSE: "listed credentials: {thing}",
    Act.INSTALL: "installed {thing}",
    Act.WRITE: "{thing} was written",
    Act.DELETE: "{thing} was deleted",
    Act.RETIME: "{thing} was given another time",
    Act.SET_VALUE: "registry value {thing} was set",
    Act.START: "{thing} was started",
    Act.LOAD: "{thing} was loaded",
    Act.LOAD_FAILED: "{thing} could not be loaded",
    Act.FAULT: "fault: {thing}",
    Act.BLIND: "logging was switched off or thinned out: {thing}",
    Act.CLEAR: "{thing} was emptied or deleted",
    Act.EXEMPT: "protection was told not to look at {thing}",
    Act.DETECT: "protection reported {thing}",
}


def sentence(activity: Activity) -> str:
    """Return what was done; the Sigma rules that match, when nothing is known of the deed itself."""
    told = dict.fromkeys(_sentence(action) for action in activity.actions)
    if told:
        return "; ".join(told)
    rules = f" ({', '.join(activity.sigma)})" if activity.sigma else ""
    return f"{activity.event.provider or activity.event.channel} event {activity.event.id}{rules}"


def who(actor: Actor, ancestors: Sequence[str] = ()) -> str:
    r"""Return `CONTOSO\eve, explorer.exe > cmd.exe > appcmd.exe install module …`, as far as it is known."""
    own = (_program(actor.parent, actor.parent_command, alone=True), _program(actor.process, actor.command))
    chain = [*map(paths.basename, ancestors), *filter(None, own)]
    return ", ".join(part for part in (actor.user or actor.sid, " > ".join(chain)) if part)


def _program(path: str, command: str, *, alone: bool = False) -> str:
    """Return a program as it was called; of a worker process its pool; `alone`: without its command."""
    name = paths.basename(path)
    pool = _POOL.search(command[:MAX_COMMAND]) if name.lower() == "w3wp.exe" else None
    if pool is not None:
        return f"{name} of pool '{pool[1] or pool[2]}'"
    command = command.strip()
    if alone or not command:
        return name
    return command if len(command) <= MAX_COMMAND else f"{command[:MAX_COMMAND]}…"


def thing(action: Action) -> str:
    """Return what an action is about: its name, code, section and scope."""
    if action.subject and (action.tool == FILES or action.act is Act.LOAD):
        return action.subject  # its name is that of the area
    name = f"'{action.name}'" if action.name and action.name != action.code else ""
    code = f"{'→ ' if name else ''}{action.code}" if action.code else ""
    place = action.section or action.subject
    section = f"in {place}" if place and (name or code) else place
    scope = f"for {action.scope}" if action.scope else ""
    return " ".join(part for part in (name, code, section, scope) if part) or _NOTHING


def _sentence(action: Action) -> str:
    setting = action.act is Act.REGISTER and bool(action.old) and action.new != action.code
    act = Act.CONFIGURE if setting else action.act  # one attribute of what was registered before
    text = _SENTENCES[act].format(thing=thing(action)).removesuffix(f": {_NOTHING}")
    failed = "tried and failed: " if action.failed else ""
    tool = failed if action.tool in _PLAIN else f"{action.tool}: {failed}"
    is_whole = action.act is Act.REGISTER and action.new == action.code
    is_told = is_whole or action.act is Act.START  # its command line is told with the person
    change = "" if is_told or not (action.old or action.new) else _change(action)
    note = "" if is_whole and action.note.startswith("@") else action.note
    return f"{tool}{text}{change}{f' [{note}]' if note else ''}"


def _change(action: Action) -> str:
    return f" ({action.old or 'nothing'} → {action.new or 'nothing'})"
