"""Objects that scripts edit the server through: ServerManager, AHAdmin, the GAC's publisher, files, types."""

from collections.abc import Iterator
from dataclasses import replace

from iisight.model.activity import Act, Action
from iisight.parsers.commands.changes import Change, Op, loads_code, to_action
from iisight.parsers.commands.places import deleted, touched, written
from iisight.parsers.commands.powershell.host import decode
from iisight.parsers.commands.powershell.values import Node, TypeName, Value, items_of, text_of

MANAGED, AHADMIN = "Microsoft.Web.Administration", "AHAdmin"
_TIMES = ("creationtime", "lastwritetime", "lastaccesstime")
_ENCODINGS = {
    "unicode": "utf-16-le",
    "utf8": "utf-8",
    "ascii": "ascii",
    "default": "latin-1",
    "bigendianunicode": "utf-16-be",
}
_HOST = ("machine", "machine/webroot", "machine/webroot/apphost")
_SECTIONS, _COLLECTIONS = ("getsection", "getadminsection"), ("getcollection", "collection", "getchildelement")


def created(name: str) -> Node:
    """Return an instance of a type or COM class."""
    low = name.lower().removeprefix("[").removesuffix("]")
    if low.endswith("microsoft.web.administration.servermanager"):
        return Node("manager", MANAGED)
    if low.startswith("microsoft.applicationhost."):
        return Node("manager", AHADMIN)
    return Node("instance", path=low)


def called(held: Value, member: str, given: list[Value], actions: list[Action]) -> Value:
    """Return what a method or property gives; what it does to the server is appended to `actions`."""
    texts = [text_of(item) for item in given]
    if isinstance(held, TypeName):
        return _static(held.name, member, given, actions)
    if member in _SECTIONS and texts:
        tool = held.tool if isinstance(held, Node) and held.tool else MANAGED
        scope = _scope(texts[1]) if len(texts) > 1 else held.scope if isinstance(held, Node) else ""
        return Node("section", tool, texts[0], scope=scope)
    if not isinstance(held, Node):
        return None
    if held.kind == "instance":
        actions.extend(_instance(held.path, member, texts))
        return None
    if held.kind == "file":
        if member == "delete":
            actions.extend(deleted("PowerShell", held.path))
        elif member in ("copyto", "moveto") and texts:
            actions.extend(written("PowerShell", texts[0], held.path))
        return held
    return _configuration(held, member, given, actions)


def assigned(held: Value, member: str, value: Value) -> Iterator[Action]:
    """Yield what setting a property does."""
    if isinstance(held, list):
        for item in held[:64]:
            yield from assigned(item, member, value)
        return
    if not isinstance(held, Node):
        return
    if held.kind == "file" and member.removesuffix("utc") in _TIMES:
        yield from touched(Act.RETIME, "PowerShell", held.path, member)
    elif held.kind == "attribute":
        yield from _attribute(held, held.path, text_of(value))
    elif held.kind in ("element", "section"):
        yield from _attribute(held, member, text_of(value))
    elif held.kind in ("manager", "configuration") and member == "commitpath":
        held.scope = _scope(text_of(value))


def _configuration(held: Node, member: str, given: list[Value], actions: list[Action]) -> Value:
    texts = [text_of(item) for item in given]
    first = texts[0] if texts else ""
    if member in ("getapplicationhostconfiguration", "getwebconfiguration", "getadministrationconfiguration"):
        return replace(held, kind="configuration", scope=first)
    if member in _COLLECTIONS:
        return replace(held, kind="collection", element=first or held.element, keys=held.keys, drafted=False)
    if member in ("createelement", "createnewelement"):
        return replace(held, kind="element", keys={}, drafted=True)
    if member in ("applicationpools", "sites") and held.kind == "manager":
        return Node(
            "collection", held.tool, f"system.applicationHost/{'applicationPools' if member[0] == 'a' else 'sites'}"
        )
    if member in ("getpropertybyname", "getattribute") and first:
        return replace(held, kind="attribute", path=first)
    if member in ("properties", "attributes", "item", "childelements") and not texts:
        return held
    if member == "item" and first:
        return element_at(held, first)
    if member == "setattributevalue" and len(texts) > 1:
        actions.extend(_attribute(held, first, texts[1]))
        return None
    actions.extend(_edited(held, member, given))
    return held if not texts and held.kind in ("element", "section") and member != "delete" else None


def element_at(held: Node, name: str) -> Node:
    """Return the entry or attribute of this name; of what is no configuration, itself."""
    if held.kind not in ("collection", "element", "section"):
        return held
    if held.kind == "collection" and not name.isdecimal():
        return replace(held, kind="element", keys={"name": name}, drafted=False)
    if held.kind == "collection":
        return replace(held, kind="element", keys={}, drafted=False)
    return replace(held, kind="attribute", path=name, keys=held.keys)


def _edited(held: Node, member: str, given: list[Value]) -> Iterator[Action]:
    if held.kind == "collection" and member in ("add", "addat", "addelement", "insert"):
        for item in given:
            if isinstance(item, Node) and item.drafted:
                item.drafted = False
                yield to_action(Change(item.section, Op.ADD, item.element, item.keys, scope=item.scope), held.tool)
    elif held.kind == "collection" and member in ("remove", "deleteelement", "removeat"):
        node = next((item for item in given if isinstance(item, Node)), None)
        keys = node.keys if node else {"name": text_of(given[0])} if given and not text_of(given[0]).isdecimal() else {}
        yield to_action(Change(held.section, Op.REMOVE, held.element, keys, scope=held.scope), held.tool)
    elif held.kind in ("collection", "section") and member in ("clear", "revert", "reverttoparent"):
        yield to_action(Change(held.section, Op.CLEAR, held.element, scope=held.scope), held.tool)
    elif held.kind == "element" and member == "delete":
        yield to_action(Change(held.section, Op.REMOVE, held.element, held.keys, scope=held.scope), held.tool)


def _attribute(held: Node, name: str, value: str) -> Iterator[Action]:
    if held.drafted:
        held.keys[name] = value
    elif name.lower() == "overridemode":
        act = Act.UNLOCK if value.lower() == "allow" else Act.CONFIGURE
        yield Action(act, held.tool, section=held.section, name="overrideMode", new=value, scope=held.scope)
    else:
        change = Change(held.section, Op.SET, held.element, held.keys, name, value, held.scope)
        yield to_action(change, held.tool)


def _instance(kind: str, member: str, texts: list[str]) -> Iterator[Action]:
    first = texts[0] if texts else ""
    if kind.endswith("enterpriseservices.internal.publish"):
        if member == "gacinstall":
            yield Action(Act.INSTALL, "System.EnterpriseServices", subject=first, code=first)
        elif member == "gacremove":
            yield Action(Act.UNREGISTER, "System.EnterpriseServices", name=first)
    elif kind.endswith("net.webclient") and member in ("downloadfile", "downloadfileasync") and len(texts) > 1:
        yield from written("WebClient", texts[1], first)


def _static(name: str, member: str, given: list[Value], actions: list[Action]) -> Value:
    texts = [text_of(item) for item in given]
    short = name.removeprefix("system.")
    if short == "convert" and member == "frombase64string" and texts:
        return decode(texts[0])
    if short.startswith("text.encoding"):
        if member == "getstring" and given and isinstance(given[0], bytes):
            return given[0].decode(_ENCODINGS.get(short.rpartition(".")[2], "utf-8"), "replace")
        return TypeName(f"{name}.{member}")
    if short == "string" and member in ("join", "concat"):
        flat = [text_of(item) for value in given[member == "join" :] for item in items_of(value)]
        return (texts[0] if member == "join" and texts else "").join(flat)
    if short == "activator" and member == "createinstance" and texts:
        return created(texts[0])
    if member == "new":
        return created(name)
    if short == "io.path" and member == "combine" and texts:
        return "\\".join(part.strip("\\") for part in texts)
    if short in ("environment",) and member == "setenvironmentvariable" and len(texts) > 2 and loads_code(texts[0]):
        actions.append(
            Action(Act.SET_VALUE, "PowerShell", subject=texts[0], name=texts[0], new=texts[1], note=texts[2])
        )
    if short in ("io.file", "io.directory") and texts:
        actions.extend(_file(member, texts))
    return None


def _file(member: str, texts: list[str]) -> Iterator[Action]:
    if member in ("copy", "move", "replace") and len(texts) > 1:
        yield from written("System.IO.File", texts[1], texts[0])
    elif member.startswith(("writeall", "appendall", "create", "openwrite")) and member != "createsymboliclink":
        yield from written("System.IO.File", texts[0])
    elif member == "delete":
        yield from deleted("System.IO.File", texts[0])
    elif member.removeprefix("set").removesuffix("utc") in _TIMES:
        yield from touched(Act.RETIME, "System.IO.File", texts[0], member.removeprefix("set"))


def _scope(path: str) -> str:
    """Return a configuration path without the part that all have; empty for the server."""
    low = path.lower()
    return "" if low in _HOST else path[len(_HOST[2]) + 1 :] if low.startswith(_HOST[2] + "/") else path
