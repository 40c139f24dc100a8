"""Lines of text with styles: what fits, what is shortened, where it breaks. Everything passes through the escape."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from iisight.report.safe import escape

ELLIPSIS = "..."
NARROW = 20  # columns in which only the end of a text is worth showing


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line and how it is shown; no style is plain."""

    text: str
    style: str = ""


Line = tuple[Span, ...]


def line(*parts: str | Span) -> Line:
    """Return a line of pieces; those given as text are plain."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def heading(title: str, width: int) -> Iterator[Line]:
    """Yield a section's title, ruled to the width, between empty lines."""
    yield ()
    yield line(Span(f"{title} ".ljust(width, "-"), "bold"))
    yield ()


def cells(text: str) -> int:
    """Return how many columns of a terminal escaped text takes."""
    from rich.cells import cell_len

    return len(text) if text.isascii() else cell_len(text)


def clip(text: str, width: int) -> str:
    """Return text that fits, without its middle, or its start, if it must be: the end of a path tells most."""
    text = escape(text)
    if len(text) <= 2 * width and cells(text) <= width:
        return text
    room = max(width - len(ELLIPSIS), 0)
    head = _fitting(text, min(room // 4, 12) if width >= NARROW else 0)
    tail = _fitting(text[::-1], room - cells(head))[::-1]
    return (head + ELLIPSIS + tail)[: max(width, 0)]


def pad(text: str, width: int) -> str:
    """Return text that takes just `width` columns."""
    text = clip(text, width)
    return text + " " * (width - cells(text))


def wrap(text: str, width: int) -> Iterator[str]:
    """Yield text in lines broken at spaces; a word too long for a line, as a path is, stays whole."""
    row: list[str] = []
    used = 0
    for word in escape(text).split(" "):
        length = cells(word)
        if row and used + 1 + length > width:
            yield " ".join(row)
            row, used = [], 0
        used += length + (1 if row else 0)
        row.append(word)
    yield " ".join(row)


def paragraph(text: str, width: int, first: str = "", rest: str | None = None, style: str = "") -> Iterator[Line]:
    """Yield text wrapped behind an indent; `rest` is the indent of all lines but the first."""
    indents = (first, " " * len(first) if rest is None else rest)
    for number, row in enumerate(wrap(text, width - len(first))):
        yield line(indents[min(number, 1)], Span(row, style))


def columns(cell_texts: Sequence[str], widths: Sequence[int], styles: Sequence[str]) -> Line:
    """Return a row of a table, two spaces between its columns, nothing after the last."""
    spans: list[Span] = []
    last = len(widths) - 1
    for number, (text, width, style) in enumerate(zip(cell_texts, widths, styles, strict=True)):
        spans.append(Span(clip(text, width) if number == last else pad(text, width), style))
        if number != last:
            spans.append(Span("  "))
    return tuple(spans)


def joined(parts: Iterable[str]) -> str:
    """Return the parts that say something, with commas."""
    return ", ".join(part for part in parts if part)


def plural(number: int, noun: str) -> str:
    """Return `1 file`, `2 files`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _fitting(text: str, width: int) -> str:
    """Return as much of the start of `text` as fits."""
    kept = text[: max(width, 0)]
    while kept and cells(kept) > width:
        kept = kept[:-1]
    return kept
