"""The command line of powershell.exe and pwsh.exe: what script it is told to run."""

import base64
import binascii
import re
from collections.abc import Sequence

MAX_ENCODED = 131_072  # characters of base64

_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]{8,}")
# Parameters that take a value, and their shortest abbreviation (about_PowerShell_exe, about_Pwsh).
_VALUED = (
    ("executionpolicy", "ex"), ("version", "v"), ("windowstyle", "w"), ("inputformat", "inp"), ("outputformat", "o"),
    ("psconsolefile", "psc"), ("configurationname", "config"), ("settingsfile", "settings"),
    ("workingdirectory", "wo"), ("custompipename", "cus"), ("encodedarguments", "encodeda"),
)  # fmt: skip
_SIGNS = "-/\u2013\u2014\u2015"


def script_of(words: Sequence[str]) -> tuple[str, str]:
    """Return the script in the words after `powershell`, and how it is hidden; empty when there is none."""
    at = 0
    while at < len(words):
        word = words[at]
        if word[:1] not in _SIGNS or len(word) < 2:
            return " ".join(words[at:]), ""
        name, _, glued = word[1:].lower().lstrip("-").partition(":")
        if _is(name, "encodedcommand", "e") or name in ("ec", "enc"):
            text = decoded(glued or "".join(words[at + 1 : at + 2]))
            return text, "-EncodedCommand"
        if _is(name, "command", "c"):
            return " ".join(words[at + 1 :]), ""
        if _is(name, "file", "f"):
            return "", ""
        at += 1 + any(_is(name, whole, shortest) for whole, shortest in (*_VALUED, ("ep", "ep")))
    return "", ""


def decoded(text: str) -> str:
    """Return what base64 of UTF-16 says; empty when it is none."""
    if len(text) > MAX_ENCODED or _BASE64.fullmatch(text) is None:
        return ""
    return decode(text).decode("utf-16-le", "replace")


def decode(text: str) -> bytes:
    """Return the bytes of base64, none when it is malformed."""
    plain = re.sub(r"\s+", "", text[:MAX_ENCODED]).rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        return b""


def _is(name: str, whole: str, shortest: str) -> bool:
    return whole.startswith(name) and name.startswith(shortest)
