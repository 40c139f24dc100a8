"""The audit policy in force, as `auditpol /get /category:* /r` or `auditpol /backup` writes it."""

import csv
import io
import re
from collections.abc import Iterator

from iisight.evidence.source import Source
from iisight.inventory.protection.exports import exports
from iisight.model.coverage import Gap, GapKind
from iisight.model.locator import Locator
from iisight.model.protection import AuditPolicy, AuditSetting

MAX_ROWS = 5_000
_NAME = re.compile(r"(?:.*[-_. ])?audit(?:pol|[-_ ]?policy)?(?:[-_. ].*)?\.(?:csv|txt)")
_GUID = re.compile(r"\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}", re.IGNORECASE)
_WORDS = {"success": True, "success and failure": True, "failure": False, "no auditing": False}
_GUID_COLUMN, _SETTING_COLUMN, _VALUE_COLUMN = 3, 4, 6  # the order in which every language writes them


def audit_policy(source: Source, gaps: list[Gap]) -> AuditPolicy | None:
    """Return the policy of the first export that is one; None when the evidence holds none."""
    for file, data in exports(source, _NAME, gaps, ".csv", ".txt"):
        place = Locator(file.path, origin=file.origin)
        lines = _text(data).splitlines()
        rows, damaged = _rows(lines[:MAX_ROWS])
        settings = dict(_settings(rows, place))
        if lost := damaged + max(len(lines) - MAX_ROWS, 0):
            gaps.append(Gap(GapKind.MALFORMED, file.path, "lines of the audit policy that cannot be read", lost))
        if settings:
            return AuditPolicy(settings, place)
        gaps.append(Gap(GapKind.MALFORMED, file.path, "expected what `auditpol /get /category:* /r` writes"))
    return None


def _text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def _rows(lines: list[str]) -> tuple[list[tuple[int, list[str]]], int]:
    """Return the rows with the numbers of their lines, and how many lines are none."""
    rows, damaged = [], 0
    for number, line in enumerate(lines, 1):
        try:
            rows.append((number, next(csv.reader(io.StringIO(line)), [])))
        except csv.Error:
            damaged += 1
    return rows, damaged


def _settings(rows: list[tuple[int, list[str]]], place: Locator) -> Iterator[tuple[str, AuditSetting]]:
    for number, row in rows:
        if len(row) > _SETTING_COLUMN and row[1].strip().lower() in {"system", ""}:
            guid = row[_GUID_COLUMN].strip().lower()
            if _GUID.fullmatch(guid):
                yield guid, AuditSetting(_success(row), Locator(place.path, number, origin=place.origin))


def _success(row: list[str]) -> bool | None:
    """Return whether success is audited: by the number of a backup (1: success, 2: failure), else by the words."""
    if len(row) > _VALUE_COLUMN and row[_VALUE_COLUMN].strip().isdecimal():
        return bool(int(row[_VALUE_COLUMN].strip()[:3]) & 1)
    return _WORDS.get(row[_SETTING_COLUMN].strip().lower())
