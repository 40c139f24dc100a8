"""Who is a member of Administrators, as `Get-LocalGroupMember Administrators | Export-Csv` writes it."""

import csv
import io
import re

from iisight.evidence.source import Source
from iisight.inventory.protection.exports import exports
from iisight.model.acl import Trustee
from iisight.model.coverage import Gap, GapKind
from iisight.model.locator import Locator
from iisight.model.protection import Members

MAX_ROWS = 10_000
_NAME = re.compile(r"(?:.*[-_. ])?administrators(?:[-_. ].*)?\.csv")


def administrators(source: Source, gaps: list[Gap]) -> Members | None:
    """Return the members; None when the evidence does not tell."""
    for file, data in exports(source, _NAME, gaps, ".csv"):
        names: list[Trustee] = []
        groups: list[Trustee] = []
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
        lines = [line for line in text.splitlines()[:MAX_ROWS] if not line.startswith("#TYPE")]
        try:
            for row in csv.DictReader(io.StringIO("\n".join(lines))):
                member = Trustee((row.get("SID") or "").strip(), (row.get("Name") or "").strip())
                if member.sid or member.name:
                    (groups if (row.get("ObjectClass") or "").lower() != "user" else names).append(member)
        except csv.Error as error:
            gaps.append(Gap(GapKind.MALFORMED, file.path, f"not a table: {error}"))
            continue
        if names or groups:
            return Members(tuple(names), tuple(groups), Locator(file.path, origin=file.origin))
        gaps.append(Gap(GapKind.MALFORMED, file.path, "expected columns Name, SID and ObjectClass, with rows"))
    return None
