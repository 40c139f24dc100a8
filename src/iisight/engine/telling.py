"""Say in one sentence what an activity did, and in one line who did it."""

from collections.abc import Sequence

from iisight.evidence import paths
from iisight.model.activity import Act, Action, Activity, Actor

MAX_COMMAND = 300  # characters of a command line

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
    chain = [paths.basename(path) for path in (*ancestors, actor.parent, actor.process) if path]
    command = actor.command.strip()
    if command:
        shown = command if len(command) <= MAX_COMMAND else f"{command[:MAX_COMMAND]}…"
        chain = [*chain[:-1], shown] if actor.process else [*chain, shown]
    return ", ".join(part for part in (actor.user or actor.sid, " > ".join(chain)) if part)


def thing(action: Action) -> str:
    """Return what an action is about: its name, code, section and scope."""
    name = f"'{action.name}'" if action.name else ""
    code = f"{'→ ' if name else ''}{action.code}" if action.code else ""
    place = action.section or action.subject
    section = f"in {place}" if place and (name or code) else place
    scope = f"for {action.scope}" if action.scope else ""
    return " ".join(part for part in (name, code, section, scope) if part) or "something"


def _sentence(action: Action) -> str:
    text = _SENTENCES[action.act].format(thing=thing(action))
    change = f" ({action.old or 'nothing'} → {action.new or 'nothing'})" if action.old or action.new else ""
    note = f" [{action.note}]" if action.note else ""
    return f"{action.tool}: {text}{change}{note}"
