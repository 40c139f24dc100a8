"""Sigma rules as pySigma's SQLite backend has them, asked of events in a table."""

import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from iisight.model.event import Event
from iisight.sigma.fields import UNNAMED
from iisight.sigma.rule import CompiledRule
from tests.oracles.sigma_events import PARTS

if TYPE_CHECKING:
    from sigma.processing.pipeline import ProcessingPipeline

MAX_COLUMNS = 1_500  # of a table of SQLite


def to_sql(rule: CompiledRule) -> str | None:
    """Return the oracle's condition on a row: of Sysmon's events or the Security log's; None for what it cannot say."""
    from sigma.pipelines.sysmon import sysmon_pipeline
    from sigma.pipelines.windows import windows_audit_pipeline, windows_logsource_pipeline

    text = Path(rule.file.partition("#")[0]).read_text("utf-8")
    first = _converted(text, sysmon_pipeline() + windows_logsource_pipeline())
    if first is None:
        return None
    audit = rule.source.category == "process_creation"  # it has its own words for values of 4657
    second = _converted(text, windows_audit_pipeline() + windows_logsource_pipeline()) if audit else None
    return first if second is None else f"{first} OR {second}"


def _converted(text: str, pipeline: "ProcessingPipeline") -> str | None:
    from sigma.backends.sqlite import sqliteBackend
    from sigma.collection import SigmaCollection
    from sigma.exceptions import SigmaError

    try:
        collection = SigmaCollection.from_yaml(text)
        if len(collection) != 1:
            return None
        queries = sqliteBackend(pipeline, collate_nocase=True).convert(collection)
    except (SigmaError, NotImplementedError):
        return None
    return " OR ".join("(" + str(query).split(" WHERE ", 1)[1] + ")" for query in queries)


class Table:
    """Events as rows of SQLite."""

    def __init__(self, events: Iterable[Event], numeric: frozenset[str] = frozenset()) -> None:
        """Make the table; columns named in `numeric`, in lower case, hold numbers."""
        self._connection = sqlite3.connect(":memory:")
        self._connection.create_function("REGEXP", 2, _finds)
        rows = [_row(event) for event in events]
        names = sorted({name for row in rows for name in row} - {part.lower() for part in PARTS})[:MAX_COLUMNS]
        columns = "".join(f', "{name}" {"NUMERIC" if name in numeric else "TEXT COLLATE NOCASE"}' for name in names)
        self._connection.execute(
            f"CREATE TABLE logs (n, eventid, channel COLLATE NOCASE, provider_name COLLATE NOCASE, computer{columns})"
        )
        for number, row in enumerate(rows):
            values = [number, *(row.get(name) for name in (*(part.lower() for part in PARTS), *names))]
            self._connection.execute(f"INSERT INTO logs VALUES ({','.join('?' * len(values))})", values)

    def ask(self, query: str) -> set[int]:
        """Return the numbers of the events that meet a condition."""
        have = {row[1].lower() for row in self._connection.execute("PRAGMA table_info(logs)")}
        for name in sorted(columns_of(query) - have):
            self._connection.execute(f'ALTER TABLE logs ADD COLUMN "{name}" TEXT COLLATE NOCASE')
        return {row[0] for row in self._connection.execute(f"SELECT n FROM logs WHERE {query}")}


def columns_of(query: str) -> set[str]:
    """Return every bare word and quoted name of a query outside its texts: a column too many does no harm."""
    bare = re.sub(r"'(?:[^']|'')*'", "''", query)
    words = set(re.findall(r'"([^"]+)"', bare)) | set(re.findall(r"(?<![\w\"])[A-Za-z_]\w*", bare))
    return {word.lower() for word in words}


def _row(event: Event) -> dict[str, str | int]:
    """Return the columns of an event by their names in lower case; values without a name are `data` together."""
    row: dict[str, str | int] = {name.lower(): value for name, value in event.fields.items()}
    unnamed = [value for name, value in event.fields.items() if UNNAMED.fullmatch(name.lower())]
    if unnamed:
        row.setdefault("data", "\n".join(unnamed))
    return row | {
        "eventid": event.id,
        "channel": event.channel,
        "provider_name": event.provider,
        "computer": event.computer,
    }


def _finds(expression: str, text: str | None) -> bool:
    return text is not None and re.search(expression, text) is not None
