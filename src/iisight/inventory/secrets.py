"""Values that are never shown: passwords and keys that configuration files hold (iis.md 1.6)."""

import re
from collections.abc import Iterable

MASK = "(not shown)"
_NAMES = re.compile(
    r"password|pwd|secret|connectionstring|sessionkey|validationkey|decryptionkey|accesskey|apikey|token$",
    re.IGNORECASE,
)
_ENCRYPTED = re.compile(r"\[enc:[^\]]{0,200}:enc\]", re.IGNORECASE)
_INLINE = re.compile(r"\b((?:password|pwd|secret|token|api-?key)\s*[=:]\s*)[^\s;&\"']+", re.IGNORECASE)


def shown(attributes: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return attributes with the values nobody else should read replaced."""
    pairs = tuple(attributes)
    hidden = any(name.lower() in {"name", "key"} and _NAMES.search(value) for name, value in pairs)
    return tuple((name, _value(name, value, hidden)) for name, value in pairs)


def _value(name: str, value: str, hidden: bool) -> str:
    if (_NAMES.search(name) and value) or (hidden and name.lower() == "value") or _ENCRYPTED.search(value):
        return MASK
    return _INLINE.sub(rf"\1{MASK}", value)
