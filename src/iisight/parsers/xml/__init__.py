"""Configuration XML to elements with exact places; malformed files are read as far as they can be."""

import re
from dataclasses import replace

from iisight.model.config import Document, Problem
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.xml.decode import decode
from iisight.parsers.xml.edits import Edits
from iisight.parsers.xml.reader import MAX_DEPTH, MAX_ELEMENTS, OutOfBoundsError, Places, Reader, Stop
from iisight.parsers.xml.repair import blank_declaration, is_doctype, repair

VERSION = 1
MAX_SIZE = 64 * 1024 * 1024  # bytes
MAX_REPAIRS = 25
_REPAIR_BUDGET = 128 * 1024 * 1024  # characters read again for the sake of repairs

_PROLOG = re.compile(r"(?>\s|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_XML_DECLARATION = re.compile(r"(\s*)(<\?xml\s[^>]*\?>)")


def parse(data: bytes, locator: Locator) -> Document:
    """Return the document; what is wrong with it is in `problems`, each with line and column.

    No DTD is read and no entity beyond the five of XML is replaced. Problem codes: `malformed`, `doctype`,
    `encoding`, `empty`, `bounds`. Raises ParseError only when the file is larger than MAX_SIZE.
    """
    if len(data) > MAX_SIZE:
        raise ParseError(f"expected at most {MAX_SIZE} bytes of XML, found {len(data)}", locator)
    text, undecodable, wrong = decode(data)
    return _Parse(text, locator).run(undecodable, wrong)


class _Parse:
    """One file on its way to a Document."""

    def __init__(self, text: str, locator: Locator) -> None:
        self.original = text
        self.locator = locator
        self.edits = Edits(text)
        self.places = Places(text)
        self.problems: list[Problem] = []

    def run(self, undecodable: int | None, wrong: str) -> Document:
        if undecodable is not None:
            self.problem("encoding", wrong, undecodable)
        self._prolog()
        reader = self._read()
        wrapper = reader.root()
        if len(wrapper.children) > 1:
            self.problem("malformed", "more than one root element", wrapper.children[1].offset)
        elif not wrapper.children:
            self.problem("empty", "no XML element in it", 0)
        if wrapper.text and wrapper.children:
            self.problem("malformed", "text outside of the root element", self._outside(reader.root_end))
        root = replace(wrapper, name="") if len(wrapper.children) > 1 else next(iter(wrapper.children), None)
        return Document(
            self.locator.path,
            self.locator.origin,
            root,
            tuple(sorted(self.problems, key=_place)),
            self.original,
        )

    def problem(self, code: str, message: str, offset: int) -> None:
        line, column = self.places.of(offset)
        place = Locator(self.locator.path, line, column, origin=self.locator.origin)
        self.problems.append(Problem(code, message, place))

    def _prolog(self) -> None:
        """Blank the XML declaration and a document type: neither is fed to the reader."""
        declaration = _XML_DECLARATION.match(self.edits.text)
        if declaration is not None:
            if declaration[1]:
                self.problem("malformed", "XML declaration not at the start of the file", declaration.start(2))
            self.edits.blank(declaration.start(2), declaration.end(2))
        prolog = _PROLOG.match(self.edits.text)
        start = prolog.end() if prolog else 0
        if self.edits.text.startswith("<!DOCTYPE", start):
            self._doctype(start)

    def _doctype(self, start: int) -> None:
        self.problem("doctype", "document type declaration: refused, not read", self.edits.original(start))
        blank_declaration(self.edits, start)

    def _read(self) -> Reader:
        """Read, repair, and read again, until nothing is wrong or the bounds are met."""
        repairs = min(MAX_REPAIRS, _REPAIR_BUDGET // (len(self.original) + 1))
        while True:
            reader = Reader(self.edits, self.places)
            try:
                stop = reader.read()
            except OutOfBoundsError:
                message = f"more than {MAX_DEPTH} levels or {MAX_ELEMENTS} elements: the rest is not read"
                self.problem("bounds", message, reader.last_offset)
                return reader
            if stop is None:
                return reader
            if repairs == 0:
                self.problem("malformed", "too many errors: the rest is not read", self.edits.original(stop.offset))
                return reader
            repairs -= 1
            self._mend(stop)

    def _mend(self, stop: Stop) -> None:
        if is_doctype(self.edits, stop):
            self._doctype(stop.offset - 2)
            return
        message, offset = repair(self.edits, stop)
        self.problem("malformed", message, self.edits.original(offset))

    def _outside(self, root_end: int) -> int:
        """Return the offset of the first text that stands before or after the root element."""
        prolog = _PROLOG.match(self.edits.text)
        start = prolog.end() if prolog else 0
        if not self.edits.text.startswith("<", start):
            return self.edits.original(start)
        if self.edits.text.startswith("</", root_end):
            root_end = self.edits.text.find(">", root_end) + 1
        after = _PROLOG.match(self.edits.text, root_end)
        return self.edits.original(after.end() if after else root_end)


def _place(problem: Problem) -> tuple[int, int]:
    return problem.locator.line or 0, problem.locator.column or 0
