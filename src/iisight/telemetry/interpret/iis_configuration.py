"""IIS-Configuration: every change that is made through the configuration API, by the program that makes it.

Fields of 29, 30, 50, 14 and 41: the provider's manifest and public samples; what 51 and 52 mean is not verified
(their message text is not published). Text edits of the files leave no event here.
"""

from dataclasses import replace
from functools import cache

from iisight.catalogue.schema import CodeAttribute, code_attributes, section_fact
from iisight.evidence import paths
from iisight.model.activity import API, FILES, Act, Action, Actor
from iisight.model.event import Event
from iisight.model.need import literal
from iisight.telemetry.interpret._actors import recorded
from iisight.telemetry.interpret._fields import text
from iisight.telemetry.interpret._places import Watch
from iisight.telemetry.interpret._tables import Row, rows
from iisight.telemetry.interpret._xpath import ConfigurationPath, parse_path

_IDS = (10, 14, 29, 30, 41, 50, 51, 52)
_NAMES = ("microsoft-windows-iis-configuration",)
_CHANNELS = tuple(
    f"{start}iis-configuration/{kind}"
    for start in ("microsoft-", "microsoft-windows-")
    for kind in ("operational", "administrative", "analytic", "debug")
)
READS = frozenset((name, i) for name in (*_NAMES, *_CHANNELS) for i in _IDS)
NEED = literal("IIS-Configuration")

_DELETE = "2"  # EditOperationType: 1 add, 2 delete, 3 modify (public samples)
_APPHOST = "machine/webroot/apphost"
_NO_LOAD = frozenset({"url", "setting", "module", "folder"})
_SHARED = ("system.applicationHost/applicationPools", "system.applicationHost/sites")  # hold much that is no component
_KEYS = ("name", "path", "fullPath", "type", "assembly", "extension")


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return what was done to the configuration."""
    action = _edit(event) if event.id in (29, 30) else _other(event)
    return recorded(event), () if action is None else (action,)


def _other(event: Event) -> Action | None:
    file = paths.normal(text(event, "PhysicalPath"))
    if event.id == 50:
        return Action(Act.COMMIT, API, scope=scope_of(text(event, "ConfigPath", 1)))
    if event.id == 14:  # its password is never repeated
        target = text(event, "RedirectionPath", 1)
        return Action(Act.CONFIGURE, API, target, "configurationRedirection", "path", new=target)
    if event.id == 41:
        where = parse_path(text(event, "Configuration", 1))
        code = text(event, "ProgId", 3) or text(event, "CLSID", 2)
        note = f"schema extension {text(event, 'HRESULT', 4)}".strip()
        return Action(Act.LOAD_FAILED, API, section="/".join(where.elements), code=code, note=note)
    if event.id == 10:
        note = (text(event, "Message") or text(event, "HRESULT", 1)).strip()
        return Action(Act.FAULT, API, file, note=note)
    note = "the file on disk was not the one in memory when changes were committed"
    return Action(Act.CONFIGURE, FILES, file, scope=scope_of(text(event, "ConfigPath", 1)), note=note)


def _edit(event: Event) -> Action | None:
    where = parse_path(text(event, "Configuration", 4))
    if not where.steps:
        return None
    section, element = _split(where.elements)
    action = Action(
        Act.CONFIGURE,
        API,
        paths.normal(text(event, "PhysicalPath", 1)),
        section,
        where.key(*_KEYS) or where.attribute,
        scope=scope_of(text(event, "EffectiveLocationPath", 3) or text(event, "ConfigPath", 2)),
        old=text(event, "OldValue", 6),
        new=text(event, "NewValue", 7),
        note=f"@{where.attribute}" if where.attribute else "",
    )
    deleted = text(event, "EditOperationType", 5) == _DELETE
    action = _meaning(action, where, element, deleted=deleted)
    return replace(action, note=f"failed {action.note}".strip(), failed=True) if event.id == 30 else action


def _meaning(action: Action, where: ConfigurationPath, element: tuple[str, ...], *, deleted: bool) -> Action:
    what = _thinned(action, element, where.attribute)
    if what:
        return replace(action, act=Act.BLIND, note=what)
    if _unlocks(where.attribute, action.new):
        return replace(action, act=Act.UNLOCK)
    fact = _code_fact(action.section, element, where.attribute)
    if fact is not None and fact.what not in _NO_LOAD and not deleted:
        return _registered(action, fact)
    if action.section in _SHARED or not _holds_components(action.section, element):
        return action
    removing = element[-1] in ("remove", "clear")
    if removing != deleted and not where.attribute:  # a removed `remove` lets the inherited entry in again
        return replace(action, act=Act.UNREGISTER, note=element[-1] if removing else "")
    return replace(action, act=Act.CONFIGURE if deleted and where.attribute else Act.REGISTER)


def _registered(action: Action, fact: CodeAttribute) -> Action:
    stock = action.new.lower() in {value.lower() for value in fact.stock}
    if not action.new.strip() or (stock and action.section in _SHARED):
        return action
    return replace(action, act=Act.REGISTER, code=action.new)


def scope_of(path: str) -> str:
    """Return the site and location of a configuration path; what is not below the server's own stays as it is."""
    text_ = path.strip("/ ")
    lowered = text_.lower()
    if lowered.startswith(_APPHOST):
        return text_[len(_APPHOST) :].strip("/")
    return "" if lowered in ("", ".", "machine") else text_


def _split(elements: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the section, as the catalogue writes it, and the elements inside it."""
    for length in range(len(elements), 0, -1):
        path = "/".join(elements[:length])
        known = path if section_fact(path) else _sections().get(path.lower())
        if known:
            return known, elements[length:]
    return "/".join(elements[:2]), elements[2:]


@cache
def _sections() -> dict[str, str]:
    return {fact.section.lower(): fact.section for fact in code_attributes()}


@cache
def _facts() -> dict[tuple[str, str, str], CodeAttribute]:
    return {(f.section.lower(), f.element.lower(), f.attribute.lower()): f for f in code_attributes()}


def _code_fact(section: str, element: tuple[str, ...], attribute: str) -> CodeAttribute | None:
    return _facts().get((section.lower(), "/".join(element).lower(), attribute.lower()))


@cache
def _component_elements() -> frozenset[tuple[str, str]]:
    return frozenset((f.section.lower(), f.element.lower()) for f in code_attributes() if f.what not in _NO_LOAD)


def _holds_components(section: str, element: tuple[str, ...]) -> bool:
    """Tell whether an element is an entry that code is registered with, or the directive that takes one out."""
    if not element:
        return False
    if element[-1] in ("remove", "clear"):
        head = "/".join(element[:-1]).lower()
        return any(s == section.lower() and e.rpartition("/")[0] == head for s, e in _component_elements())
    return (section.lower(), "/".join(element).lower()) in _component_elements()


def _unlocks(attribute: str, new: str) -> bool:
    """Tell whether a section was delegated. How the event names the lock is not verified: both spellings count."""
    name, value = attribute.lower(), new.lower()
    return (name in ("overridemode", "overridemodedefault") and value == "allow") or (
        name == "allowoverride" and value == "true"
    )


@cache
def _log_settings() -> dict[tuple[str, str, str], Row]:
    return {(r["section"].lower(), r["element"].lower(), r["attribute"].lower()): r for r in rows("log_settings")}


def _thinned(action: Action, element: tuple[str, ...], attribute: str) -> str:
    """Return what is no longer logged; empty when logging is not touched, or goes on."""
    row = _log_settings().get((action.section.lower(), "/".join(element).lower(), attribute.lower()))
    if row is None:
        return ""
    old, new = _flags(action.old), _flags(action.new)
    if row["off"] == "-":
        lost = bool(old - new)
    elif row["off"].startswith("~"):
        lost = bool(old & _flags(row["off"][1:])) and not new & _flags(row["off"][1:])
    else:
        lost = action.new.strip().lower() in row["off"].lower().split("|")
    return row["what"] if lost else ""


def _flags(value: str) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in value[:4096].split(",") if part.strip())
