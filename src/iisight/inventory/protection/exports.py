"""What a collector wrote beside the files of the host: lists of rights, audit policy, AppLocker policy.

A file of the host itself is never taken for one: an intruder could have left it there to make his server look better.
"""

import re
from collections.abc import Iterator
from itertools import islice

from iisight.evidence.mount import OUTSIDE
from iisight.evidence.shape import UNKNOWN
from iisight.evidence.source import File, Source
from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import EvidenceError

MAX_EXPORTS = 200  # of one kind
MAX_SIZE = 128 * 1024**2  # bytes of one


def exports(source: Source, name: "re.Pattern[str]", gaps: list[Gap], *suffixes: str) -> Iterator[tuple[File, bytes]]:
    """Yield the collector's files with such a name, with their bytes; `name` is matched to it in lower case."""
    found = (f for f in source.ending(*suffixes) if is_outside(f) and name.fullmatch(_base(f)))
    for file in islice(found, MAX_EXPORTS):
        if file.size > MAX_SIZE:
            gaps.append(Gap(GapKind.REFUSED, file.path, f"larger than {MAX_SIZE:,} bytes"))
            continue
        try:
            yield file, source.read(file, MAX_SIZE)
        except EvidenceError as error:
            gaps.append(Gap(GapKind.UNREADABLE, file.path, str(error)))
    reason = f"more than {MAX_EXPORTS} such files: this and the rest are not read"
    gaps.extend(Gap(GapKind.REFUSED, file.path, reason) for file in islice(found, 1))


def is_outside(file: File) -> bool:
    """Tell whether a file is of no drive of the host."""
    if file.path.startswith(f"{OUTSIDE}\\"):
        return True
    rest = file.path.removeprefix(f"{UNKNOWN}\\")
    return rest != file.path and rest == file.origin.replace("/", "\\")  # else it lay in C:\evidence of the host


def _base(file: File) -> str:
    return file.path.rpartition("\\")[2].lower()
