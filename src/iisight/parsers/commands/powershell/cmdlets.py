"""Cmdlets: their parameters bound as PowerShell does, and what they do to the server."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from iisight.model.activity import Act, Action
from iisight.parsers.commands.changes import Change, Op, full_section, is_section, to_action
from iisight.parsers.commands.places import deleted, touched, written
from iisight.parsers.commands.powershell.objects import created
from iisight.parsers.commands.powershell.values import Node, Value, items_of, table_of, text_of
from iisight.parsers.commands.tables import read_table
from iisight.parsers.commands.tools import registry, stopped

WEB, IIS = "WebAdministration", "IISAdministration"
_GLOBAL, _MODULES, _HANDLERS = "system.webServer/globalModules", "system.webServer/modules", "system.webServer/handlers"
_SITE = re.compile(r"(?:IIS:\\Sites|MACHINE/WEBROOT/APPHOST)[\\/]?(.*)", re.IGNORECASE)
_POOL = re.compile(r"IIS:\\AppPools\\([^\\]+)", re.IGNORECASE)
_PREDICATE = re.compile(r"@?([\w.]{1,64})\s*=\s*(?:'([^']*)'|\"([^\"]*)\")")
_TIMES = ("creationtime", "lastwritetime", "lastaccesstime")
_FEATURES = ("web-", "iis-", "was-")


@dataclass(slots=True)
class Call:
    """A cmdlet's call: what it was given by position, by name, and through the pipe."""

    name: str  # in lower case, no alias
    positional: list[Value] = field(default_factory=list)
    named: dict[str, Value] = field(default_factory=dict)
    piped: Value = None

    def get(self, *names: str) -> str:
        """Return the first of these parameters that was given, as text."""
        return next((text_of(self.named[name]) for name in names if name in self.named), "")


@dataclass(frozen=True, slots=True)
class Signature:
    """What a cmdlet can be given."""

    name: str
    positional: tuple[str, ...]
    names: tuple[str, ...]
    switches: tuple[str, ...]


@cache
def signatures() -> Mapping[str, Signature]:
    """Return the cmdlets of the table by name and alias, in lower case."""
    found: dict[str, Signature] = {}
    for name, positional, other, switches, aliases in read_table("cmdlets"):
        places = tuple(positional.split())
        signature = Signature(name.lower(), places, (*places, *other.split()), tuple(switches.split()))
        found.update(dict.fromkeys((name.lower(), *aliases.split()), signature))
    return found


def parameter(signature: Signature, written_name: str) -> str:
    """Return the parameter an abbreviation stands for; as written when it is none or not clear."""
    low = written_name.lower()
    known = (*signature.names, *signature.switches)
    if low in known:
        return low
    fitting = [name for name in known if name.startswith(low)]
    return fitting[0] if fitting and low else low


def bind(call: Call, signature: Signature) -> Call:
    """Return a call with its positional arguments under their names."""
    free = [name for name in signature.positional if name not in call.named]
    named = {**call.named, **dict(zip(free, call.positional, strict=False))}
    return replace(call, name=signature.name, named=named)


def run(call: Call, actions: list[Action]) -> Value:
    """Return what a bound call gives; what it does to the server is appended to `actions`."""
    if call.name == "new-object":
        return created(call.get("comobject", "typename"))
    if call.name in ("get-item", "get-childitem"):
        return [Node("file", path=text_of(path)) for path in items_of(_paths(call))[:64]]
    if call.name.startswith("get-iisconfig"):
        return _reached(call)
    handler = _HANDLED.get(call.name)
    if handler is not None:
        actions.extend(handler(call))
    return None


def _paths(call: Call) -> Value:
    value = call.named.get("literalpath", call.named.get("path", call.piped))
    return [item.path if isinstance(item, Node) else item for item in items_of(value)]


def _module(call: Call) -> Iterator[Action]:
    verb = call.name.partition("-")[0]
    keys = {name: call.get(name) for name in ("name", "image", "type") if call.get(name)}
    registers = "global" in call.name and verb not in ("enable", "disable")
    section = _GLOBAL if registers else _MODULES
    op = Op.REMOVE if verb in ("remove", "disable") else Op.ADD
    yield to_action(Change(section, op, keys=keys, scope=_scope(call)), WEB)


def _handler(call: Call) -> Iterator[Action]:
    keys = {name: call.get(name) for name in ("name", "scriptprocessor", "type", "path") if call.get(name)}
    op = Op.REMOVE if call.name.startswith("remove") else Op.ADD
    yield to_action(Change(_HANDLERS, op, keys=keys, scope=_scope(call)), WEB)


def _property(call: Call) -> Iterator[Action]:
    name = call.get("name").strip(".").strip("@")
    verb = call.name.partition("-")[0]
    for written_filter in items_of(call.named.get("filter", "")):
        base = _located(text_of(written_filter), _scope(call))
        for value in items_of(call.named.get("value")) or [""]:
            yield from _valued(base, verb, name, value)
        at = table_of(call.named.get("atelement"))
        if verb == "remove":
            yield to_action(replace(base, op=Op.REMOVE, keys={**base.keys, **at}, element=base.element or name), WEB)


def _valued(base: Change, verb: str, name: str, value: Value) -> Iterator[Action]:
    table = table_of(value)
    if verb == "add" and table:
        element = ".".join(filter(None, (base.element, name)))
        yield to_action(replace(base, op=Op.ADD, keys=table, element=element), WEB)
    elif table:
        path = f"{name}." if name else ""
        for key, held in table.items():
            yield to_action(replace(base, op=Op.SET, attribute=path + key, value=held), WEB)
    elif verb != "remove" and name.lower() == "overridemode":
        yield _override(base, text_of(value))
    elif verb != "remove":
        attribute = ".".join(filter(None, ("" if base.keys else base.element, base.attribute or name)))
        yield to_action(replace(base, op=Op.SET, attribute=attribute, value=text_of(value)), WEB)


def _override(base: Change, value: str) -> Action:
    act = Act.UNLOCK if value.lower() == "allow" else Act.CONFIGURE
    section = full_section(base.section)
    return Action(act, WEB, section=section, name="overrideMode", new=value, scope=base.scope)


def _configuration(call: Call) -> Iterator[Action]:
    base = _located(call.get("filter"), _scope(call))
    verb = call.name.partition("-")[0]
    if verb == "clear":
        op = Op.REMOVE if base.keys else Op.CLEAR
        yield to_action(replace(base, op=op), WEB)
    elif "overridemode" in call.get("metadata").lower():
        yield _override(base, text_of(call.named.get("value")))
    else:
        yield from _valued(base, verb, "", call.named.get("value"))


def _lock(call: Call) -> Iterator[Action]:
    act = Act.UNLOCK if call.name.startswith("remove") else Act.CONFIGURE
    base = _located(call.get("filter"), _scope(call))
    note = "" if act is Act.UNLOCK else "locked"
    yield Action(act, WEB, section=full_section(base.section), scope=base.scope, note=note)


def _restore(call: Call) -> Iterator[Action]:
    tool = WEB if call.name == "restore-webconfiguration" else IIS
    note = {"enable-iissharedconfig": "shared configuration", "restore-webconfiguration": "backup restored"}
    yield Action(Act.RESTORE, tool, name=call.get("name", "physicalpath"), note=note.get(call.name, "imported"))


def _reached(call: Call) -> Value:
    parent = call.named.get("configelement", call.named.get("configcollection", call.piped))
    if call.name == "get-iisconfigsection":
        return Node(
            "section", IIS, call.get("sectionpath"), scope=_host_scope(call.get("commitpath") or call.get("location"))
        )
    if not isinstance(parent, Node):
        return None
    if call.name == "get-iisconfigcollectionelement":
        return replace(parent, kind="element", keys=table_of(call.named.get("configattribute")))
    element = call.get("collectionname", "childelementname") or parent.element
    kind = "collection" if call.name.endswith("collection") else "element"
    return replace(parent, kind=kind, element=element, tool=IIS)


def _iis_config(call: Call) -> Iterator[Action]:
    held = call.named.get("configelement", call.named.get("configcollection", call.piped))
    node = held if isinstance(held, Node) else Node("collection", IIS)
    base = Change(node.section, Op.SET, node.element, node.keys, scope=node.scope)
    if call.name == "set-iisconfigattributevalue":
        name = ".".join(filter(None, (node.element if not node.keys else "", call.get("attributename"))))
        change = replace(base, attribute=name, value=call.get("attributevalue"))
    elif call.name == "clear-iisconfigcollection":
        change = replace(base, op=Op.CLEAR)
    else:
        op = Op.ADD if call.name.startswith("new") else Op.REMOVE
        change = replace(base, op=op, keys=table_of(call.named.get("configattribute")))
    yield to_action(change, IIS)


def _item_property(call: Call) -> Iterator[Action]:
    name, value = call.get("name"), call.named.get("value")
    for item in items_of(_paths(call)):
        path = text_of(item)
        if name.lower().removesuffix("utc") in _TIMES:
            yield from touched(Act.RETIME, "PowerShell", path, name)
        elif path.upper().startswith("IIS:"):
            yield from _drive(path, name, value)
        else:
            yield from registry("PowerShell", path.replace(":\\", "\\", 1), name, text_of(value))


def _drive(path: str, name: str, value: Value) -> Iterator[Action]:
    pool = _POOL.match(path)
    section = "system.applicationHost/" + ("applicationPools" if pool else "sites")
    site = _SITE.match(path)
    owner = pool[1] if pool else site[1].strip("\\") if site else ""
    given = {f"{name}.{key}": held for key, held in table_of(value).items()} or {name: text_of(value)}
    for attribute, held in given.items():
        yield to_action(Change(section, Op.SET, "", {"name": owner}, attribute, held), WEB)


def _item(call: Call) -> Iterator[Action]:
    verb = call.name.partition("-")[0]
    source = call.get("path", "literalpath")
    if verb in ("copy", "move", "rename"):
        target = call.get("destination", "newname")
        if verb == "rename":
            target = re.sub(r"[^\\/]*$", "", source) + target
        for item in items_of(_paths(call))[:64]:
            yield from written(call.name, target, text_of(item))
    elif verb == "new" and source.upper().startswith("IIS:"):
        yield Action(
            Act.CONFIGURE, WEB, section="system.applicationHost/sites", name=source[4:].strip("\\"), note="added"
        )
    elif verb == "new" and call.get("itemtype", "type").lower() not in ("directory", "d"):
        yield from written(call.name, f"{source}\\{call.get('name')}" if call.get("name") else source)
    elif verb == "remove":
        for item in items_of(_paths(call))[:64]:
            yield from deleted(call.name, text_of(item))


def _content(call: Call) -> Iterator[Action]:
    yield from written(call.name, call.get("path", "literalpath", "filepath"))


def _fetch(call: Call) -> Iterator[Action]:
    target = call.get("outfile", "destination", "destinationpath")
    if target:
        yield from written(call.name, target, call.get("uri", "source", "path", "literalpath"))


def _exempt(call: Call) -> Iterator[Action]:
    for name in ("exclusionpath", "exclusionprocess", "exclusionextension"):
        for item in items_of(call.named.get(name)):
            yield Action(Act.EXEMPT, "Defender cmdlets", subject=text_of(item), name=name)


def _event_log(call: Call) -> Iterator[Action]:
    act = Act.BLIND if call.name.startswith("limit") else Act.CLEAR
    if act is Act.CLEAR or call.get("maximumsize"):
        for item in items_of(call.named.get("logname")):
            yield Action(act, call.name, subject=text_of(item), new=call.get("maximumsize"))


def _service(call: Call) -> Iterator[Action]:
    disabled = call.get("startuptype").lower() == "disabled"
    if call.name == "stop-service" or disabled or call.get("status").lower() == "stopped":
        for item in items_of(call.named.get("name", call.piped)):
            yield from stopped(call.name, text_of(item), disabled)


def _feature(call: Call) -> Iterator[Action]:
    for item in items_of(call.named.get("name", call.named.get("featurename"))):
        if text_of(item).lower().startswith(_FEATURES):
            yield Action(Act.INSTALL, call.name, name=text_of(item), note="Windows feature")


def _scope(call: Call) -> str:
    location = call.get("location")
    base = _host_scope(call.get("pspath"))
    return "/".join(filter(None, (base, location)))


def _host_scope(path: str) -> str:
    """Return the site and location of a path of the drive `IIS:` or of the configuration."""
    match = _SITE.match(path)
    if match is not None:
        return match[1].strip("\\/").replace("\\", "/")
    return "" if path.upper().rstrip("\\") in ("IIS:", "") else path


def _located(written_filter: str, scope: str) -> Change:
    """Return where an XPath of a section, an entry or an attribute points: a change that still lacks what it does."""
    keys: dict[str, str] = {}
    steps: list[str] = []
    for step in re.split(r"/+(?![^\[]*\])", written_filter[:2048].strip().strip("/")):
        name = step.partition("[")[0].strip()
        keys.update({pair[1]: pair[2] or pair[3] or "" for pair in _PREDICATE.finditer(step)})
        if name and name.lower() not in ("configuration", "."):
            steps.append(name)
    attribute = steps.pop()[1:] if steps and steps[-1].startswith("@") else ""
    count = next((n for n in range(len(steps), 0, -1) if is_section("/".join(steps[:n]))), len(steps))
    rest = [step for step in steps[count:] if step.lower() not in ("add", "filter", "site", "application", "remove")]
    return Change("/".join(steps[:count]), Op.SET, ".".join(rest), keys, attribute, scope=scope)


_HANDLED: Mapping[str, Callable[[Call], Iterator[Action]]] = {
    **{f"{verb}-webglobalmodule": _module for verb in ("new", "set", "enable", "disable", "remove")},
    **{f"{verb}-webmanagedmodule": _module for verb in ("new", "set", "remove")},
    **{f"{verb}-webhandler": _handler for verb in ("new", "set", "remove")},
    **{f"{verb}-webconfigurationproperty": _property for verb in ("add", "set", "remove")},
    **{f"{verb}-webconfiguration": _configuration for verb in ("add", "set", "clear")},
    **{f"{verb}-webconfigurationlock": _lock for verb in ("add", "remove")},
    **dict.fromkeys(("restore-webconfiguration", "enable-iissharedconfig", "import-iisconfiguration"), _restore),
    **dict.fromkeys(("set-iisconfigattributevalue", "new-iisconfigcollectionelement"), _iis_config),
    **dict.fromkeys(("remove-iisconfigcollectionelement", "clear-iisconfigcollection"), _iis_config),
    **dict.fromkeys(("set-itemproperty", "new-itemproperty"), _item_property),
    **dict.fromkeys(("copy-item", "move-item", "rename-item", "new-item", "remove-item"), _item),
    **dict.fromkeys(("set-content", "add-content", "out-file"), _content),
    **dict.fromkeys(("invoke-webrequest", "invoke-restmethod", "start-bitstransfer", "expand-archive"), _fetch),
    **dict.fromkeys(("add-mppreference", "set-mppreference"), _exempt),
    **dict.fromkeys(("clear-eventlog", "limit-eventlog", "remove-eventlog"), _event_log),
    **dict.fromkeys(("stop-service", "set-service"), _service),
    **dict.fromkeys(("install-windowsfeature", "enable-windowsoptionalfeature"), _feature),
}
