"""The findings, the gravest first, each with evidence an analyst can open by hand."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from iisight.model.finding import Finding, Severity
from iisight.model.report import Report
from iisight.model.rule import RuleInfo
from iisight.report.layout import Line, Span, clip, line, paragraph, plural
from iisight.report.safe import escape

MAX_ALIKE = 10  # findings of one rule and severity that are shown
MAX_NOTE = 2000  # characters of a note
MIN_MESSAGE = 40  # columns that a suppressed finding's message keeps, even in a narrow terminal

STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "",
}
_INDENT = "    "


def finding_list(report: Report, width: int, everything: bool) -> Iterator[Line]:
    """Yield the findings that count, and a line for each that was suppressed."""
    rules = {info.id: info for info in report.rules}
    order = sorted(report.findings, key=lambda f: (-f.severity.rank, f.rule))
    counting = [f for f in order if f.suppressed is None]
    yield from _none(report, counting)
    for number, (_, group) in enumerate(groupby(counting, key=lambda f: (f.severity, f.rule))):
        if number:
            yield ()
        yield from _group(tuple(group), rules, width, everything)
    yield from _suppressed([f for f in order if f.suppressed is not None], width, everything)


def _none(report: Report, counting: Sequence[Finding]) -> Iterator[Line]:
    if not report.rules:
        yield line(Span("No rule was run, so nothing could be found.", "bold"))
    elif not counting:
        yield line(f"None, by {plural(len(report.rules), 'rule')}.")


def _group(group: Sequence[Finding], rules: Mapping[str, RuleInfo], width: int, everything: bool) -> Iterator[Line]:
    """Yield findings of one rule, and once for them all what the rule knows."""
    most = len(group) if everything else MAX_ALIKE
    info = rules.get(group[0].rule)
    for finding in group[:most]:
        yield from _finding(finding, info, width, everything)
    rule = escape(group[0].rule)
    if group[most:]:
        yield line(_INDENT, f"and {len(group) - most:,} more of {rule} (--all or --format json)")
    attack = f"ATT&CK {', '.join(info.attack)}. " if info is not None and info.attack else ""
    yield line(_INDENT, Span(f"{attack}More: iisight explain {rule}", "dim"))


def _finding(finding: Finding, info: RuleInfo | None, width: int, everything: bool) -> Iterator[Line]:
    title = "" if info is None else f" {info.title}"
    grade = Span(finding.severity.upper(), STYLES[finding.severity])
    yield line(grade, " ", Span(finding.rule, "bold"), f" (confidence {finding.confidence})", Span(title, "bold"))
    yield from paragraph(finding.message, width, _INDENT)
    if finding.scope:
        yield line(_INDENT, f"scope {escape(finding.scope)}")
    for evidence in finding.evidence:
        note = evidence.note if everything else _bounded(evidence.note)
        yield line(_INDENT, Span(str(evidence.locator), "underline"), f"  {note}" if note else "")


def _bounded(note: str) -> str:
    return note if len(note) <= MAX_NOTE else f"{note[:MAX_NOTE]}... ({len(note) - MAX_NOTE:,} characters more: --all)"


def _suppressed(findings: Sequence[Finding], width: int, everything: bool) -> Iterator[Line]:
    if not findings:
        return
    yield ()
    yield line(Span(f"Suppressed: {len(findings):,}", "bold"))
    most = len(findings) if everything else MAX_ALIKE
    for finding in findings[:most]:
        yield _suppressed_line(finding, width)
    if findings[most:]:
        yield line("  ", f"and {len(findings) - most:,} more (--all or --format json)")


def _suppressed_line(finding: Finding, width: int) -> Line:
    """Return one line; the message gives way to the reason and its source."""
    head = f"  {finding.severity} {finding.rule}  "
    said = finding.suppressed
    why = "" if said is None else f"  [{said.source}: {said.reason}]"
    return line(head, clip(finding.message, max(width - len(head) - len(why), MIN_MESSAGE)), Span(why, "dim"))
