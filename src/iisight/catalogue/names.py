"""How names are compared: image paths without their drive, .NET types, preConditions, configuration paths."""

import string
from dataclasses import dataclass
from functools import lru_cache

MAX_NAME = 4_096  # longer paths and type names are not stock

# NTFS folds no letter outside ASCII into one inside it, as str.lower does with U+212A KELVIN SIGN.
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)

_VARIABLES = {
    "%windir%": ("\\windows",),
    "%systemroot%": ("\\windows",),
    "%systemdrive%": ("",),
    "%programdata%": ("\\programdata",),
    "%programfiles%": ("\\program files", "\\program files (x86)"),
    "%programfiles(x86)%": ("\\program files (x86)",),
    "%commonprogramfiles%": ("\\program files\\common files", "\\program files (x86)\\common files"),
    "%iis_bin%": ("\\program files\\iis express", "\\program files (x86)\\iis express"),
}
_ANYWHERE = "**\\"
_RESTRICTING = frozenset({"managedhandler"})


def lower(text: str) -> str:
    """Return text with its ASCII letters in lower case."""
    return text.translate(_ASCII_LOWER)


@lru_cache(8192)
def fold(path: str) -> str:
    """Return a path without its drive, in lower case, `..` resolved; the name of a share stays in front."""
    path = lower(path[:MAX_NAME].strip().strip('"')).replace("/", "\\")
    path = path.removeprefix("\\\\?\\unc").removeprefix("\\\\?\\").removeprefix("\\??\\")
    path = expand(path)[0]
    if path[1:2] == ":":
        path = path[2:]
    lead = "\\\\" if path.startswith("\\\\") else "\\" if path.startswith("\\") else ""
    parts: list[str] = []
    for part in path.split("\\"):
        if part == ".." and parts:
            parts.pop()
        elif part not in {"", ".", ".."}:
            parts.append(part)
    return lead + "\\".join(parts)


def expand(path: str) -> tuple[str, ...]:
    """Return a lower-case path with the variable it starts with replaced, once per meaning of it."""
    if path.startswith("%"):
        for variable, folders in _VARIABLES.items():
            if path.startswith(variable):
                return tuple(folder + path[len(variable) :] for folder in folders)
    return (path,)


def is_anywhere(pattern: str) -> bool:
    """Tell whether a pattern leaves the folder of the product open."""
    return pattern.startswith(_ANYWHERE)


def fits(path: str, pattern: str) -> bool:
    """Tell whether a folded path is of a folded pattern: `*` within a component, `**` for leading folders."""
    have, want = path.split("\\"), pattern.split("\\")
    if is_anywhere(pattern):
        want = want[1:]
        have = have[-len(want) :] if not path.startswith("\\\\") else []
    return len(have) == len(want) and all(map(_fits_one, have, want))


def _fits_one(have: str, want: str) -> bool:
    head, star, tail = want.partition("*")
    if not star:
        return have == want
    return len(have) >= len(head) + len(tail) and have.startswith(head) and have.endswith(tail)


@dataclass(frozen=True, slots=True)
class TypeName:
    """A .NET type name in its parts; those not given are empty."""

    name: str
    assembly: str = ""
    version: str = ""
    culture: str = ""
    token: str = ""


@lru_cache(8192)
def parse_type(text: str) -> TypeName:
    """Return the parts of `Ns.Type, Assembly, Version=…, Culture=…, PublicKeyToken=…`."""
    name, *rest = split_type(text[:MAX_NAME])
    assembly = rest[0] if rest and "=" not in rest[0] else ""
    named = {lower(key.strip()): lower(value.strip()) for key, _, value in (p.partition("=") for p in rest)}
    return TypeName(
        name, lower(assembly), named.get("version", ""), named.get("culture", ""), named.get("publickeytoken", "")
    )


@lru_cache(8192)
def split_type(text: str) -> tuple[str, ...]:
    """Split at the commas that are outside brackets, which hold type arguments."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "[") - (character == "]")
        if character == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return tuple(part.strip() for part in parts)


def parse_list(text: str) -> tuple[str, ...]:
    """Return the names of a comma-separated list."""
    parts = (part.strip() for part in text[:MAX_NAME].split(","))
    return tuple(part for part in parts if part)


def same_type(have: TypeName, want: TypeName) -> bool:
    """Tell whether two names mean one type; version, culture and token count only where both state them."""
    if have.name != want.name or (have.assembly or "system.web") != (want.assembly or "system.web"):
        return False
    pairs = ((have.version, want.version), (have.culture, want.culture), (have.token, want.token))
    return all(not a or not b or a == b for a, b in pairs)


def precondition_holds(have: str, want: str) -> bool:
    """Tell whether `have` restricts to managed requests wherever `want` does.

    Bitness, CLR version and pipeline mode vary between versions of IIS and only narrow where a module loads.
    """
    restricting = _tokens(want) & _RESTRICTING
    return restricting <= _tokens(have)


def _tokens(precondition: str) -> frozenset[str]:
    return frozenset(lower(token.strip()) for token in precondition[:MAX_NAME].split(","))


def is_within(scope: str, applications: tuple[str, ...]) -> bool:
    """Tell whether a configuration path such as `Default Web Site/owa/auth` lies in one of the applications."""
    path = "/" + lower(scope[:MAX_NAME]).partition("/")[2].strip("/") + "/"
    return any(path.startswith(f"/{application}/") for application in applications)
