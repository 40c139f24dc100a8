"""Queries in a dialect: one file a Sigma rule, and an index that says what each is."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from iisight.export.conversion import Dialect, query_of, require
from iisight.export.made import CannotSayError, Export, Unsaid
from iisight.export.material import SigmaText
from iisight.sigma.documents import Document, NotSigmaError, read_documents

INDEX = "index.json"
MAX_TITLE = 200  # characters


@dataclass(frozen=True, slots=True)
class _Made:
    file: str
    query: str
    entry: dict[str, Any]


def queries(texts: Iterable[SigmaText], dialect: Dialect) -> Export:
    """Return the queries of Sigma texts. Raises UsageError where the extra is not installed."""
    require()
    made: list[_Made] = []
    unsaid: list[Unsaid] = []
    for text in texts:
        for part in _parts(text, dialect):
            (made if isinstance(part, _Made) else unsaid).append(part)  # type: ignore[arg-type]  # of its own kind
    index = json.dumps([each.entry for each in made], indent=2, ensure_ascii=True)
    files = [(each.file, f"{each.query}\n".encode()) for each in made]
    return Export((*sorted(files), (INDEX, f"{index}\n".encode())), tuple(sorted(unsaid)))


def _parts(text: SigmaText, dialect: Dialect) -> Iterator[_Made | Unsaid]:
    label, asked = " ".join(text.rules) or text.name, not text.rules
    try:
        documents = list(read_documents(text.text))
    except NotSigmaError as error:
        yield Unsaid(label, text.name, str(error), asked)
        return
    for number, document in documents:
        stem = text.name if len(documents) == 1 else f"{text.name}-{number}"
        try:
            yield _made(f"{stem}.{dialect.suffix}", text, document, dialect)
        except CannotSayError as error:
            title = stem if isinstance(document, NotSigmaError) else _title(document)
            yield Unsaid(label, title, str(error), asked)


def _made(file: str, text: SigmaText, document: Document | NotSigmaError, dialect: Dialect) -> _Made:
    if isinstance(document, NotSigmaError):
        raise CannotSayError(str(document))
    for kind in ("correlation", "filter"):
        if kind in document:
            raise CannotSayError(f"it is a {kind}: those are not exported")
    query = query_of(document, dialect)
    return _Made(file, query.text, dict(_entry(file, text, document, query.left_out)))


def _entry(file: str, text: SigmaText, document: Document, left_out: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    yield "file", file
    yield "title", _title(document)
    for key in ("id", "level", "description"):
        yield key, str(document.get(key) or "")
    for key in ("tags", "falsepositives"):
        written = document.get(key)
        yield key, [str(each) for each in written] if isinstance(written, list) else []
    yield "rules", list(text.rules)
    yield "exact", text.exact
    yield "also_matches", list(text.also)
    yield "left_out", list(left_out)


def _title(document: Document) -> str:
    return str(document.get("title") or "")[:MAX_TITLE]
