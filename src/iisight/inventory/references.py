"""The .NET types and assemblies that configuration names: `Ns.Type, Assembly, Version=…, PublicKeyToken=…`.

Grammar: "Specifying fully qualified type names" and "Assembly names" of Microsoft's .NET documentation.
"""

import re
from dataclasses import dataclass, replace

from iisight.catalogue import names

Version = tuple[int, int, int, int]

_ESCAPED_COMMA = re.compile(r"\\,\s?")  # with the blank that joining the parts again has put in
_ARGUMENTS = re.compile(r"(?<!\\)\[")
_ESCAPE = re.compile(r"\\(.)")
_STAND_IN = "\0"
_TOKEN = re.compile(r"[0-9a-f]{16}")
_CULTURE = re.compile(r"[a-z0-9]{1,8}(?:-[a-z0-9]{1,8}){0,4}")
_NUMBER = re.compile(r"[0-9]{1,5}")
_NEUTRAL = frozenset({"neutral", "invariant"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A type and the assembly it shall be of. What is not given is empty."""

    type: str = ""  # without type arguments, escapes undone; empty: an assembly is named, not a type
    assembly: str = ""  # simple name
    version: str = ""
    culture: str = ""  # empty: neutral, or not given
    token: str = ""  # sixteen hex digits; empty: none, or not given

    @property
    def is_strong(self) -> bool:
        """Tell whether it names one assembly in the world: by version and key."""
        return bool(self.assembly and self.token and parse_version(self.version))

    @property
    def identity(self) -> "Reference":
        """Return the reference to the assembly alone, folded, so that all types of it share one search."""
        return replace(self, type="", assembly=names.lower(self.assembly))


def parse_reference(text: str, *, is_assembly: bool = False) -> Reference:
    """Return the parts of a type's name, or of an assembly's."""
    hidden = _ESCAPED_COMMA.sub(_STAND_IN, text[: names.MAX_NAME].replace(_STAND_IN, ""))
    parts = [part.replace(_STAND_IN, "\\,") for part in names.split_type(hidden)]
    type_name = "" if is_assembly or (len(parts) > 1 and "=" in parts[1]) else _plain(parts.pop(0))
    assembly = parts.pop(0) if parts and "=" not in parts[0] else ""
    named = {names.lower(k.strip()): v.strip() for k, _, v in (part.partition("=") for part in parts)}
    culture, token = names.lower(named.get("culture", "")), names.lower(named.get("publickeytoken", ""))
    return Reference(
        type=type_name,
        assembly=_ESCAPE.sub(r"\1", assembly).strip('"'),
        version=named.get("version", ""),
        culture="" if culture in _NEUTRAL or not _CULTURE.fullmatch(culture) else culture,
        token=token if _TOKEN.fullmatch(token) else "",
    )


def parse_version(text: str) -> Version | None:
    """Return the four numbers of a version, those not given being 0; None for what is none."""
    parts = text.strip().split(".")
    if not 2 <= len(parts) <= 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    first, second, third, fourth = (*(int(part) for part in parts), 0, 0)[:4]
    return first, second, third, fourth


def is_file_name(name: str) -> bool:
    """Tell whether an assembly's simple name can be the name of a file, and leads to no other folder."""
    return bool(name) and not any(c in '\\/:*?"<>|' or c < " " for c in name) and bool(name.strip(". "))


def _plain(type_name: str) -> str:
    """Return a type's name without its type arguments, escapes undone."""
    return _ESCAPE.sub(r"\1", _ARGUMENTS.split(type_name, maxsplit=1)[0]).strip()
