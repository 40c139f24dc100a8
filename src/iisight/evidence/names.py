"""Names as the evidence spells them: made printable, and cleaned into parts of a Windows path."""

import re
from urllib.parse import unquote

_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSAYABLE = re.compile(r":|[. ]+\Z")


def printable(name: str) -> str:
    """Replace what no encoding can write (bytes that were not text) by `%XX`."""
    if name.isascii():
        return name
    return _SURROGATE.sub(_escaped, name)


def split(name: str) -> list[str]:
    r"""Return the parts of a name; `/` and `\` separate, as in archives made on Windows."""
    return [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]


def is_stray(name: str) -> bool:
    """Tell whether a name leaves its folder by `..`, or names nothing."""
    parts = split(name)
    return not parts or ".." in parts


def windows_part(part: str) -> str:
    """Return a part as a Windows path can say it: a colon and trailing dots and spaces become `%XX`."""
    return _UNSAYABLE.sub(lambda match: "".join(f"%{ord(c):02X}" for c in match[0]), part)


def decode(part: str) -> str:
    """Undo the percent-encoding of a collector, unless a separator or a climb would come out."""
    if "%" not in part:
        return part
    text = printable(unquote(part, errors="surrogateescape"))
    return part if text in ("", ".", "..") or "/" in text or "\\" in text else text


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"%{code & 0xFF:02X}" if 0xDC80 <= code <= 0xDCFF else f"%u{code:04X}"
