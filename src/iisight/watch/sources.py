"""What a watch can watch: a folder that is served or synchronised to, or this host."""

from pathlib import Path

from iisight.evidence.folder import open_folder
from iisight.evidence.source import Source
from iisight.model.errors import UsageError


def open_watched(evidence: Path) -> Source:
    """Return the files to watch as they are now. Raises UsageError for what does not change."""
    if not evidence.is_dir():
        raise UsageError(f"{evidence}: not a folder; what is in an archive does not change (`iisight scan` reads it)")
    return open_folder(evidence)
