"""Write the configuration in force at one place, the way `git blame` writes a file."""

from collections.abc import Iterator
from typing import TextIO

from iisight.model.config import Fate
from iisight.model.effective import Effective, Line, SectionView
from iisight.model.locator import Locator
from iisight.report.safe import encodable, escape

_SCOPE_WIDTH = 30
_BOLD, _DIM, _RED, _OFF = "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[0m"


def write(view: Effective, stream: TextIO, *, color: bool) -> None:
    """Write the view as text."""
    for line in _text(view, color):
        stream.write(encodable(line.rstrip(), stream.encoding) + "\n")


def _text(view: Effective, color: bool) -> Iterator[str]:
    files = _files(view)
    yield f"{escape(view.evidence)}: configuration in force at {_place(view.scope)} of {escape(view.server)}"
    if view.physical_path:
        yield f"folder {escape(view.physical_path)}"
    if view.pool:
        yield f"pool   {escape(view.pool)}"
    for name, number in files.items():
        yield f"[{number}] {escape(name)}"
    if not view.sections:
        yield "no section is set here or above"
    for section in view.sections:
        yield ""
        yield from _section(section, files, color)


def _files(view: Effective) -> dict[str, int]:
    """Number the files the lines come from, in the order they first speak."""
    places: list[Locator] = []
    for section in view.sections:
        for line in section.lines:
            places += [line.locator, *([line.by] if line.by else [])]
        places += [fault.locator for fault in section.faults]
    return {path: number for number, path in enumerate(dict.fromkeys(p.path for p in places), 1)}


def _section(section: SectionView, files: dict[str, int], color: bool) -> Iterator[str]:
    lock = {True: "", False: "  (locked: no web.config may set it)", None: ""}[section.delegated]
    yield _paint(section.path, _BOLD, color) + lock
    for fault in section.faults:
        text = f"  ! unusable here (HTTP 500.19), {_at(fault.locator, files)}: {escape(fault.message)}"
        yield _paint(text, _RED, color)
    if not section.lines and not section.faults:
        yield "  nothing sets it"
    places = [_at(line.locator, files) for line in section.lines]
    column = max((len(p) for p in places), default=0)
    scopes = min(max((len(_scope(line.scope)) for line in section.lines), default=0), _SCOPE_WIDTH)
    for line, place in zip(section.lines, places, strict=True):
        yield from _line(line, f"{place.ljust(column)}  {_scope(line.scope).ljust(scopes)}", files, color)


def _line(line: Line, place: str, files: dict[str, int], color: bool) -> Iterator[str]:
    mark = " " if line.fate is Fate.ACTIVE else "~" if line.fate is Fate.UNMET else "-"
    said = " ".join(f'{name}="{value}"' for name, value in line.attributes)
    text = escape(f"{line.element} {said}".strip())
    yield _paint(f"{mark} {place}  {text}", "" if line.fate is Fate.ACTIVE else _DIM, color)
    if line.fate is not Fate.ACTIVE:
        by = f" by {_at(line.by, files)}" if line.by else ""
        why = f": {escape(line.reason)}" if line.reason else ""
        yield _paint(f"    {line.fate}{by}{why}", _DIM, color)


def _at(place: Locator, files: dict[str, int]) -> str:
    return f"[{files[place.path]}]:{place.line}:{place.column}"


def _scope(scope: str) -> str:
    return escape(scope) or "(server)"


def _place(scope: str) -> str:
    return f"'{escape(scope)}'" if scope else "server level"


def _paint(text: str, code: str, color: bool) -> str:
    return f"{code}{text}{_OFF}" if color and code else text
