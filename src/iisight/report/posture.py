"""How a server stands, as text: score, what to change first, checks, who can install, what would have been told."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TextIO

from iisight.model.posture import (
    Answer,
    CheckResult,
    InstallRow,
    Installs,
    Point,
    Posture,
    RuleCoverage,
    Score,
    Told,
)
from iisight.report.layout import Line, Span, cells, columns, heading, joined, line, paragraph, plural
from iisight.report.safe import escape
from iisight.report.text import MIN_WIDTH, coverage, write_lines

MAX_POINTS = 4  # of one check
MAX_ROWS = 25  # applications of the table
MAX_RULES = 8  # named with one reason
_LABEL = 12
_ANSWER = 8
_STYLES = {Answer.FAIL: "red", Answer.UNKNOWN: "yellow", Answer.PASS: "green", Answer.NOT_APPLICABLE: ""}
_SHORT = {Answer.NOT_APPLICABLE: "n/a"}
_URGENT = (Installs.YES, Installs.UNKNOWN, Installs.NO)
_INSTALLS = {Installs.YES: "red", Installs.UNKNOWN: "yellow", Installs.NO: "green"}
_WIDE = 100  # columns from which the table has room for the pool's account
_DELEGATED = 17  # columns of `modules, handlers`
_WITHOUT_POOL = ("APPLICATION", "WEB.CONFIG SETS", "WHO ELSE MAY WRITE IT", "INSTALLS")
_WITH_POOL = ("APPLICATION", "POOL RUNS AS", *_WITHOUT_POOL[1:])


def write(posture: Posture, stream: TextIO, *, width: int = 80, color: bool = False, everything: bool = False) -> None:
    """Write a posture to a text stream; `everything` leaves nothing out, what passes included."""
    write_lines(lines(posture, width=width, everything=everything), stream, color=color)


def lines(posture: Posture, *, width: int = 80, everything: bool = False) -> Iterator[Line]:
    """Yield the lines of a posture."""
    width = max(width, MIN_WIDTH)
    yield from _header(posture, width)
    yield from heading("Score", width)
    yield from _scores(posture.scores, width)
    if posture.first:
        yield from heading("Change first", width)
        yield from _first(posture, width)
    yield from heading("Checks", width)
    yield from _checks(posture, width, everything)
    yield from heading("Who can install a component without being administrator", width)
    yield from _installs(posture.installs, width, everything)
    yield from heading("Could this server have told?", width)
    yield from _told(posture.coverage, width, everything)
    yield from heading("Coverage", width)
    yield from coverage(posture.gaps, everything)


def answer(posture: Posture) -> str:
    """Return in one sentence how the server stands."""
    found = Counter(check.answer for check in posture.checks)
    doubt = f"; {plural(found[Answer.UNKNOWN], 'check')} cannot be answered from this evidence"
    if found[Answer.FAIL]:
        said = f"{plural(found[Answer.FAIL], 'check')} of {len(posture.checks)} fail"
        said = said.replace(" fail", " fails") if found[Answer.FAIL] == 1 else said
        return f"{said}{doubt if found[Answer.UNKNOWN] else ''}."
    if found[Answer.UNKNOWN]:
        return f"No check fails{doubt}."
    return "Every check passes." if posture.checks else "No check was run."


def _header(posture: Posture, width: int) -> Iterator[Line]:
    yield line(Span(f"iisight {escape(posture.version)}", "bold"))
    yield line("Evidence".ljust(_LABEL), escape(posture.evidence))
    if posture.mapping:
        yield line("Read as".ljust(_LABEL), escape(posture.mapping))
    if posture.time is not None:
        yield line("Time".ljust(_LABEL), escape(posture.time))
    found = Counter(check.answer for check in posture.checks)
    counts = joined(f"{found[a]} {_SHORT.get(a, a.value)}" for a in Answer if found[a])
    yield line("Checks".ljust(_LABEL), f"{len(posture.checks)}: {counts}" if counts else "none")
    yield ()
    yield from paragraph(answer(posture), width, style="bold")


def _scores(scores: Iterable[Score], width: int) -> Iterator[Line]:
    for score in scores:
        rest = [f"{score.failed} failed" if score.failed else "", f"{score.unknown} unknown" if score.unknown else ""]
        more = joined(rest)
        points = f"{score.earned:>3} of {score.possible:>3} points" if score.possible else "does not apply"
        text = f"{score.mitigation} {score.title}".ljust(38) + points + (f" ({more})" if more else "")
        yield from paragraph(text, width, "", "  ")


def _first(posture: Posture, width: int) -> Iterator[Line]:
    for number, change in enumerate(posture.first, 1):
        yield from paragraph(f"{change.remedy}.", width, f"{number}. ", "   ", "bold")
        yield from paragraph(f"{change.check}, {plural(change.gain, 'point')}: {change.why}", width, "   ")


def _checks(posture: Posture, width: int, everything: bool) -> Iterator[Line]:
    yield from paragraph("Each line names what should not be: `pass` says that it is not so on this server.", width)
    for score in posture.scores:
        yield ()
        yield line(Span(f"{score.mitigation} {score.title}", "bold"))
        for check in (c for c in posture.checks if c.mitigation == score.mitigation):
            yield from _check(check, width, everything)


def _check(check: CheckResult, width: int, everything: bool) -> Iterator[Line]:
    word = _SHORT.get(check.answer, check.answer.value)
    weight = f" [{plural(check.weight, 'point')}]"
    head = (Span(word.ljust(_ANSWER), _STYLES[check.answer]), Span(f"{check.id}  "))
    for number, row in enumerate(paragraph(f"{check.title}{weight}", width - _ANSWER - len(check.id) - 2)):
        yield (*head, *row) if not number else (Span(" " * (_ANSWER + len(check.id) + 2)), *row)
    shown = [p for p in check.points if everything or p.answer in {Answer.FAIL, Answer.UNKNOWN}]
    most = len(shown) if everything else MAX_POINTS
    for point in shown[:most]:
        yield from _point(point, width, everything)
    if shown[most:]:
        yield line(" " * _ANSWER, f"and {len(shown) - most} more (--all)")
    if everything and check.references:
        named = "; ".join(f"{r.scheme} {r.id}" for r in check.references)
        yield from paragraph(f"see {named}", width, " " * _ANSWER)


def _point(point: Point, width: int, everything: bool) -> Iterator[Line]:
    indent = " " * _ANSWER
    mark = {Answer.FAIL: "- ", Answer.UNKNOWN: "? "}.get(point.answer, "+ ")
    yield from paragraph(point.message, width, indent + mark, indent + "  ")
    for needed in point.missing:
        yield from paragraph(f"needed: {needed}", width, f"{indent}  ", f"{indent}    ")
    if everything:
        for evidence in point.evidence:
            yield line(f"{indent}  at {escape(str(evidence.locator))}")


def _installs(rows: tuple[InstallRow, ...], width: int, everything: bool) -> Iterator[Line]:
    if not rows:
        yield line("No application is configured in this evidence.")
        return
    titles = _WITH_POOL if width >= _WIDE else _WITHOUT_POOL
    widths = _widths(width)
    yield columns(titles, widths, ("bold",) * len(widths))
    order = sorted(rows, key=lambda row: (_URGENT.index(row.installs), row.scope.casefold()))
    most = len(order) if everything else MAX_ROWS
    for row in order[:most]:
        pool = (row.identity or "?",) if width >= _WIDE else ()
        texts = (row.scope, *pool, ", ".join(row.delegated) or "-", _writers(row, widths[-2]), row.installs.value)
        yield columns(texts, widths, (*[""] * (len(widths) - 1), _INSTALLS[row.installs]))
    if order[most:]:
        yield line(f"and {len(order) - most:,} more (--all)")


def _writers(row: InstallRow, width: int) -> str:
    """Return who may write, as many as fit and the number of the others."""
    if not row.writers:
        return "nobody" if row.installs is Installs.NO else "not known"
    names = [escape(name) for name in row.writers]
    for shown in range(len(names), 0, -1):
        rest = len(names) - shown
        text = ", ".join(names[:shown]) + (f" +{rest}" if rest else "")
        if cells(text) <= width:
            return text
    return names[0] + (f" +{len(names) - 1}" if len(names) > 1 else "")


def _widths(width: int) -> tuple[int, ...]:
    """Return the widths of the table's columns: two are as wide as their words, the others share the rest."""
    last = len(_WITHOUT_POOL[-1])
    rest = width - last - _DELEGATED - 2 * (len(_WITH_POOL if width >= _WIDE else _WITHOUT_POOL) - 1)
    if width < _WIDE:
        return rest * 2 // 5, _DELEGATED, rest - rest * 2 // 5, last
    return rest * 3 // 10, rest * 3 // 10, _DELEGATED, rest - 2 * (rest * 3 // 10), last


def _told(rules: tuple[RuleCoverage, ...], width: int, everything: bool) -> Iterator[Line]:
    found = Counter(rule.told for rule in rules)
    yield line(
        f"{plural(len(rules), 'rule')}: {found[Told.YES]} yes, {found[Told.UNKNOWN]} unknown, {found[Told.NO]} no"
    )
    for told, words in ((Told.NO, "No event would have been there"), (Told.UNKNOWN, "Nobody can tell")):
        reasons: dict[str, list[str]] = {}
        for rule in (r for r in rules if r.told is told):
            for reason in rule.reasons:
                reasons.setdefault(reason, []).append(rule.rule)
        if reasons:
            yield ()
            yield line(Span(f"{words}:", "bold"))
        for reason, ids in sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0])):
            shown = ids if everything else ids[:MAX_RULES]
            more = f" and {len(ids) - len(shown)} more" if len(ids) > len(shown) else ""
            yield from paragraph(f"{reason}: {', '.join(shown)}{more}", width, "  ", "    ")
