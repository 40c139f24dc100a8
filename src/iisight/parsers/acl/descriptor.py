"""Self-relative security descriptors as NTFS ($Secure) and registry hives (sk cells) keep them (MS-DTYP 2.4.6)."""

import struct
from collections.abc import Iterator

from iisight.model.acl import Ace, AceKind, Acl, Trustee, file_mask
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.acl.trustees import by_sid

VERSION = 1
MAX_SIZE = 256 * 1024  # bytes; each of the two lists has at most 64 KB
_DACL_PRESENT, _SACL_PRESENT = 0x4, 0x10
_KINDS = {
    0x00: AceKind.ALLOW,
    0x01: AceKind.DENY,
    0x02: AceKind.AUDIT,
    0x05: AceKind.ALLOW,  # of an object: GUIDs stand before the SID
    0x06: AceKind.DENY,
    0x07: AceKind.AUDIT,
    0x09: AceKind.ALLOW,  # conditional
    0x0A: AceKind.DENY,
    0x0D: AceKind.AUDIT,
}
_OF_OBJECT = frozenset({0x05, 0x06, 0x07})
_CONDITIONAL = frozenset({0x09, 0x0A, 0x0D})


def parse_descriptor(data: bytes, path: str, locator: Locator) -> Acl:
    """Return the descriptor that bytes say of a path: whole, so a list that is not there is none. Raises ParseError."""
    if len(data) < 20 or len(data) > MAX_SIZE or data[0] != 1:
        raise ParseError(f"expected a self-relative security descriptor, found {len(data)} bytes", locator)
    control, owner, _, sacl, dacl = struct.unpack_from("<H4I", data, 2)
    doubts: list[str] = []
    is_open = not (control & _DACL_PRESENT and dacl)
    return Acl(
        path,
        _sid(data, owner, len(data)) if owner else None,
        () if is_open else tuple(_entries(data, dacl, doubts)),
        tuple(_entries(data, sacl, doubts)) if control & _SACL_PRESENT and sacl else (),
        locator,
        is_open=is_open,
        doubts=tuple(doubts),
    )


def _entries(data: bytes, at: int, doubts: list[str]) -> Iterator[Ace]:
    if at + 8 > len(data):
        doubts.append(f"a list past the end, at {at:#x}")
        return
    size, count = struct.unpack_from("<HH", data, at + 2)
    end, at = min(at + size, len(data)), at + 8
    for _ in range(count):
        length = struct.unpack_from("<H", data, at + 2)[0] if at + 8 <= end else 0
        if length < 8 or at + length > end:
            doubts.append(f"an entry past the end of its list, at {at:#x}")
            return
        ace = _ace(data, at, length)
        if ace is not None and ace.trustee.sid:
            yield ace
        elif ace is not None:
            doubts.append(f"an entry without a SID, at {at:#x}")
        at += length


def _ace(data: bytes, at: int, length: int) -> Ace | None:
    """Return an entry, without a SID when it cannot be read; None for one that neither grants nor records."""
    type_, flags = data[at], data[at + 1]
    kind = _KINDS.get(type_)
    if kind is None:
        return None
    (mask,) = struct.unpack_from("<I", data, at + 4)
    place = at + 8
    if type_ in _OF_OBJECT and length >= 12:
        (present,) = struct.unpack_from("<I", data, at + 8)
        place += 4 + 16 * ((present & 1) + (present >> 1 & 1))
    return Ace(
        kind,
        _sid(data, place, at + length) or Trustee(),
        file_mask(mask),
        inherited=bool(flags & 0x10),
        to_files=bool(flags & 0x01),
        to_folders=bool(flags & 0x02),
        inherit_only=bool(flags & 0x08),
        on_success=bool(flags & 0x40),
        on_failure=bool(flags & 0x80),
        conditional=type_ in _CONDITIONAL,
    )


def _sid(data: bytes, at: int, end: int) -> Trustee | None:
    if at + 8 > end or data[at] != 1 or at + 8 + 4 * data[at + 1] > end or not data[at + 1]:
        return None
    authority = int.from_bytes(data[at + 2 : at + 8], "big")
    parts = struct.unpack_from(f"<{data[at + 1]}I", data, at + 8)
    return by_sid("-".join(map(str, ("S-1", authority, *parts))))
