"""Names of signers as AppLocker writes them."""

import re

_PART = re.compile(r"([A-Za-z0-9.]+)=((?:\\.|[^\\,+])*)([,+]|$)", re.DOTALL)
_KEPT = ("O", "L", "ST", "C")
_SPECIAL = re.compile(r'[,+"<>;=#\n]|^\s|\s$')


def locker_name(subject: str) -> str:
    """Return `O=…, L=…, S=…, C=…` in capitals of a name in RFC 4514; empty when it has no organisation.

    Values with a sign that means something in X.500 stand in quotes, as in `O="CONTOSO, INC."`.
    """
    values: dict[str, str] = {}
    for match in _PART.finditer(subject):
        values.setdefault(match[1].upper(), _plain(match[2]))
    if not values.get("O"):
        return ""
    named = ((("S" if key == "ST" else key), values[key]) for key in _KEPT if values.get(key))
    return ", ".join(f"{key}={_quoted(value.upper())}" for key, value in named)


def _plain(value: str) -> str:
    """Return a value without its escapes, of which that of a zero is the only one in hex that is written here."""
    return re.sub(r"\\(00|.)", lambda m: "\0" if m[1] == "00" else m[1], value, flags=re.DOTALL)


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if _SPECIAL.search(value) else value
