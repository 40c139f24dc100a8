"""Executable files of the evidence: found by path, read once, bounded."""

import hashlib
from collections.abc import Callable

from iisight.evidence import paths
from iisight.evidence.source import File, Source
from iisight.examine.look import Examines
from iisight.inventory.memory import Memory, Reading
from iisight.model.binary import Binary, Image
from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import EvidenceError, ParseError
from iisight.model.locator import Locator
from iisight.parsers import pe
from iisight.parsers.pe.clr import AssemblyFacts, assembly_facts

MAX_SIZE = 200 * 1024 * 1024  # bytes; the largest DLL of a stock server has 30 MiB


def content(source: Source, file: File, gaps: list[Gap]) -> bytes | None:
    """Return the bytes of a file; None, and a gap, when it is too large or cannot be read."""
    if file.size > MAX_SIZE:
        gaps.append(Gap(GapKind.REFUSED, file.path, f"larger than {MAX_SIZE} bytes"))
        return None
    try:
        return source.read(file, MAX_SIZE)
    except EvidenceError as error:
        gaps.append(Gap(GapKind.UNREADABLE, file.path, str(error)))
        return None


class Binaries:
    """Reads binaries on demand and remembers them by path."""

    def __init__(self, source: Source, examiner: Examines | None = None, memory: Memory | None = None) -> None:
        """Start with nothing read; what components load is handed to `examiner` as soon as it is read."""
        self.gaps: list[Gap] = []
        self.submitted: set[str] = set()  # SHA-256
        self._source = source
        self._examiner = examiner
        self._memory = memory
        self._read: dict[str, Binary | None] = {}
        self._assemblies: dict[str, AssemblyFacts | None] = {}

    def get(self, path: str) -> Binary | None:
        """Return the binary at a Windows path; None when the evidence does not hold it or cannot give it."""
        file = self._source.find(path)
        return None if file is None else self.read(file, loaded=True)

    def read(self, file: File, *, loaded: bool = False) -> Binary | None:
        """Return a file as a binary: hash and, if it is a PE, its image. `loaded`: a component loads it."""
        key = paths.fold(file.path)
        if key not in self._read and not self._is_remembered(file, key):
            data = self._bytes(file)
            self._read[key] = binary = None if data is None else self._parse(file, key, data)
            if loaded and binary is not None and data is not None:
                self._submit(binary, data)
        return self._read[key]

    def read_if(self, file: File, wanted: Callable[[bytes], bool]) -> Binary | None:
        """Return a file as a binary when its bytes are wanted; else nothing is kept of it."""
        key = paths.fold(file.path)
        known = None if key in self._read or self._memory is None else self._memory.reading(file)
        if known is not None and known.binary is None:
            return None
        if key in self._read or self._is_remembered(file, key):
            return self._read[key]
        data = self._bytes(file)
        if data is None or not wanted(data):
            if data is not None and self._memory is not None:
                self._memory.keep_reading(file, Reading(None))
            return None
        self._read[key] = self._parse(file, key, data)
        return self._read[key]

    def assembly(self, file: File) -> AssemblyFacts | None:
        """Return what the metadata of a managed file says; None when it is not managed."""
        key = paths.fold(file.path)
        if key not in self._assemblies:
            self.read(file)
            self._assemblies.setdefault(key, None)
        return self._assemblies[key]

    def all(self) -> list[Binary]:
        """Return every binary that was read, by folded path."""
        return [binary for _, binary in sorted(self._read.items()) if binary is not None]

    def _is_remembered(self, file: File, key: str) -> bool:
        """Take what memory has of a file, if it has; what it did not want to know is read now."""
        known = None if self._memory is None else self._memory.reading(file)
        if known is None or known.binary is None:
            return False
        self._read[key] = known.binary
        if known.assembly is not None:
            self._assemblies[key] = known.assembly
        return True

    def _submit(self, binary: Binary, data: bytes) -> None:
        if self._examiner is not None and binary.sha256 not in self.submitted:
            self.submitted.add(binary.sha256)
            self._examiner.submit(binary.sha256, data)

    def _bytes(self, file: File) -> bytes | None:
        return content(self._source, file, self.gaps)

    def _parse(self, file: File, key: str, data: bytes) -> Binary:
        image: Image | None = None
        problem: str | None = None
        try:
            image = pe.parse(data, Locator(file.path, origin=file.origin))
        except ParseError as error:
            problem = error.message
        if image is not None and image.is_managed:
            facts = assembly_facts(data)
            self._assemblies[key] = facts
            if facts is not None and facts.notes:
                self.gaps.append(Gap(GapKind.MALFORMED, file.path, "; ".join(facts.notes)))
        if image is not None and image.notes:
            self.gaps.append(Gap(GapKind.MALFORMED, file.path, "; ".join(image.notes)))
        binary = Binary(
            path=file.path,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            modified=file.modified,
            image=image,
            problem=problem,
            origin=file.origin,
        )
        if self._memory is not None:
            self._memory.keep_reading(file, Reading(binary, self._assemblies.get(key)))
        return binary
