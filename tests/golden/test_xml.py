"""What is read of whole configuration files, line by line. Run this module to write the goldens anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from iisight.model.config import Document, Element
from iisight.model.locator import Locator
from iisight.parsers import xml

FOLDER = Path(__file__).parent / "xml"
CASES = sorted(path.stem for path in FOLDER.glob("*.xml"))


def shown(name: str) -> str:
    document = xml.parse((FOLDER / f"{name}.xml").read_bytes(), Locator(f"{name}.xml"))
    return "".join(f"{line}\n" for line in [*_elements(document), "", *_problems(document)])


def _elements(document: Document) -> Iterator[str]:
    pending = [] if document.root is None else [(document.root, "")]
    while pending:
        element, above = pending.pop()
        path = f"{above}/{element.name}".lstrip("/")
        yield f"{element.line}:{element.column}".ljust(8) + (path or "(several roots)")
        yield from (_attribute(document, element, name) for name in element.attributes)
        if element.text:
            yield f"{'':10}text {element.text!r}"
        pending += [(child, path) for child in reversed(element.children)]


def _attribute(document: Document, element: Element, name: str) -> str:
    place = document.at(element, name)
    return f"{'':10}{place.line}:{place.column}".ljust(18) + f"{name} = {element.get(name)!r}"


def _problems(document: Document) -> Iterator[str]:
    yield f"problems: {len(document.problems)}"
    for problem in document.problems:
        yield f"{problem.locator.line}:{problem.locator.column}".ljust(8) + f"{problem.code}: {problem.message}"


@pytest.mark.parametrize("name", CASES)
def test_a_file_reads_as_its_golden(name: str) -> None:
    assert shown(name) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def test_there_are_files_to_read() -> None:
    assert CASES


if __name__ == "__main__":
    for name in CASES:
        (FOLDER / f"{name}.txt").write_text(shown(name), encoding="utf-8", newline="\n")
