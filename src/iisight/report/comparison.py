"""What differs between two reports, as text: the answer, the changes, then what cannot be told."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TextIO

from iisight.model.comparison import Change, Compared, Comparison, Side, Topic, Turn
from iisight.model.finding import Severity
from iisight.report.finding_list import STYLES
from iisight.report.json import to_json_line
from iisight.report.layout import Line, Span, clip, heading, joined, line, paragraph, plural
from iisight.report.rows import write_table
from iisight.report.safe import escape
from iisight.report.text import MIN_WIDTH, write_lines

MAX_ALIKE = 15  # changes of one topic and weight that are shown
_LABEL = 10
_INDENT = "    "


def write(
    comparison: Comparison, stream: TextIO, *, width: int = 80, color: bool = False, everything: bool = False
) -> None:
    """Write a comparison as text; `everything` folds nothing and tells where both sides stand of what moved."""
    write_lines(lines(comparison, max(width, MIN_WIDTH), everything), stream, color=color)


def lines(comparison: Comparison, width: int, everything: bool) -> Iterator[Line]:
    """Yield the lines of a comparison."""
    counting = comparison.counting
    yield line(Span(f"iisight {escape(comparison.version)}", "bold"))
    yield from _compared("Old", comparison.old, width)
    yield from _compared("New", comparison.new, width)
    yield line("Changes".ljust(_LABEL), _counted(counting))
    yield ()
    yield from paragraph(answer(comparison), width, style="bold")
    for title, changes in (
        ("Changes", counting),
        ("Moved", [c for c in comparison.changes if c.turn is Turn.MOVED]),
        ("Cannot be told", [c for c in comparison.changes if c.turn is Turn.UNKNOWN]),
        ("Coverage", [c for c in comparison.changes if c.topic is Topic.COVERAGE]),
    ):
        if changes:
            yield from heading(title, width)
            yield from _listed(changes, width, everything)


def answer(comparison: Comparison) -> str:
    """Return in one sentence what the comparison says."""
    counting = comparison.counting
    doubts = sum(c.turn is Turn.UNKNOWN for c in comparison.changes)
    unread = comparison.old.gaps or comparison.new.gaps
    doubt = f"{plural(doubts, 'thing')} cannot be told" if doubts else "not everything could be read" if unread else ""
    if not counting:
        if doubt:
            return f"Nothing changed as far as can be told; {doubt}."
        return "Nothing changed, and everything was read."
    first = counting[0]
    start = f"{plural(len(counting), 'change')}; first look at this: {clip(first.what, 200)}"
    return f"{start}; {doubt}." if doubts else f"{start}."


def _compared(label: str, side: Compared, width: int) -> Iterator[Line]:
    told = joined((side.evidence, side.time or "", f"iisight {side.version}" if side.version else ""))
    yield from paragraph(told, width, label.ljust(_LABEL))
    if side.baseline:
        yield from paragraph(side.baseline, width, " " * _LABEL)
    if side.gaps:
        yield line(" " * _LABEL, f"{plural(side.gaps, 'thing')} could not be read")


def _counted(changes: Sequence[Change]) -> str:
    found = Counter(c.weight for c in changes)
    return joined(f"{found[weight]:,} {weight}" for weight in reversed(Severity) if found[weight]) or "none"


def _listed(changes: Sequence[Change], width: int, everything: bool) -> Iterator[Line]:
    """Yield changes, of those alike the first few."""
    shown = Counter[tuple[str, str, str]]()
    for change in changes:
        alike = change.topic, change.weight, change.turn
        shown[alike] += 1
        if everything or shown[alike] <= MAX_ALIKE:
            yield from _change(change, width)
    rest = sum(number - MAX_ALIKE for number in shown.values() if number > MAX_ALIKE)
    if rest and not everything:
        yield line(f"and {rest:,} more of these kinds (--all)")


def _change(change: Change, width: int) -> Iterator[Line]:
    head = f"{change.weight:<9}{change.turn:<9}{change.topic}" if change.turn is not Turn.UNKNOWN else change.topic
    yield line(Span(head, STYLES[change.weight] if change.turn is not Turn.UNKNOWN else ""))
    yield from paragraph(change.what, width, _INDENT)
    if change.turn is Turn.UNKNOWN:
        return
    for label, side in (("was", change.old), ("now", change.new)):
        yield from _side(label, side, width)


def _side(label: str, side: Side | None, width: int) -> Iterator[Line]:
    if side is None:
        return
    if side.text:
        yield from paragraph(side.text, width, f"{_INDENT}{label} ")
    if side.locator is not None:
        lead = " " * (len(label) + 1) if side.text else f"{label} "
        yield line(_INDENT + lead, f"at {escape(str(side.locator))}")


COLUMNS = ("id", "weight", "turn", "topic", "subject", "what", "old", "old_place", "new", "new_place", "components")


def write_csv(comparison: Comparison, stream: TextIO) -> None:
    """Write one row a change."""
    write_table(COLUMNS, map(_row, comparison.changes), stream)


def write_ndjson(comparison: Comparison, stream: TextIO) -> None:
    """Write one JSON object a change."""
    for change in comparison.changes:
        stream.write(to_json_line(change))


def _row(change: Change) -> dict[str, str]:
    row = {name: str(getattr(change, name)) for name in COLUMNS[:6]}
    for name, side in (("old", change.old), ("new", change.new)):
        row[name] = "" if side is None else side.text
        row[f"{name}_place"] = "" if side is None or side.locator is None else str(side.locator)
    return {**row, "components": " ".join(change.components)}
