"""What was read of files before: a watch reads what changed, and takes the rest from here."""

from dataclasses import dataclass
from typing import Protocol

from iisight.evidence.source import File
from iisight.model.binary import Binary
from iisight.model.config import Document
from iisight.model.examination import Examination
from iisight.parsers.pe.clr import AssemblyFacts


@dataclass(frozen=True, slots=True)
class Reading:
    """What the content of an executable file gave. Without a binary, nobody wanted to know more than that."""

    binary: Binary | None
    assembly: AssemblyFacts | None = None


class Memory(Protocol):
    """Gives back what it was given for the same file; nothing for one that may be another now."""

    def document(self, file: File) -> Document | None:
        """Return a configuration file as it was parsed."""

    def keep_document(self, file: File, data: bytes, document: Document) -> None:
        """Keep a configuration file and its bytes."""

    def reading(self, file: File) -> Reading | None:
        """Return what was read of an executable file."""

    def keep_reading(self, file: File, reading: Reading) -> None:
        """Keep what was read of an executable file."""

    def examination(self, sha256: str) -> Examination | None:
        """Return what was found in a content, judged with the catalogues."""

    def keep_examination(self, sha256: str, examination: Examination) -> None:
        """Keep what was found in a content."""
