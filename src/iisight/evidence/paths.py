"""Windows paths as text: their spellings, variables, short names and the WOW64 redirector. No I/O.

Rules: "File path formats on Windows systems", "Naming Files, Paths, and Namespaces" and "File System
Redirector" of Microsoft's documentation.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

MAX_EXPANDED = 32_767  # characters, the longest environment string Windows takes
MAX_NESTING = 4  # values that name other variables

_PLAIN = re.compile(r"[A-Za-z]:(?:\\[^\\/:]*[^\\/:. ])+")
_PREFIX = re.compile(r"(?:\\\\[?.]|\\\?\?)\\(?=[A-Za-z]:)")
_UNC_PREFIX = re.compile(r"(?:\\\\[?.]|\\\?\?)\\UNC\\(?=[^\\?.])", re.IGNORECASE)
_ROOT = re.compile(r"\\\\[?.]\\|\\\?\?\\|\\\\[^\\]+\\[^\\]+|\\\\[^\\]+|[A-Za-z]:(?:\\|\Z)|\\")
_DRIVE = re.compile(r"[A-Za-z]:")
_DEVICE_ROOT = re.compile(r"\\\\[?.](?:\\|\Z)|\\\?\?\\|\\Device\\", re.IGNORECASE)
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\Z", re.IGNORECASE)
_SYSTEM32 = re.compile(r"([A-Za-z]:\\windows\\)system32(?=\\|\Z)", re.IGNORECASE)
_SYSNATIVE = re.compile(r"([A-Za-z]:\\windows\\)sysnative(?=\\|\Z)", re.IGNORECASE)
_NOT_REDIRECTED = re.compile(r"\\(?:catroot|catroot2|driverstore|drivers\\etc|logfiles|spool)(?:\\|\Z)", re.IGNORECASE)
_SHORT = re.compile(r"((?:\\\\[?.]\\|\\\?\?\\)?[A-Za-z]:[\\/]+)progra~([123])(?=[\\/]|\Z)", re.IGNORECASE)
_LONG = {"1": "Program Files", "2": "Program Files (x86)", "3": "ProgramData"}
_VARIABLE = re.compile(r"%([A-Za-z_][\w(){}.#$ -]{0,254})%")
_UNNAMED_STREAM = re.compile(r"::\$DATA\Z", re.IGNORECASE)


@lru_cache(8192)
def fold(path: str) -> str:
    r"""Return the key under which all spellings of one file meet; `C:\` and `C:` both give `c:`."""
    return lower(path if _PLAIN.fullmatch(path) else normal(path).rstrip("\\"))


def lower(text: str) -> str:
    """Return text in lower case as NTFS compares names: character by character, none merged with another."""
    return text.lower() if text.isascii() else "".join(map(_lower, text))


@lru_cache(8192)
def normal(path: str) -> str:
    """Return the path as Windows would resolve it, in the case it was written in.

    A relative path keeps the `..` it starts with. A component of nothing but dots and spaces is kept.
    """
    text = _unprefixed(path)
    root = _root(text)
    parts: list[str] = []
    for part in text[len(root) :].split("\\"):
        if part == ".." and (root or (parts and parts[-1] != "..")):
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part if part == ".." else _trimmed(part))
    if root.endswith(":") or (parts and root and not root.endswith("\\")):
        root += "\\"
    resolved = root + "\\".join(parts)
    plain = _unprefixed(resolved)  # `\\?\x\..\C:` shows its drive only now
    return resolved if plain == resolved else normal(plain)


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace `%NAME%` by its value, in any case; a name that is not known stays as it is."""
    table = {name.lower(): value for name, value in variables.items()}
    for _ in range(MAX_NESTING):
        expanded = _expand_once(text, table)
        if expanded == text:
            break
        text = expanded
    return text


def unknown_variables(text: str, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names that `expand` would leave, each once, as they are written."""
    return tuple(dict.fromkeys(_VARIABLE.findall(expand(text, variables))))


def default_variables(system_drive: str = "C:") -> dict[str, str]:
    """Return the machine's variables as Windows sets them up on `system_drive`."""
    return {
        "SystemDrive": system_drive,
        "SystemRoot": rf"{system_drive}\Windows",
        "windir": rf"{system_drive}\Windows",
        "ProgramFiles": rf"{system_drive}\Program Files",
        "ProgramFiles(x86)": rf"{system_drive}\Program Files (x86)",
        "ProgramW6432": rf"{system_drive}\Program Files",
        "CommonProgramFiles": rf"{system_drive}\Program Files\Common Files",
        "CommonProgramFiles(x86)": rf"{system_drive}\Program Files (x86)\Common Files",
        "CommonProgramW6432": rf"{system_drive}\Program Files\Common Files",
        "ProgramData": rf"{system_drive}\ProgramData",
        "ALLUSERSPROFILE": rf"{system_drive}\ProgramData",
        "PUBLIC": rf"{system_drive}\Users\Public",
        "TEMP": rf"{system_drive}\Windows\Temp",
        "TMP": rf"{system_drive}\Windows\Temp",
    }


def wow64(path: str) -> str | None:
    """Return what a 32-bit process opens in place of a file of System32; None when it is the same file."""
    text = normal(path)
    match = _SYSTEM32.match(text)
    if match is None or _NOT_REDIRECTED.match(text, match.end()):
        return None
    return f"{match[1]}SysWOW64{text[match.end() :]}"


@lru_cache(8192)
def native(path: str) -> str:
    """Return the path with `Sysnative`, the 32-bit name of the real System32, replaced."""
    text = normal(path)
    match = _SYSNATIVE.match(text)
    return path if match is None else f"{match[1]}System32{text[match.end() :]}"


def is_unc(path: str) -> bool:
    """Tell whether the path names a server."""
    text = _unprefixed(path)
    return text.startswith("\\\\") and not _DEVICE_ROOT.match(text)


def is_device(path: str) -> bool:
    r"""Tell whether the path leads to a device and not to a file: `\\.\pipe\x`, `C:\x\NUL.txt`."""
    text = _unprefixed(path)
    stem = basename(text).partition(".")[0].partition(":")[0]
    return bool(_DEVICE_ROOT.match(text) or _RESERVED.match(stem.rstrip(" ")))


def stream_of(path: str) -> str | None:
    """Return the name of the alternate data stream a path leads to; None for the file itself."""
    text = _without_drive(_unprefixed(path))
    stream = _UNNAMED_STREAM.sub("", text).partition(":")[2].partition("\\")[0]
    return re.sub(r":\$DATA\Z", "", stream, flags=re.IGNORECASE) or None


def has_blank_ends(path: str) -> bool:
    r"""Tell whether a part of the path ends in a blank or a dot, or the path starts with a blank.

    Windows drops them, unless the path starts with `\\?\`: the same text can name two files.
    """
    parts = re.split(r"[\\/]", path)
    return path[:1].isspace() or any(p not in (".", "..") and p.endswith((".", " ")) for p in parts)


def is_absolute(path: str) -> bool:
    """Tell whether the path says its drive or server and starts at its root."""
    text = path.replace("/", "\\")
    return text.startswith(("\\\\", "\\??\\")) or (_DRIVE.match(text) is not None and text[2:3] == "\\")


def join(folder: str, relative: str) -> str:
    """Return the path of `relative` as seen from `folder`; an absolute one stays where it is."""
    text = relative.replace("/", "\\")
    if is_absolute(text) or not folder:
        return normal(text)
    start = _unprefixed(folder)
    if text.startswith("\\"):
        return normal(_root(start) + text)
    if _DRIVE.match(text):
        if text[0].lower() != start[:1].lower():
            return normal(f"{text[:2]}\\{text[2:]}")
        text = text[2:]
    return normal(f"{start}\\{text}")


def parent(path: str) -> str:
    """Return the folder a path is in; a root is its own parent, and a bare name has the parent ``""``."""
    text = normal(path)
    root = _root(text)
    head = text[len(root) :].rpartition("\\")[0]
    return root + head if head else root if root.endswith((":\\", ":")) else root.rstrip("\\") or root


def basename(path: str) -> str:
    """Return the last component of a path."""
    text = path.replace("/", "\\").rstrip("\\")
    name = text.rpartition("\\")[2]
    return name if "\\" in text else _without_drive(name)


def extension(path: str) -> str:
    """Return the extension that Windows sees, lower-case and with its dot; ``""`` when there is none."""
    name = _trimmed(basename(path))
    return name[name.rindex(".") :].lower() if "." in name else ""


def expand_short(path: str) -> str:
    """Replace the 8.3 names that every Windows has at the root of its drive: `PROGRA~1` to `PROGRA~3`."""
    match = _SHORT.match(path)
    return path if match is None else f"{match[1]}{_LONG[match[2]]}{path[match.end() :]}"


@lru_cache(maxsize=4096)
def _lower(char: str) -> str:
    """Fold one character as NTFS does: one to one, and never a letter outside of ASCII onto one inside."""
    folded = char.upper().lower()
    return folded if len(folded) == 1 and (char.isascii() or not folded.isascii()) else char


def _unprefixed(path: str) -> str:
    """Drop repeated separators and the prefixes that only switch Windows' own normalisation off."""
    text = path.replace("/", "\\")
    if "\\\\" in text:
        text = ("\\" if text.startswith("\\\\") else "") + re.sub(r"\\+", r"\\", text)
    match = _PREFIX.match(text)
    if match:
        return text[match.end() :]
    match = _UNC_PREFIX.match(text)
    return "\\\\" + text[match.end() :] if match else text


def _root(text: str) -> str:
    r"""Return the part that `..` cannot leave: `C:\`, `\\server\share`, `\\.\`, `\`, or nothing."""
    match = _ROOT.match(text)
    return match[0] if match else ""


def _trimmed(part: str) -> str:
    """Drop the trailing dots and spaces that Windows drops, and the name of the unnamed stream."""
    end = len(part)
    while end:
        if part[end - 1] in ". ":
            end -= 1
        elif part[max(end - 7, 0) : end].upper() == "::$DATA":
            end -= 7
        else:
            break
    return part[:end] or part


def _without_drive(text: str) -> str:
    return text[2:] if _DRIVE.match(text) else text


def _expand_once(text: str, table: Mapping[str, str]) -> str:
    """Replace the known names once; a text that would grow beyond all bounds stays as it is."""
    parts = text.split("%")
    out, index, room = [parts[0]], 1, MAX_EXPANDED
    while index < len(parts):
        value = table.get(parts[index].lower()) if index + 1 < len(parts) else None
        if value is None:
            out += ["%", parts[index]]
            index += 1
            continue
        out += [value, parts[index + 1]]
        index += 2
        room -= len(value)
        if room < 0:
            return text
    return "".join(out)


__all__ = [
    "basename",
    "default_variables",
    "expand",
    "expand_short",
    "extension",
    "fold",
    "has_blank_ends",
    "is_absolute",
    "is_device",
    "is_unc",
    "join",
    "lower",
    "native",
    "normal",
    "parent",
    "stream_of",
    "unknown_variables",
    "wow64",
]
