"""A change of the configuration, whoever makes it, as an action."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from iisight.model.activity import Act, Action
from iisight.parsers.commands.tables import read_table

_GROUPS = ("system.webserver/", "system.applicationhost/", "system.web/", "system.ftpserver/", "")
_VARIABLES = re.compile(  # by them the CLR or .NET loads code (L-13): .NET documentation of profiling, hooks and hosts
    r"(?:COR|CORECLR)_(?:PROFILER\w*|ENABLE_PROFILING)|DOTNET_(?:STARTUP_HOOKS|ADDITIONAL_DEPS|SHARED_STORE)"
    r"|ASPNETCORE_HOSTINGSTARTUPASSEMBLIES|APPDOMAIN_MANAGER_(?:ASM|TYPE)|COMPLUS_\w+",
    re.IGNORECASE,
)
_DEFAULTS = re.compile(r"(?:siteDefaults|applicationPoolDefaults)\.", re.IGNORECASE)


class Op(StrEnum):
    """What a change does."""

    ADD = "added"
    REMOVE = "removed"
    SET = "set"
    CLEAR = "cleared"


@dataclass(frozen=True, slots=True)
class Change:
    """One edit: of an entry, told by its attributes `keys`, or of one attribute of it or of the section."""

    section: str  # as written
    op: Op
    element: str = ""  # below the section; dots between names
    keys: Mapping[str, str] = field(default_factory=dict)
    attribute: str = ""
    value: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class _Kind:
    key: str
    code: tuple[str, ...]
    entry: str  # `yes`, `no`, `variable`


def loads_code(name: str) -> bool:
    """Tell whether an environment variable makes a worker process load code."""
    return bool(_VARIABLES.fullmatch(name))


def full_section(written: str) -> str:
    """Return a section's path in full from any way it is written; an unknown one as written."""
    cleaned = written.strip().strip("/").replace("\\", "/")
    return _sections().get(cleaned.lower(), cleaned)


def is_section(written: str) -> bool:
    """Tell whether this names a section of the table."""
    return written.strip().strip("/").lower() in _sections()


def to_action(change: Change, tool: str) -> Action:
    """Return what a change means."""
    section = full_section(change.section)
    attribute = _DEFAULTS.sub("", change.attribute)
    kind = _kinds().get((section.lower(), _last(change.element).lower())) or _Kind("name", (), "no")
    keys = {name.lower(): value for name, value in change.keys.items()}
    name = keys.get(kind.key.lower(), "") or keys.get("name", "")
    held = {**keys, attribute.lower(): change.value} if change.op is Op.SET else keys
    code, where = _code(kind, held, attribute if change.op is Op.SET else "")
    act = _act(change, kind, section, attribute, name, code)
    coded = act in (Act.REGISTER, Act.UNREGISTER)
    label = name or attribute or change.element
    if not coded and attribute and name:
        label = f"{name}.{attribute}"
    return Action(
        act,
        tool,
        section=section,
        name=label,
        code=code if coded else "",
        scope=change.scope.strip(),
        new=change.value if act is not Act.REGISTER or where != attribute.lower() else "",
        note=_note(change, act, where, kind),
    )


def _act(change: Change, kind: _Kind, section: str, attribute: str, name: str, code: str) -> Act:
    if change.op in (Op.REMOVE, Op.CLEAR):
        gone = kind.entry == "yes" and not attribute
        return Act.UNREGISTER if gone or (kind.entry == "variable" and loads_code(name)) else Act.CONFIGURE
    if kind.entry == "variable":
        return Act.REGISTER if loads_code(name) else Act.CONFIGURE
    if _blinds(section, attribute, change.value):
        return Act.BLIND
    if code or (kind.entry == "yes" and (change.op is Op.ADD or name)):
        return Act.REGISTER
    return Act.CONFIGURE


def _code(kind: _Kind, held: Mapping[str, str], only: str) -> tuple[str, str]:
    """Return the code that attributes name and the attribute, in lower case, that does."""
    for attribute in kind.code:
        value = held.get(attribute.lower(), "")
        if value and (not only or kind.entry == "variable" or attribute.lower() == only.lower()):
            return value, attribute.lower()
    return "", ""


def _note(change: Change, act: Act, where: str, kind: _Kind) -> str:
    if change.op in (Op.REMOVE, Op.CLEAR) and (act is Act.CONFIGURE or change.op is Op.CLEAR):
        return str(change.op)
    if act is Act.REGISTER and kind.entry == "no" and where:
        return next(name for name in kind.code if name.lower() == where)
    if act is Act.REGISTER and change.attribute and where != change.attribute.lower():
        return change.attribute
    return "added" if act is Act.CONFIGURE and change.op is Op.ADD else ""


def _blinds(section: str, attribute: str, value: str) -> bool:
    wanted = (section.lower(), attribute.lower())
    if wanted[1].endswith("enabled") or wanted[1] == "dontlog":
        value = {"1": "true", "0": "false"}.get(value, value)
    return any(
        wanted == (where.lower(), name.lower()) and needed.lower() in ("*", value.lower())
        for where, name, needed in read_table("blinding")
    )


def _last(element: str) -> str:
    return element.rpartition(".")[2]


@cache
def _kinds() -> dict[tuple[str, str], _Kind]:
    rows = read_table("sections")
    return {
        (section.lower(), element.lower()): _Kind(key, tuple(filter(None, code.split("|"))), entry)
        for section, element, key, code, entry in rows
    }


@cache
def _sections() -> dict[str, str]:
    """Return every spelling of a section: its whole path, and every end of it that one section alone has."""
    found: dict[str, str] = {}
    for group in _GROUPS:
        for section, *_ in read_table("sections"):
            if section.lower().startswith(group):
                parts = section.split("/")
                for start in range(len(parts)):
                    found.setdefault("/".join(parts[start:]).lower(), section)
    return found
