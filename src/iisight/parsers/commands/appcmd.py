"""AppCmd: `VERB OBJECT [ID] /name:value …` (learn.microsoft.com, "Getting Started with AppCmd.exe")."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from iisight.model.activity import Act, Action
from iisight.parsers.commands.changes import Change, Op, full_section, to_action

TOOL = "AppCmd"
MAX_PARAMETERS = 512

_GLOBAL, _MODULES = "system.webServer/globalModules", "system.webServer/modules"
_SITES, _POOLS = "system.applicationHost/sites", "system.applicationHost/applicationPools"
_OBJECTS = {"site": _SITES, "app": _SITES, "vdir": _SITES, "apppool": _POOLS}
_SWITCHES = frozenset((  # what is no attribute: `appcmd /?`, "Getting Started with AppCmd.exe"
    "section", "commit", "apphostconfig", "text", "@t", "@text", "@x", "xml", "config", "in", "debug", "clr",
    "lockelements", "lockattributes", "lockallattributesexcept", "lockallelementsexcept", "lockitem", "?",
    "delete", "configuration", "zip",
))  # fmt: skip
_SECRETS = ("applicationpools", "sites", "anonymousauthentication", "connectionstrings", "configurationredirection")
_PAIR = re.compile(r"\s*@?([\w.]{1,64})\s*=\s*(?:'([^']{0,4096})'|\"([^\"]{0,4096})\"|([^,\]'\"]{0,4096}))\s*,?")
_STEP = re.compile(r"\.?(?:([A-Za-z_@][\w]{0,63})|\[([^\]'\"]*(?:'[^']*'[^\]'\"]*|\"[^\"]*\"[^\]'\"]*){0,64})\])")


@dataclass(slots=True)
class Line:
    """A line of AppCmd taken apart; names in lower case, values as written."""

    verb: str = ""
    object: str = ""
    id: str = ""
    parameters: list[tuple[str, str]] = field(default_factory=list)  # in order; name as written without its `/`

    def get(self, name: str) -> str | None:
        """Return the last value of a parameter, empty for one without value, None when it is not there."""
        return next((value for key, value in reversed(self.parameters) if key.lower() == name), None)


def read(arguments: Sequence[str]) -> Line:
    """Return the words after `appcmd` taken apart."""
    line, plain = Line(), []
    for word in arguments[:MAX_PARAMETERS]:
        if len(word) > 1 and word[0] in "/-":
            name, value = _parameter(word[1:])
            line.parameters.append((name, value))
        elif word:
            plain.append(word)
    verb, what, line.id = (*plain[:3], "", "", "")[:3]
    line.verb, line.object = verb.lower(), what.lower()
    line.object = line.object.removesuffix("s") if line.object not in ("", "s") else line.object
    return line


def is_unmistakable(arguments: Sequence[str]) -> bool:
    """Tell whether these words can only be AppCmd's, whatever the program is called."""
    line = read(arguments)
    named = bool(line.get("name") or line.id)
    if (line.verb, line.object) == ("install", "module"):
        return named and line.get("image") is not None
    if (line.verb, line.object) == ("add", "module"):
        return named and line.get("type") is not None
    configures = line.object == "config" and line.verb in ("set", "clear", "unlock", "lock", "reset")
    return configures and line.get("section") is not None


def actions(arguments: Sequence[str]) -> Iterator[Action]:
    """Yield what a line of AppCmd does; a line that only reads does nothing, unless it shows credentials."""
    line = read(arguments)
    if line.get("?") is not None:
        return
    reader = {
        "module": _module,
        "config": _config,
        "backup": _backup,
        "trace": _trace,
        **dict.fromkeys(_OBJECTS, _object),
    }.get(line.object)
    if reader is not None:
        yield from reader(line)


def _parameter(text: str) -> tuple[str, str]:
    """Split at the first colon outside brackets."""
    depth, quote = 0, ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif depth and char in "'\"":
            quote = char
        elif char in "[]":
            depth += 1 if char == "[" else -1
        elif char == ":" and not depth:
            return text[:at], text[at + 1 :].strip('"')
    return text, ""


def _module(line: Line) -> Iterator[Action]:
    name = line.get("name") or line.get("module.name") or line.id
    scope = line.get("app.name") or ""
    note = "what is named comes from its input (/in)" if line.get("in") is not None else ""
    keys = {"name": name}
    if line.verb == "install":
        only = (line.get("add") or "").lower() == "false"
        change = Change(_GLOBAL, Op.ADD, keys=keys | {"image": line.get("image") or ""}, scope=scope)
        yield _noted(to_action(change, TOOL), "not enabled for requests: /add:false" if only else note)
    elif line.verb == "uninstall":
        yield _noted(to_action(Change(_GLOBAL, Op.REMOVE, keys=keys, scope=scope), TOOL), note)
    elif line.verb == "add":
        change = Change(_MODULES, Op.ADD, keys=keys | {"type": line.get("type") or ""}, scope=scope)
        yield _noted(to_action(change, TOOL), note)
    elif line.verb == "delete":
        yield _noted(to_action(Change(_MODULES, Op.REMOVE, keys=keys, scope=scope), TOOL), note)
    elif line.verb == "set":
        given = {key.lower(): value for key, value in line.parameters if key.lower() in ("type", "precondition")}
        change = Change(_MODULES, Op.ADD, keys=keys | given, scope=scope)
        yield _noted(to_action(change, TOOL), note or "registration changed")


def _config(line: Line) -> Iterator[Action]:
    sections = [value for key, value in line.parameters if key.lower() == "section"]
    first = sections[0] if sections else line.get("configuration") or ""
    if line.verb == "list":
        if _shows(first):
            yield _exposed(full_section(first), line.id, "" if first else "the whole configuration")
    elif line.verb == "set":
        yield from _set(line, first)
    elif line.verb in ("clear", "reset"):
        for section in sections or [""]:
            yield to_action(Change(section, Op.CLEAR, scope=line.id), TOOL)
    elif line.verb in ("unlock", "lock"):
        act = Act.UNLOCK if line.verb == "unlock" else Act.CONFIGURE
        for section in sections or [""]:
            note = "" if act is Act.UNLOCK else "locked"
            yield Action(act, TOOL, section=full_section(section), scope=line.id, note=note)
    elif line.verb == "migrate":
        yield Action(Act.RESTORE, TOOL, scope=line.id, note="migrated to integrated mode")


def _set(line: Line, section: str) -> Iterator[Action]:
    found = False
    for key, value in line.parameters:
        low = key.lower()
        if low == "section":
            section = value
        elif low == "overridemode":
            found = True
            act = Act.UNLOCK if value.lower() == "allow" else Act.CONFIGURE
            yield Action(act, TOOL, section=full_section(section), scope=line.id, name="overrideMode", new=value)
        elif low not in _SWITCHES:
            found = True
            yield to_action(_edit(section, key, value, line.id), TOOL)
    if not found and line.get("in") is not None:
        yield Action(
            Act.CONFIGURE, TOOL, section=full_section(section), scope=line.id, note="what is set comes from its input"
        )


def _edit(section: str, key: str, value: str, scope: str) -> Change:
    """Return what `+path.[…]`, `-path.[…]` or `path.[…].attribute:value` changes."""
    op = {"+": Op.ADD, "-": Op.REMOVE}.get(key[:1], Op.SET)
    names, keys = _path(key.lstrip("+-"))
    attribute = ""
    if op is Op.SET and not keys:
        attribute, names = ".".join(names), []
    elif op is Op.SET and names:
        attribute, names = ".".join(names[-1:]), names[:-1]
        if names and not key.lower().endswith("]." + attribute.lower()) and "[" in key:
            tail = key.rpartition("]")[2].lstrip(".")
            attribute, names = tail, names[: len(names) - tail.count(".")]
    elif not keys and names:
        attribute, names = ".".join(names), []
    return Change(section, op, ".".join(names), keys, attribute, value, scope)


def _path(text: str) -> tuple[list[str], dict[str, str]]:
    """Return the names of a path and the attributes of its last entry."""
    names: list[str] = []
    keys: dict[str, str] = {}
    at = 0
    while (step := _STEP.match(text, at)) is not None and step.end() > at:
        at = step.end()
        if step[1]:
            names.append(step[1])
            continue
        keys = {pair[1]: pair[2] or pair[3] or (pair[4] or "").strip() for pair in _PAIR.finditer(step[2])}
    return names, keys


def _object(line: Line) -> Iterator[Action]:
    section = _OBJECTS[line.object]
    name = line.id or line.get(f"{line.object}.name") or line.get("name") or ""
    if line.verb == "list":
        if _shows_secrets(line):
            yield _exposed(section, line.id, "")
    elif line.verb == "delete":
        yield Action(Act.CONFIGURE, TOOL, section=section, name=name, note=f"{line.object} deleted")
    elif line.verb == "add":
        path = line.get("physicalpath") or line.get("path") or ""
        new = path if line.object != "apppool" else ""
        name = line.get("name") or line.get("site.name") or line.get("app.name") or name
        yield Action(Act.CONFIGURE, TOOL, section=section, name=name, new=new, note=f"{line.object} added")
        yield from (action for action in _settings(line, section, name) if action.act is not Act.CONFIGURE)
    elif line.verb == "set":
        yield from _settings(line, section, name)


def _settings(line: Line, section: str, name: str) -> Iterator[Action]:
    ignored = {"name", "site.name", "app.name", "vdir.name", "apppool.name", "id", "bindings", "path", *_SWITCHES}
    if line.verb == "add":
        ignored.add("physicalpath")
    for key, value in line.parameters:
        if key.lower() not in ignored:
            edit = _edit(section, key, value, "")
            keys = edit.keys if edit.element or edit.op is not Op.SET else {"name": name, **edit.keys}
            scope = name if keys is edit.keys else ""
            yield to_action(replace(edit, keys=keys, scope=scope), TOOL)


def _backup(line: Line) -> Iterator[Action]:
    if line.verb == "restore":
        yield Action(Act.RESTORE, TOOL, name=line.id or line.get("backup.name") or "", note="backup restored")
    elif line.verb == "delete":
        yield Action(Act.DELETE, TOOL, name=line.id or line.get("backup.name") or "", note="configuration backup")


def _trace(line: Line) -> Iterator[Action]:
    if line.verb == "configure":
        yield Action(Act.CONFIGURE, TOOL, section=_SITES, name=line.id, note="failed request tracing")


def _shows(section: str) -> bool:
    return not section or full_section(section).rpartition("/")[2].lower() in _SECRETS


def _shows_secrets(line: Line) -> bool:
    if line.object not in ("apppool", "vdir", "app", "site"):
        return False
    shown = next((value for name in ("text", "@t", "@text", "@x") if (value := line.get(name)) is not None), None)
    if shown is not None and ("*" in shown or "password" in shown.lower()):
        return True
    return line.get("config") is not None or any(key.lower() in ("config*", "text*") for key, _ in line.parameters)


def _exposed(section: str, scope: str, note: str) -> Action:
    return Action(Act.EXPOSE, TOOL, section=section, scope=scope, note=note)


def _noted(action: Action, note: str) -> Action:
    return replace(action, note=note) if note else action
