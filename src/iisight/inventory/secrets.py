"""Values that are never shown: the passwords and keys that configuration files hold.

The IIS schema marks what it encrypts; connection strings, machine keys and command lines it does not.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

MASK = "(not shown)"
_WORDS = (
    r"(?:pass(?:word|wd|phrase)?\b|password|userpass|pwd|secret|sessionkey|validationkey|decryptionkey"
    r"|access-?key|api-?key|token\b)"
)
_NAMES = re.compile(rf"{_WORDS}|connectionstring", re.IGNORECASE)
_ENCRYPTED = re.compile(r"\[enc:[^\]]{0,200}:enc\]", re.IGNORECASE)
_INLINE = re.compile(
    rf"(?<![\w-])((?:[-/]{{1,2}})?[\w-]{{0,40}}?{_WORDS}\s*[=:]\s*)(?:\"[^\"]*\"|[^\s;&\"',]+)", re.IGNORECASE
)
_SWITCH = re.compile(rf"(?<!\S)([-/]{{1,2}}[\w-]{{0,40}}?{_WORDS}\s+)(?:\"[^\"]*\"|[^\s-]\S*)", re.IGNORECASE)


def shown(attributes: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return attributes with the values nobody else should read replaced."""
    pairs = tuple(attributes)
    hidden = any(name.lower() in {"name", "key"} and _NAMES.search(value) for name, value in pairs)
    return tuple((name, _value(name, value, hidden)) for name, value in pairs)


@lru_cache(8192)
def masked(text: str) -> str:
    """Return a command line or connection string with the secrets inside it replaced."""
    return _SWITCH.sub(rf"\1{MASK}", _INLINE.sub(rf"\1{MASK}", text))


@lru_cache(8192)
def _value(name: str, value: str, hidden: bool) -> str:
    if name.lower() == "publickeytoken" or not value:
        return value
    if _NAMES.search(name) or (hidden and name.lower() == "value") or _ENCRYPTED.search(value):
        return MASK
    return masked(value)
