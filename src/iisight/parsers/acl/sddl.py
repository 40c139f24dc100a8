"""SDDL, the text form of a security descriptor (MS-DTYP 2.5.1)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from iisight.model.acl import Ace, AceKind, Acl, Trustee, file_mask
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.acl.trustees import by_sid

VERSION = 1
MAX_TEXT = 256 * 1024  # characters; a list has at most 64 KB in Windows
MAX_ACES = 4_000
_KINDS = {
    "A": AceKind.ALLOW,
    "XA": AceKind.ALLOW,
    "OA": AceKind.ALLOW,
    "D": AceKind.DENY,
    "XD": AceKind.DENY,
    "OD": AceKind.DENY,
    "AU": AceKind.AUDIT,
    "XU": AceKind.AUDIT,
    "OU": AceKind.AUDIT,
}
_CONDITIONAL = frozenset({"XA", "XD", "XU"})
_RIGHTS = {
    "GA": 0x1000_0000,
    "GX": 0x2000_0000,
    "GW": 0x4000_0000,
    "GR": 0x8000_0000,
    "RC": 0x2_0000,
    "SD": 0x1_0000,
    "WD": 0x4_0000,
    "WO": 0x8_0000,
    "RP": 0x10,
    "WP": 0x20,
    "CC": 0x1,
    "DC": 0x2,
    "LC": 0x4,
    "SW": 0x8,
    "LO": 0x80,
    "DT": 0x40,
    "CR": 0x100,
    "FA": 0x1F_01FF,
    "FR": 0x12_0089,
    "FW": 0x12_0116,
    "FX": 0x12_00A0,
    "KA": 0xF_003F,
    "KR": 0x2_0019,
    "KW": 0x2_0006,
    "KX": 0x2_0019,
}
_FLAGS = frozenset({"CI", "OI", "NP", "IO", "ID", "SA", "FA", "TP", "CR"})
_PART = re.compile(r"([OGDS]):")
_QUOTED = re.compile(r'"[^"]*"')
_NUMBER = re.compile(r"0x[0-9a-f]{1,8}|\d{1,10}", re.IGNORECASE)


def parse_sddl(text: str, path: str, locator: Locator) -> Acl:
    """Return the descriptor that a text says of a path. Raises ParseError for what is no SDDL."""
    text = text.strip()
    if len(text) > MAX_TEXT:
        raise ParseError(f"a descriptor of {len(text):,} characters; at most {MAX_TEXT:,} are read", locator)
    try:
        return replace(_descriptor(text), path=path, locator=locator)
    except ValueError as error:
        raise ParseError(str(error), locator) from error


@lru_cache(maxsize=1024)
def _descriptor(text: str) -> Acl:
    """Return the descriptor of no path; the files of a folder have few different ones. Raises ValueError."""
    parts = _parts(_QUOTED.sub(lambda m: "x" * len(m[0]), text))  # conditions are not evaluated
    doubts: list[str] = []
    aces = _list(parts.get("D"), doubts)
    audits = _list(parts.get("S"), doubts)
    return Acl(
        "",
        by_sid(parts["O"]) if parts.get("O") else None,
        None if aces is None else tuple(aces),
        None if audits is None else tuple(audits),
        Locator(""),
        is_open="NO_ACCESS_CONTROL" in parts.get("D", "").partition("(")[0],
        doubts=tuple(doubts),
    )


def _parts(text: str) -> dict[str, str]:
    """Split at the letters that name the parts, those inside parentheses left alone."""
    found: dict[str, str] = {}
    at, name, start, depth = 0, "", 0, 0
    while at < len(text):
        char = text[at]
        depth += (char == "(") - (char == ")")
        match = _PART.match(text, at) if depth == 0 else None
        if match is not None:
            if name:
                found[name] = text[start:at]
            if match[1] in found or match[1] == name or (not name and at):
                raise ValueError("expected O:, G:, D: and S:, each once")
            name, at = match[1], match.end()
            start = at
        else:
            at += 1
    if not name or depth:
        raise ValueError("expected a security descriptor in SDDL")
    return {**found, name: text[start:]}


def _list(text: str | None, doubts: list[str]) -> list[Ace] | None:
    if text is None:
        return None
    aces: list[Ace] = []
    for number, body in enumerate(_entries(text)):
        if number >= MAX_ACES:
            doubts.append(f"more than {MAX_ACES:,} entries")
            break
        ace = _ace(body)
        if ace is None:
            doubts.append(f"entry '{body[:80]}'")
        elif ace.kind is not AceKind.OTHER:
            aces.append(ace)
    return aces


def _entries(text: str) -> Iterator[str]:
    """Yield what stands in each outer pair of parentheses."""
    depth = start = 0
    for at, char in enumerate(text):
        if char == "(":
            depth += 1
            start = at + 1 if depth == 1 else start
        elif char == ")":
            depth -= 1
            if depth == 0:
                yield text[start:at]


def _ace(body: str) -> Ace | None:
    """Return an entry; None for one that cannot be read."""
    fields = body.split(";", 6)
    if len(fields) < 6:
        return None
    letters = fields[0].strip().upper()
    kind = _KINDS.get(letters, AceKind.OTHER)
    flags, mask, trustee = _flags(fields[1].strip()), _mask(fields[2].strip()), _trustee(fields[5].strip())
    if kind is AceKind.OTHER:
        return Ace(kind, Trustee(), 0)
    if flags is None or mask is None or trustee is None:
        return None
    return Ace(
        kind,
        trustee,
        file_mask(mask),
        inherited="ID" in flags,
        to_files="OI" in flags,
        to_folders="CI" in flags,
        inherit_only="IO" in flags,
        on_success="SA" in flags,
        on_failure="FA" in flags,
        conditional=letters in _CONDITIONAL,
    )


def _flags(text: str) -> frozenset[str] | None:
    found = _pairs(text)
    return None if found is None or found - _FLAGS else found


def _mask(text: str) -> int | None:
    if _NUMBER.fullmatch(text):
        return int(text, 0 if text.lower().startswith("0x") else 10) & 0xFFFF_FFFF
    found = _pairs(text)
    if found is None or found - _RIGHTS.keys():
        return None
    mask = 0
    for name in found:
        mask |= _RIGHTS[name]
    return mask


def _pairs(text: str) -> frozenset[str] | None:
    upper = text.upper()
    return None if len(upper) % 2 else frozenset(upper[at : at + 2] for at in range(0, len(upper), 2))


def _trustee(text: str) -> Trustee | None:
    return by_sid(text)
