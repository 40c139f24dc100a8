"""Accounts and groups: their SIDs, their names, and whether they may change a server anyway."""

import hashlib
import re
import struct
from enum import StrEnum
from functools import cache, lru_cache

from iisight.model.acl import Trustee
from iisight.tables import Row, rows

_SID = re.compile(r"S-1-(?:\d{1,14}|0x[0-9a-f]{1,12})(?:-\d{1,10}){1,15}", re.IGNORECASE)
_DOMAIN = re.compile(r"S-1-5-21-\d+-\d+-\d+-(\d+)")
_POOL, _SERVICE = "iis apppool\\", "nt service\\"


class Standing(StrEnum):
    """What somebody is to a web server."""

    ADMINISTRATOR = "administrator"  # may change it anyway: Administrators, SYSTEM, services of Windows
    ORDINARY = "ordinary"
    PLACEHOLDER = "placeholder"  # CREATOR OWNER and the like: whoever that will be
    UNKNOWN = "unknown"  # an account whose groups the listing does not tell


@lru_cache(maxsize=4096)
def by_sid(text: str) -> Trustee | None:
    """Return the trustee of a SID or of an SDDL abbreviation (`BA`); None for neither."""
    row = _by_alias().get(text.upper())
    if row is not None:
        return Trustee(row["sid"], row["name"])
    if not _SID.fullmatch(text):
        return None
    sid = text.upper()
    row = _row_of(sid)
    return Trustee(sid, row["name"] if row is not None else "")


def by_name(name: str) -> Trustee:
    r"""Return the trustee of a name as icacls prints it; virtual accounts of pools and services have their SID."""
    known = _by_name().get(name.lower())
    if known is not None:
        return Trustee(known["sid"], known["name"])
    if _SID.fullmatch(name):
        return by_sid(name) or Trustee(name=name)
    lowered = name.lower()
    if lowered.startswith(_POOL):
        return pool_account(name[len(_POOL) :])
    if lowered.startswith(_SERVICE):
        return Trustee(_virtual(80, name[len(_SERVICE) :].upper()), name)
    return Trustee(name=name)


@lru_cache(maxsize=4096)
def pool_account(pool: str) -> Trustee:
    r"""Return `IIS APPPOOL\<pool>`: its SID is the SHA-1 of the name in lower case (S-1-5-82)."""
    return Trustee(_virtual(82, pool.lower()), f"IIS APPPOOL\\{pool}")


@lru_cache(maxsize=4096)
def standing(trustee: Trustee) -> Standing:
    """Return what somebody is, as far as SID or name tell."""
    row = _row_of(trustee.sid.upper()) if trustee.sid else _by_name().get(trustee.name.lower())
    if row is not None:
        return Standing(row["standing"])
    text = trustee.sid.upper() or trustee.name.lower()
    if text.startswith(("S-1-5-80-", _SERVICE)):
        return Standing.ADMINISTRATOR
    if text.startswith(("S-1-5-82-", "S-1-15-", _POOL)):
        return Standing.ORDINARY
    return Standing.PLACEHOLDER if text.startswith("S-1-16-") else Standing.UNKNOWN


def _virtual(authority: int, name: str) -> str:
    digest = hashlib.sha1(name.encode("utf-16-le", "surrogatepass"), usedforsecurity=False).digest()
    return f"S-1-5-{authority}-" + "-".join(map(str, struct.unpack("<5I", digest)))


def _row_of(sid: str) -> Row | None:
    match = _DOMAIN.fullmatch(sid)
    return _by_sid().get(f"S-1-5-21-*-{match[1]}" if match else sid)


@cache
def _by_sid() -> dict[str, Row]:
    return {row["sid"]: row for row in _rows()}


@cache
def _by_alias() -> dict[str, Row]:
    return {row["alias"]: row for row in _rows() if row["alias"]}


@cache
def _by_name() -> dict[str, Row]:
    return {row["name"].lower(): row for row in _rows() if "*" not in row["sid"]}


def _rows() -> tuple[Row, ...]:
    return rows("iisight.parsers.acl", "well_known_sids")
