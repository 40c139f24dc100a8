"""Values of a script: text, lists, tables, bytes, types and what stands for an object of the configuration."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_VALUE = 262_144  # characters of a text
MAX_ITEMS = 4_096

_FIELD = re.compile(r"\{(\d{1,4})(?:[:,][^}]{0,32})?\}")
_NUMBER = re.compile(r"0[xX][0-9A-Fa-f]{1,8}|\d{1,9}")


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type, without its brackets, in lower case; a static property of it is another."""

    name: str


@dataclass(slots=True)
class Node:
    """An object: a piece of configuration, a file, an instance of a type."""

    kind: str  # `manager`, `configuration`, `section`, `collection`, `element`, `file`, `instance`
    tool: str = ""
    section: str = ""
    element: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    scope: str = ""
    path: str = ""  # of a file; name of a type; an attribute's name
    drafted: bool = False  # an element that is not in its collection yet


Value = object  # str, int-like text, bytes, list, dict, TypeName, Node, None


def text_of(value: Value) -> str:
    """Return a value as PowerShell writes it into a string."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return " ".join(text_of(item) for item in value[:64])[:MAX_VALUE]
    if isinstance(value, bytes):
        return ""
    if isinstance(value, Node):
        return value.path
    return value.name if isinstance(value, TypeName) else ""


def items_of(value: Value) -> list[Value]:
    """Return the items of a list, or the value alone."""
    return value[:MAX_ITEMS] if isinstance(value, list) else [] if value is None else [value]


def table_of(value: Value) -> dict[str, str]:
    """Return a hash table with its values as text; empty for anything else."""
    return {str(k): text_of(v) for k, v in value.items()} if isinstance(value, Mapping) else {}


def added(left: Value, right: Value) -> Value:
    """Return left + right."""
    if isinstance(left, list):
        return (left + items_of(right))[:MAX_ITEMS]
    if isinstance(left, dict) and isinstance(right, dict):
        return {**left, **right}
    return (text_of(left) + text_of(right))[:MAX_VALUE]


def operated(operator: str, left: Value, right: Value) -> Value:
    """Return the value of `left -operator right`; of an unknown operator, nothing."""
    if operator == "f":
        given = [text_of(item) for item in items_of(right)]
        return _FIELD.sub(lambda m: given[int(m[1])] if int(m[1]) < len(given) else "", text_of(left))[:MAX_VALUE]
    if operator == "join":
        return text_of(right).join(text_of(item) for item in items_of(left))[:MAX_VALUE]
    if operator in ("replace", "ireplace", "creplace"):
        pair = [text_of(item) for item in items_of(right)] + ["", ""]
        return replaced(text_of(left), pair[0], pair[1])
    if operator in ("split", "isplit", "csplit"):
        mark = re.sub(r"\\(.)", r"\1", text_of(right))
        return list(text_of(left).split(mark)[:MAX_ITEMS]) if mark else left
    if operator in ("as", "bor", "band"):
        return left
    return None


def replaced(text: str, old: str, new: str) -> str:
    """Return a text with a literal replaced; patterns are not followed."""
    plain = re.sub(r"\\(.)", r"\1", old)
    return _exchanged(text, plain, new)


def _exchanged(text: str, old: str, new: str) -> str:
    is_small = len(text) * max(1, len(new)) <= MAX_VALUE * 16  # what is cut off is built first
    return text.replace(old, new)[:MAX_VALUE] if old and is_small else text


def cast(name: str, value: Value) -> Value:
    """Return `[name]value`."""
    if name in ("char", "system.char"):
        return _char(value)
    if name in ("char[]", "system.char[]"):
        whole = list(value) if isinstance(value, str) and not _NUMBER.fullmatch(value) else items_of(value)
        return [_char(item) for item in whole[:MAX_ITEMS]]
    if name in ("string", "system.string"):
        return text_of(value)
    return value


def reached(value: Value, member: str, given: list[Value]) -> Value:
    """Return what a method or property of a text, list or table gives; None when it is none of them."""
    texts = [text_of(item) for item in given]
    if isinstance(value, str):
        return _of_text(value, member, texts)
    if isinstance(value, Mapping):
        return next((held for key, held in value.items() if str(key).lower() == member), None)
    return None


def indexed(value: Value, at: Value) -> Value:
    """Return value[at]."""
    if isinstance(value, Mapping):
        wanted = text_of(at).lower()
        return next((held for key, held in value.items() if str(key).lower() == wanted), None)
    picked = [_pick(value, text_of(item)) for item in items_of(at)]
    return picked if isinstance(at, list) else picked[0] if picked else None


def _pick(value: Value, at: str) -> Value:
    held = value if isinstance(value, str | list) else []
    try:
        return held[int(at)]
    except (ValueError, IndexError):
        return None


def _char(value: Value) -> str:
    text = text_of(value)
    if _NUMBER.fullmatch(text) is None:
        return text[:1]
    number = int(text, 16 if text[:2].lower() == "0x" else 10)
    return chr(number) if number < 0x110000 else ""


def _of_text(value: str, member: str, given: list[str]) -> Value:
    if member == "replace" and len(given) == 2:
        return _exchanged(value, given[0], given[1]) if len(given[1]) < 256 else value
    if member in ("tolower", "tolowerinvariant"):
        return value.lower()
    if member in ("toupper", "toupperinvariant"):
        return value.upper()
    if member in ("trim", "tostring", "normalize"):
        return value.strip() if member == "trim" else value
    if member == "tochararray":
        return list(value[:MAX_ITEMS])
    if member == "split" and given:
        return list(value.split(given[0])[:MAX_ITEMS]) if given[0] else value
    if member == "substring" and given and all(item.isdecimal() and len(item) < 9 for item in given):
        start = int(given[0])
        return value[start : start + int(given[1])] if len(given) > 1 else value[start:]
    if member == "insert" and len(given) == 2 and given[0].isdecimal() and len(given[0]) < 9:
        return (value[: int(given[0])] + given[1] + value[int(given[0]) :])[:MAX_VALUE]
    return None
