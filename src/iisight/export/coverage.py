"""Which rule covers which technique by which data source, as a table: CSV and Markdown.

What a rule about events looks at is taken from the events its page shows it to fire on, so that the table claims
nothing that no test shows.
"""

import io
from collections.abc import Iterable, Iterator, Sequence

from iisight.engine.registry import Rule, Shape
from iisight.export.made import Export
from iisight.export.material import sigma_texts
from iisight.export.tables import table
from iisight.report.rows import write_table
from iisight.workbench.event_blocks import events_of
from iisight.workbench.pages import parse_page

CSV, MARKDOWN = "coverage.csv", "coverage.md"
HEADER = ("technique", "data source", "data component", "rule", "title", "severity", "sigma", "page")


def coverage(rules: Iterable[Rule]) -> Export:
    """Return the table, by technique, then by rule."""
    chosen = list(rules)
    rows = sorted(_rows(chosen))
    return Export(((CSV, _csv(rows)), (MARKDOWN, _markdown(rows))))


def _rows(rules: Sequence[Rule]) -> Iterator[tuple[str, ...]]:
    sigma = {rule: "exact" if text.exact else "approximation" for text in sigma_texts(rules)[0] for rule in text.rules}
    for rule in rules:
        info = rule.info
        page = f"rules/{rule.group}/{rule.name}.md"
        for source, component in components_of(rule):
            for technique in info.attack:
                said = sigma.get(info.id, "none")
                yield technique, source, component, info.id, info.title, str(info.severity), said, page


def components_of(rule: Rule) -> list[tuple[str, str]]:
    """Return the data components of ATT&CK that a rule looks at."""
    if rule.shape is not Shape.EVENT:
        return [(row["source"], row["component"]) for row in table("groups") if row["group"] == rule.group]
    events = (event for case in parse_page(rule.page()).cases if case.fires for event in events_of(case.blocks))
    seen = {(event.channel, str(event.id)) for event in events}
    return sorted(
        {
            (row["source"], row["component"])
            for channel, number in seen
            for row in _of_channel(channel)
            if not row["ids"] or number in row["ids"].split()
        }
    )


def _of_channel(channel: str) -> Iterator[dict[str, str]]:
    return (dict(row) for row in table("components") if row["channel"] == channel)


def _csv(rows: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    write_table(HEADER, (dict(zip(HEADER, row, strict=True)) for row in rows), text)
    return text.getvalue().encode()


def _markdown(rows: Iterable[tuple[str, ...]]) -> bytes:
    lines = [f"| {' | '.join(HEADER)} |", f"|{'---|' * len(HEADER)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return ("\n".join(lines) + "\n").encode()
