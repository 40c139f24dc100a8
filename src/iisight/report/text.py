"""The report as text, for a person in a hurry: the answer first, then the proof, then what was not read."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TextIO

from iisight.model.component import Kind, Verdict
from iisight.model.coverage import Gap, GapKind
from iisight.model.finding import Severity
from iisight.model.report import Judged, Report
from iisight.report.component_table import STYLES, component_table
from iisight.report.finding_list import finding_list
from iisight.report.layout import Line, Span, clip, heading, joined, line, paragraph, plural
from iisight.report.moments import logs, timeline
from iisight.report.safe import encodable, escape

MIN_WIDTH = 60
MAX_GAPS = 15  # of one kind that are listed
MAX_NAMED = 3  # components named in the answer

_LABEL = 16
_MEANING = {
    GapKind.MISSING: "expected, not in the evidence",
    GapKind.UNREADABLE: "there, and the bytes could not be had",
    GapKind.MALFORMED: "there, and not what the format says; what could be read was used",
    GapKind.REFUSED: "there, and outside the bounds",
    GapKind.UNRESOLVED: "names that lead nowhere",
    GapKind.FAILED: "a rule or a step of iisight failed",
}


def write(
    report: Report,
    stream: TextIO,
    *,
    width: int = 80,
    color: bool = False,
    everything: bool = False,
    happened: bool = False,
) -> None:
    """Write a report to a text stream; `happened`: the timeline alone.

    Lines keep to `width` columns, but for what an analyst copies. What the stream's encoding does not have is
    written out. The words are the same with `color` and without; `everything` folds and leaves out nothing.
    """
    if happened:
        rows = timeline(report, max(width, MIN_WIDTH), everything=True)
    else:
        rows = lines(report, width=width, everything=everything)
    write_lines(rows, stream, color=color)


def write_lines(rows: Iterable[Line], stream: TextIO, *, color: bool) -> None:
    """Write lines to a text stream, what its encoding does not have written out."""
    (_write_colored if color else _write_plain)(rows, stream)


def lines(report: Report, *, width: int = 80, everything: bool = False) -> Iterator[Line]:
    """Yield the lines of a report."""
    width = max(width, MIN_WIDTH)
    yield from _header(report, width)
    if not _is_hunt(report):
        yield from heading("Components", width)
        yield from component_table(report, width, everything)
    yield from heading("Findings", width)
    yield from finding_list(report, width, everything)
    if report.logs or report.timeline:
        yield from heading("What happened", width)
        yield from timeline(report, width, everything)
    if report.logs:
        yield from heading("Event logs", width)
        yield from logs(report.logs, everything)
    yield from heading("Coverage", width)
    yield from coverage(report.gaps, everything)


def _is_hunt(report: Report) -> bool:
    """Tell whether event logs alone were read."""
    return bool(report.logs) and not (report.components or report.sites or report.files)


def answer(report: Report) -> str:
    """Return in one sentence what the report says."""
    if _is_hunt(report):
        return _hunt_answer(report)
    malicious = [j for j in report.components if j.verdict is Verdict.MALICIOUS]
    suspicious = [j for j in report.components if j.verdict is Verdict.SUSPICIOUS]
    if any(j.component.effective for j in malicious):
        return f"This server loads code that does not belong: {_names(malicious)}."
    if malicious:
        return f"Code that does not belong was found; IIS does not load it as configured: {_names(malicious)}."
    if suspicious:
        return f"Nothing is proven malicious; look at {_names(suspicious)}."
    return _quiet_answer(report)


def _hunt_answer(report: Report) -> str:
    """Say what event logs alone tell."""
    counting = [f for f in report.findings if f.suppressed is None]
    unread = _total(report.gaps)
    doubt = f"; {plural(unread, 'thing')} could not be read" if unread else ""
    if not counting:
        changes = f"{plural(len(report.timeline), 'change')} to the web server, none of them odd"
        return (
            (changes if report.timeline else "Nothing in these logs speaks of a change to the web server") + doubt + "."
        )
    gravest = max(counting, key=lambda f: f.severity.rank)
    return f"{plural(len(counting), 'finding')}, the gravest: {clip(gravest.message, 200)}{doubt}."


_NATIVE = frozenset({Kind.NATIVE_MODULE, Kind.ISAPI_FILTER})
"""Kinds that see every request and have the rights of the worker process."""


def _quiet_answer(report: Report) -> str:
    """Say that nothing was found only as far as something was looked at."""
    counting = sum(f.suppressed is None for f in report.findings)
    if not report.components and not counting:
        return "No component was found in this evidence, so it says nothing of the server."
    unverified = sum(j.verdict is Verdict.UNVERIFIED for j in report.components)
    unread = _total(report.gaps)
    doubts = joined(
        (
            "" if report.rules else "no rule was run",
            f"{unverified:,} could not be confirmed" if unverified else "",
            f"{plural(unread, 'thing')} could not be read" if unread else "",
        )
    )
    found = f"No component is suspicious; {plural(counting, 'finding')} below"
    start = found if counting else "Nothing speaks against any component"
    first = [j for j in report.components if j.verdict is Verdict.UNVERIFIED and j.component.kind in _NATIVE]
    look = f" Look first at {_names(first)}: native code that nobody vouches for." if first else ""
    return (f"{start}; {doubts}." if doubts else f"{start}, and everything expected was read.") + look


def _names(judged: Sequence[Judged]) -> str:
    names = list(dict.fromkeys(clip(j.component.name, 40) for j in judged))
    more = f" and {len(names) - MAX_NAMED:,} more" if len(names) > MAX_NAMED else ""
    return ", ".join(names[:MAX_NAMED]) + more


def _header(report: Report, width: int) -> Iterator[Line]:
    yield line(Span(f"iisight {escape(report.version)}", "bold"))
    for label, text in _facts(report):
        yield line(label.ljust(_LABEL), text)
    if not _is_hunt(report):
        yield line("Components".ljust(_LABEL), *_verdicts(report))
    yield ()
    yield from paragraph(answer(report), width, style="bold")


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    yield "Evidence", escape(report.evidence)
    if report.mapping:
        yield "Read as", escape(report.mapping)
    if report.time is not None:
        yield "Time", escape(report.time)
    if not _is_hunt(report):
        applications = sum(len(site.applications) for site in report.sites)
        yield "Server", f"{plural(len(report.sites), 'site')}, {plural(applications, 'application')}"
        malformed = sum(file.malformed for file in report.files)
        note = f"{malformed:,} malformed" if malformed else ""
        yield "Configuration", joined((f"{plural(len(report.files), 'file')} read", note))
    if report.logs:
        lost = sum(log.lost for log in report.logs)
        records = plural(sum(log.records for log in report.logs), "record")
        yield "Event logs", joined((f"{len(report.logs):,}", records, f"{lost:,} lost" if lost else ""))
    elif not _is_hunt(report):
        yield "Event logs", "none in the evidence: who changed what is not known"
    unread = _total(report.gaps)
    yield "Not read", f"{plural(unread, 'thing')}, see Coverage" if unread else "nothing"
    yield "Findings", _severities(report)


def _severities(report: Report) -> str:
    found = Counter(f.severity for f in report.findings if f.suppressed is None)
    suppressed = len(report.findings) - found.total()
    graded = [f"{found[s]:,} {s}" for s in reversed(Severity) if found[s]]
    return joined([*(graded or ["none"]), f"{suppressed:,} suppressed" if suppressed else ""])


def _verdicts(report: Report) -> Line:
    """Return how many components have which verdict; the bad ones are told even when there are none."""
    found = Counter(j.verdict for j in report.components)
    told = [v for v in reversed(Verdict) if found[v] or v in (Verdict.MALICIOUS, Verdict.SUSPICIOUS)]
    spans: list[Span] = []
    for verdict in told:
        spans += (Span(", "),) if spans else ()
        spans.append(Span(f"{found[verdict]:,} {verdict}", STYLES[verdict] if found[verdict] else ""))
    return tuple(spans)


def coverage(gaps: Iterable[Gap], everything: bool) -> Iterator[Line]:
    """Yield what was not read, by reason."""
    order = sorted(gaps)
    if not order:
        yield line("Everything expected was read.")
    for kind, group in groupby(order, key=lambda gap: gap.kind):
        alike = tuple(group)
        yield line(Span(f"{kind} ({_total(alike):,})", "bold"), f": {_MEANING[kind]}")
        most = len(alike) if everything else MAX_GAPS
        for gap in alike[:most]:
            times = f" (x{gap.count:,})" if gap.count != 1 else ""
            yield line(f"  {escape(gap.subject)}: {escape(gap.reason)}{times}")
        if alike[most:]:
            yield line(f"  and {_total(alike[most:]):,} more (--all)")


def _total(gaps: Iterable[Gap]) -> int:
    return sum(gap.count for gap in gaps)


def _write_plain(rows: Iterable[Line], stream: TextIO) -> None:
    encoding = getattr(stream, "encoding", None)
    for row in rows:
        text = "".join(escape(span.text) for span in row).rstrip(" ")
        stream.write(encodable(text, encoding) + "\n")


def _write_colored(rows: Iterable[Line], stream: TextIO) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, force_terminal=True, color_system="standard", no_color=False, highlight=False)
    encoding = getattr(stream, "encoding", None)
    for row in rows:
        text = Text(end="")
        for span in row:
            text.append(encodable(escape(span.text), encoding), style=span.style or None)
        text.rstrip()
        console.print(text, soft_wrap=True)
