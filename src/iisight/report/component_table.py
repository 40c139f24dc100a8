"""The components that matter as a table: the worst first, with the reasons under what speaks against one."""

from collections import Counter
from collections.abc import Iterator, Sequence

from iisight.model.component import Component, ImageState, Verdict
from iisight.model.config import Fate
from iisight.model.report import Judged, Report
from iisight.report.close_look import close_look
from iisight.report.layout import Line, Span, cells, clip, columns, joined, line, pad, paragraph, plural
from iisight.report.moments import is_told, story
from iisight.report.safe import escape

FOLD = 25  # unverified components that are listed one by one
FEW = 5  # of one kind, listed even when the others are folded
MAX_REASONS = 5
MAX_SCOPES = 5

STYLES = {
    Verdict.MALICIOUS: "bold red",
    Verdict.SUSPICIOUS: "bold yellow",
    Verdict.UNVERIFIED: "cyan",
    Verdict.TRUSTED: "green",
    Verdict.KNOWN: "green",
}
BAD = (Verdict.MALICIOUS, Verdict.SUSPICIOUS)

_TITLES = ("VERDICT", "KIND", "NAME", "IMAGE OR TYPE", "WHERE")
_GAP = 2
_INDENT = "  "


def component_table(report: Report, width: int, everything: bool) -> Iterator[Line]:
    """Yield the table; known and trusted components are in it only when `everything` is asked for."""
    worst_first = sorted(report.components, key=lambda j: -tuple(Verdict).index(j.verdict))
    wanted = [j for j in worst_first if everything or j.verdict in (*BAD, Verdict.UNVERIFIED)]
    folded = Counter[str]() if everything else _folded(wanted)
    shown = [j for j in wanted if j.verdict in BAD or j.component.kind not in folded]
    widths = _widths(shown, width)
    if shown:
        yield columns(_TITLES, widths, ("bold",) * len(_TITLES))
    for judged in shown:
        yield from _row(judged, widths, width, everything)
    for kind, number in sorted(folded.items()):
        yield line(
            Span(pad(Verdict.UNVERIFIED, widths[0]), STYLES[Verdict.UNVERIFIED]),
            f"  {kind}: {number:,}, not listed (--all)",
        )
    if not wanted:
        yield line("None to show: nothing is malicious, suspicious or unverified.")
    hidden = len(worst_first) - len(wanted)
    if hidden:
        yield ()
        yield line(f"{plural(hidden, 'component')} known or trusted, not shown (--all lists them).")


def where(component: Component) -> str:
    """Return in a few words where a component is in force: `server`, `Default Web Site`, `3 scopes`, `nowhere`."""
    scopes = _scopes(component)
    if not scopes:
        return "nowhere"
    if "" in scopes:
        off = sum(not p.effective for p in component.presence)
        place = f"server, {off} off" if off else "server"
    else:
        place = scopes[0] if len(scopes) == 1 else plural(len(scopes), "scope")
    return _server(component) + place


def _server(component: Component) -> str:
    return "" if component.server == "IIS" else f"{component.server}: "


def _scopes(component: Component) -> list[str]:
    """Return the scopes from which a component is in force, each once."""
    if not component.effective:
        return []
    return list(dict.fromkeys(p.scope for p in component.presence if p.effective))


def _folded(judged: Sequence[Judged]) -> Counter[str]:
    """Return the kinds of unverified components that are counted and not listed."""
    kinds = Counter[str](j.component.kind for j in judged if j.verdict is Verdict.UNVERIFIED)
    if kinds.total() <= FOLD:
        return Counter()
    return Counter({kind: number for kind, number in kinds.items() if number > FEW})


def _cells(judged: Judged) -> tuple[str, ...]:
    component = judged.component
    type_name = (component.type or "").partition(",")[0]  # the assembly is told below the row
    what = component.image or type_name or component.arguments or "-"
    texts = (judged.verdict, component.kind, component.name, what, where(component))
    return tuple(escape(text) for text in texts)


def _widths(shown: Sequence[Judged], width: int) -> tuple[int, ...]:
    """Share the width out: verdict and kind whole, the place short, name and image by what they need."""
    rows = [_TITLES, *(_cells(j) for j in shown)]
    verdict, kind, name, image, place = (max(cells(row[column]) for row in rows) for column in range(len(_TITLES)))
    place = min(place, width // 5)
    room = max(width - verdict - kind - place - _GAP * (len(_TITLES) - 1), 12)
    name = min(name, room - min(image, max(room * 9 // 20, min(14, room // 2))))
    return verdict, kind, name, min(image, room - name), place


def _row(judged: Judged, widths: Sequence[int], width: int, everything: bool) -> Iterator[Line]:
    texts = _cells(judged)
    yield columns(texts, widths, (STYLES[judged.verdict], "", "bold", "", ""))
    yield from _whole(judged.component, texts, widths, width, everything)
    if judged.verdict in BAD:
        yield from _reasons(judged, width, everything)
    if everything or judged.verdict in BAD or (judged.verdict is Verdict.UNVERIFIED and is_told(judged.story)):
        yield from story(judged.story, width, everything)


def _reasons(judged: Judged, width: int, everything: bool) -> Iterator[Line]:
    most = len(judged.reasons) if everything else MAX_REASONS
    for reason in judged.reasons[:most]:
        yield from paragraph(reason, width, _INDENT + "- ")
    if judged.reasons[most:]:
        yield line(_INDENT, f"- and {plural(len(judged.reasons) - most, 'more reason')} (--all)")


def _whole(
    component: Component, texts: Sequence[str], widths: Sequence[int], width: int, everything: bool
) -> Iterator[Line]:
    """Yield in full what the row had to shorten, and what became of the file."""
    if clip(texts[2], widths[2]) != texts[2]:
        yield line(_INDENT, f"name  {component.name}")
    whole = escape(component.image or component.type or component.arguments)
    label = "file" if component.image else "type" if component.type else "what"
    lost = component.image_state in (ImageState.MISSING, ImageState.NOT_COLLECTED)
    if whole and (lost or clip(texts[3], widths[3]) != whole):
        yield line(_INDENT, f"{label}  {whole}", f" ({component.image_state})" if lost else "")
    places = escape(_places(component))
    if places != texts[-1] or clip(places, widths[-1]) != places:
        yield from paragraph(places, width, _INDENT + "in    ")
    reason = _why_not(component)
    if reason:
        yield from paragraph(reason, width, _INDENT + "off   ")
    for told, text in close_look(component, everything=everything):
        yield from paragraph(escape(text), width, _INDENT + told.ljust(6))


def _why_not(component: Component) -> str:
    """Return why a component is in force nowhere."""
    if component.effective:
        return ""
    told = [p.reason for p in component.presence if not p.effective]
    told += [r.reason or r.fate for r in component.registrations if r.fate is not Fate.ACTIVE]
    return next(
        (reason for reason in told if reason), "no pool meets its preCondition" if component.pools == () else ""
    )


def _places(component: Component) -> str:
    """Return the scopes by name where a component is in force, and those below where it is not."""
    scopes = _scopes(component)
    if not scopes:
        return where(component)
    off = [p.scope for p in component.presence if not p.effective]
    return _server(component) + _named(scopes) + (f"; not in {_named(off)}" if off else "")


def _named(scopes: Sequence[str]) -> str:
    named = [scope or "server" for scope in scopes[:MAX_SCOPES]]
    return joined([*named, f"{len(scopes) - MAX_SCOPES:,} more" if len(scopes) > MAX_SCOPES else ""])
