r"""What `icacls <path>` prints: `path account:(flags)(rights)`, further entries below, indented as far as the first.

It names accounts in the language of the server, and it tells neither the owner nor what is audited.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from iisight.model.acl import FILE_ALL, FILE_EXECUTE, FILE_READ, Ace, AceKind, Acl, file_mask
from iisight.model.locator import Locator
from iisight.parsers.acl.trustees import Standing, by_name, standing

VERSION = 1
MAX_LINES = 2_000_000
MAX_LINE = 4_096  # characters; longer ones belong to no path that IIS uses
_ENTRY = re.compile(r"^(?P<who>.*\S):(?P<groups>(?:\([A-Za-z, ]{1,120}\)){1,8})\s*$")
_START = re.compile(r"^(?:[A-Za-z]:[\\/]|\\\\)")
_LABEL = "mandatory label\\"
_FLAGS = frozenset({"OI", "CI", "IO", "NP", "I"})
_RIGHTS = {
    "N": 0,
    "F": FILE_ALL,
    "M": 0x13_01BF,
    "RX": FILE_READ | FILE_EXECUTE,
    "R": FILE_READ,
    "W": 0x10_0116,
    "D": 0x11_0000,
    "DE": 0x1_0000,
    "RC": 0x2_0000,
    "WDAC": 0x4_0000,
    "WO": 0x8_0000,
    "S": 0x10_0000,
    "AS": 0x100_0000,
    "MA": 0x200_0000,
    "GA": 0x1000_0000,
    "GE": 0x2000_0000,
    "GW": 0x4000_0000,
    "GR": 0x8000_0000,
    "RD": 0x1,
    "WD": 0x2,
    "AD": 0x4,
    "REA": 0x8,
    "WEA": 0x10,
    "X": 0x20,
    "DC": 0x40,
    "RA": 0x80,
    "WA": 0x100,
}


@dataclass(slots=True)
class _Block:
    """The lines of one path."""

    line: int
    first: str
    more: list[str] = field(default_factory=list)


def parse_icacls(text: str, locator: Locator) -> Iterator[Acl]:
    """Yield the list of every path of a listing; lines that belong to none are passed over."""
    block: _Block | None = None
    for number, line in enumerate(text.splitlines()[:MAX_LINES], 1):
        if len(line) <= MAX_LINE and _START.match(line) and _ENTRY.match(line):
            if block is not None:
                yield _acl(block, locator)
            block = _Block(number, line.rstrip())
        elif block is not None and len(line) <= MAX_LINE and line[:1].isspace() and line.strip():
            block.more.append(line.rstrip())
        elif block is not None:
            yield _acl(block, locator)
            block = None
    if block is not None:
        yield _acl(block, locator)


def _acl(block: _Block, locator: Locator) -> Acl:
    path, first = _split(block)
    doubts: list[str] = []
    aces: list[Ace] = []
    for text in (first, *block.more):
        read = _ace(text.strip())
        if read is None:
            doubts.append(f"entry '{text.strip()[:80]}'")
        elif read.kind is not AceKind.OTHER:
            aces.append(read)
    place = Locator(locator.path, block.line, origin=locator.origin)
    return Acl(path, None, tuple(aces), None, place, doubts=tuple(doubts))


def _split(block: _Block) -> tuple[str, str]:
    """Return path and first entry: the next line is indented as far as the path is long, else the account decides."""
    if block.more:
        indent = len(block.more[0]) - len(block.more[0].lstrip())
        return block.first[:indent].rstrip(), block.first[indent:]
    entry = _ENTRY.match(block.first)
    who = "" if entry is None else entry["who"]
    spaces = [at for at, char in enumerate(who) if char == " "]
    known = [at for at in spaces if standing(by_name(who[at + 1 :])) is not Standing.UNKNOWN]
    at = known[0] if known else spaces[0] if len(spaces) == 1 else -1
    return (block.first, "") if at < 0 else (block.first[:at].rstrip(), block.first[at + 1 :])


def _ace(text: str) -> Ace | None:
    entry = _ENTRY.match(text)
    if entry is None:
        return None
    groups = [group.upper() for group in re.findall(r"\(([^)]*)\)", entry["groups"])]
    deny = "DENY" in groups or "N" in groups
    flags = {group for group in groups if group in _FLAGS}
    mask = 0
    for name in (n.strip() for group in groups if group not in _FLAGS and group != "DENY" for n in group.split(",")):
        if name not in _RIGHTS:
            return Ace(AceKind.OTHER, by_name(""), 0) if entry["who"].lower().startswith(_LABEL) else None
        mask |= FILE_ALL if name == "N" else _RIGHTS[name]
    return Ace(
        AceKind.DENY if deny else AceKind.ALLOW,
        by_name(entry["who"]),
        file_mask(mask),
        inherited="I" in flags,
        to_files="OI" in flags,
        to_folders="CI" in flags,
        inherit_only="IO" in flags,
    )
