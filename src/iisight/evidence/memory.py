"""Evidence made in memory: what tests and other programs hand over without a disk."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import BinaryIO

from iisight.evidence.source import File, Source
from iisight.model.errors import EvidenceError


def memory_source(
    files: Mapping[str, bytes | str], name: str = "memory", modified: Mapping[str, datetime] | None = None
) -> Source:
    """Return a source of files given by Windows path, with the times of those that have one; text is taken as UTF-8."""
    bodies = {path: body.encode() if isinstance(body, str) else body for path, body in files.items()}

    def opener(file: File) -> BinaryIO:
        if file.path not in bodies:
            raise EvidenceError(f"{file.path}: not a file of {name}")
        return BytesIO(bodies[file.path])

    times = modified or {}
    return Source(name, [File(path, len(body), times.get(path), "") for path, body in bodies.items()], opener)
