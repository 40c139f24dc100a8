"""Read configuration files once each, and keep what could not be read."""

from collections import Counter
from dataclasses import replace

from iisight.evidence import paths
from iisight.evidence.source import File, Source
from iisight.inventory.config.records import BESIDE, section_in
from iisight.inventory.config.spelling import misspelled
from iisight.inventory.memory import Memory
from iisight.model.config import Document, Element
from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import EvidenceError, ParseError
from iisight.model.locator import Locator
from iisight.parsers import xml

MAX_CONFIG_SIZE = 32 * 1024 * 1024  # bytes; a 2,000-site applicationHost.config has about 4 MiB
MAX_TOTAL = 128 * 1024 * 1024  # bytes of all configuration files together
MAX_INCLUDES = 1_000  # files that one file names: a hostile one must not cost others their own
MAX_INCLUDED = 200_000  # that all name


class Documents:
    """The parsed files of one source, by path; what failed is in `gaps`."""

    def __init__(self, source: Source, memory: Memory | None = None) -> None:
        """Start with nothing read; `memory` keeps what was parsed for another run."""
        self.source = source
        self._memory = memory
        self.gaps: list[Gap] = []
        self._read: dict[str, Document | None] = {}
        self._roles: dict[str, str] = {}
        self._included: Counter[str] = Counter()  # files that each file names
        self._all_included = 0
        self._left = MAX_TOTAL

    def get(self, path: str, role: str) -> Document | None:
        """Return the file at a Windows path, parsed; None when it is not there or not readable."""
        file = self.source.find(path)
        return None if file is None else self.read(file, role)

    def read(self, file: File, role: str) -> Document | None:
        """Return a file, parsed once; `role` is what the report calls it."""
        key = paths.fold(file.path)
        if key not in self._read:
            self._roles[key] = role
            self._read[key] = self._parse(file)
        return self._read[key]

    def include(
        self, holder: Document, attribute: str, named: Element, section: str
    ) -> tuple[Document, Element] | None:
        """Return the file that an attribute names, and the section in it."""
        relative = named.get(attribute)
        document = self._included_file(holder, attribute, relative) if relative else None
        if document is None or document.root is None:
            return None
        element = section_in(document.root, section)
        if element is None:
            self.gap(GapKind.MALFORMED, document.path, f"{attribute} of {holder.path}: holds no section {section}")
            return None
        return document, element

    def _included_file(self, holder: Document, attribute: str, relative: str) -> Document | None:
        """Return a file as .NET looks for it: `configSource` leads to no other folder, `file` may lead nowhere."""
        folder = paths.parent(holder.path)
        path = paths.fold(paths.join(folder, relative))
        is_inside = not paths.is_absolute(relative) and path.startswith(paths.fold(folder) + "\\")
        if attribute != BESIDE and not is_inside:
            self.gap(GapKind.REFUSED, holder.path, f"{attribute} '{relative}' leaves the file's folder")
            return None
        self._included[holder.path] += 1
        self._all_included += 1
        if self._included[holder.path] > MAX_INCLUDES or self._all_included > MAX_INCLUDED:
            self.gap(
                GapKind.REFUSED, holder.path, f"more than {MAX_INCLUDES:,} files of it, or {MAX_INCLUDED:,} of all"
            )
            return None
        document = self.get(path, "configSource")
        if document is None and not (attribute == BESIDE and is_inside) and self.source.find(path) is None:
            self.gap(GapKind.MISSING, paths.join(folder, relative), f"{attribute} of {holder.path}")
        return document

    def is_read(self, file: File) -> bool:
        """Tell whether a file was read, or could not be."""
        return paths.fold(file.path) in self._read

    def all(self) -> list[tuple[str, Document]]:
        """Return every parsed document with its role, in the order of their folded paths."""
        return [(self._roles[key], doc) for key, doc in sorted(self._read.items()) if doc is not None]

    def _parse(self, file: File) -> Document | None:
        known = None if self._memory is None else self._memory.document(file)
        if known is not None:
            return known
        try:
            if file.size > min(MAX_CONFIG_SIZE, self._left):
                self.gap(GapKind.REFUSED, file.path, "larger than configuration files are, alone or all together")
                return None
            data = self.source.read(file, MAX_CONFIG_SIZE)
            self._left -= len(data)
            document = replace(xml.parse(data, Locator(file.path, origin=file.origin)), modified=file.modified)
        except (EvidenceError, ParseError) as error:
            self.gap(GapKind.UNREADABLE, file.path, str(error))
            return None
        if self._memory is not None:
            self._memory.keep_document(file, data, document)
        for element, wrong in misspelled(document):
            place = f"line {element.line}, column {element.column}"
            self.gap(GapKind.MALFORMED, file.path, f"{place}: {wrong}: not read, as IIS does not read it either")
        for problem in document.problems:
            if problem.code != "doctype":
                place = f"line {problem.locator.line}, column {problem.locator.column}"
                self.gap(GapKind.MALFORMED, file.path, f"{place}: {problem.message}")
        return document

    def gap(self, kind: GapKind, subject: str, reason: str) -> None:
        """Report something that was not read."""
        self.gaps.append(Gap(kind, subject, reason))
