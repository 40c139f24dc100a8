"""The findings, or what happened, one to a line: CSV for a spreadsheet, NDJSON for a pipe."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TextIO

from iisight.model.report import Report
from iisight.report.json import to_json_line
from iisight.report.safe import escape

FINDING_COLUMNS = (
    "severity",
    "confidence",
    "rule",
    "title",
    "message",
    "components",
    "place",
    "evidence",
    "suppressed",
)
MOMENT_COLUMNS = ("time", "until", "count", "severity", "rules", "source", "what", "who", "place")
_FORMULA = ("=", "+", "-", "@")  # what a spreadsheet would run (OWASP, CSV Injection); other starts are escaped


def findings(report: Report) -> Iterator[dict[str, str]]:
    """Yield one row a finding, the gravest first."""
    titles = {info.id: info.title for info in report.rules}
    for found in report.findings:
        yield {
            "severity": found.severity,
            "confidence": found.confidence,
            "rule": found.rule,
            "title": titles.get(found.rule, ""),
            "message": found.message,
            "components": " ".join(found.components),
            "place": str(found.evidence[0].locator) if found.evidence else found.scope,
            "evidence": found.evidence[0].note if found.evidence else "",
            "suppressed": "" if found.suppressed is None else found.suppressed.reason,
        }


def moments(report: Report) -> Iterator[dict[str, str]]:
    """Yield one row a moment of the timeline, in the order of time."""
    for told in report.timeline:
        yield {
            "time": "" if told.time is None else told.time.isoformat(),
            "until": "" if told.until is None else told.until.isoformat(),
            "count": str(told.count),
            "severity": told.weight if told.rules else "",
            "rules": " ".join(told.rules),
            "source": told.source,
            "what": told.what,
            "who": told.who,
            "place": "" if told.locator is None else str(told.locator),
        }


def write_csv(report: Report, stream: TextIO, *, timeline: bool = False) -> None:
    """Write CSV (RFC 4180) with a header; text that a spreadsheet would run as a formula is quoted with `'`."""
    columns = MOMENT_COLUMNS if timeline else FINDING_COLUMNS
    write_table(columns, moments(report) if timeline else findings(report), stream)


def write_table(columns: Sequence[str], rows: Iterable[Mapping[str, str]], stream: TextIO) -> None:
    """Write such CSV of any rows."""
    writer = csv.DictWriter(stream, columns)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _plain(value) for name, value in row.items()})


def write_ndjson(report: Report, stream: TextIO, *, timeline: bool = False) -> None:
    """Write one JSON object a line."""
    rows: Iterator[Mapping[str, str]] = moments(report) if timeline else findings(report)
    for row in rows:
        stream.write(to_json_line(row))


def _plain(value: str) -> str:
    shown = escape(value)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
