"""Where the files of the evidence stood on the audited host: from the names in it to Windows paths."""

from dataclasses import dataclass, replace

from iisight.evidence.names import decode, split, windows_part
from iisight.model.coverage import Gap

MAX_DEPTH = 7  # parts of a name that are looked at
OUTSIDE = "(evidence)"  # where files stand that are of no drive: the collector's own


@dataclass(frozen=True, slots=True)
class Mount:
    """Folders of the evidence and the Windows folders they stand for; the longest match counts."""

    roots: tuple[tuple[str, int, str], ...]  # (`wrapper/c/`, its parts, `C:`), longest first
    rest: str  # where everything else goes
    shape: str  # what the evidence looks like, for the report
    encoded: bool = False  # names are percent-encoded below the roots
    gaps: tuple[Gap, ...] = ()

    def path(self, name: str) -> str:
        """Return the Windows path of a file by its name in the evidence."""
        parts = split(name)
        lowered = "/".join(parts[:MAX_DEPTH]).lower() + "/"
        for prefix, depth, folder in self.roots:
            if len(parts) > depth and lowered.startswith(prefix):
                rest = [decode(part) for part in parts[depth:]] if self.encoded else parts[depth:]
                return "\\".join([folder, *map(windows_part, rest)])
        return "\\".join([self.rest, *map(windows_part, parts)])

    def moved(self, place: str, to: str) -> "Mount":
        """Return the mount whose folder at one Windows path stands at another one; the same when there is none."""
        if to in (taken := [folder for _, _, folder in self.roots]) or place not in taken:
            return self
        roots = tuple((prefix, depth, to if folder == place else folder) for prefix, depth, folder in self.roots)
        return replace(self, roots=roots)
