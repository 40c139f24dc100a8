r"""Tell of lines that hold one record each, as JSON or XML, which have to be read: what the prefilter does for chunks.

A line may write a character otherwise than the record has it. Backslashes are doubled in JSON, so they are left out on
both sides: a literal with one becomes the texts around it. `\\u0026` is resolved, entities of XML are left out in a
copy, and a line with anything rarer is read.
"""

import re
from collections.abc import Iterable, Sequence

from iisight.model.need import ALWAYS, AllOf, AnyOf, Literal, Need, any_of, every
from iisight.telemetry import prefilter

PIECE = 32  # lines that are asked about at once; where one is wanted, its halves are

_ESCAPE = re.compile(rb"\\(?:\\|u00([0-7][0-9A-Fa-f]))?")
_ENTITY = re.compile(rb"&(?:amp|lt|gt|quot|apos);")
_ODD = (b"&#", b"<!", b"\\\\u00", b"\0")  # references, CDATA and comments, JSON within JSON, UTF-16
_SHOWN = any_of("Microsoft Windows security auditing")  # the provider as Event Viewer shows it: `exports.messages`
_MIN = 3  # characters of a text beside a backslash that is sought

_ACTORS = (
    (b"parentprocessguid", b"sysmon"),  # Sysmon 1
    (b"entity_id", b"parent", b"sysmon"),  # the same after a pipeline of Winlogbeat or Elastic
    (b"newprocessname", b"security-auditing"),  # 4688
    (b"targetlogonid", b"logontype", b"security-auditing"),  # 4624
)
"""What says who stands behind later records: starts of processes, and logons; words as they are when squeezed."""


class LineFilter:
    """Answers for one search, with what says who besides."""

    def __init__(self, needs: Iterable[Need]) -> None:
        """Prepare for needs; when one of them always holds, every line is wanted."""
        self._prefilter = prefilter.build(map(_of_line, (*needs, _SHOWN)))

    @property
    def is_idle(self) -> bool:
        """Tell whether every line is wanted."""
        return self._prefilter.scanner is None

    def choose(self, lines: Sequence[bytes]) -> list[bool]:
        """Return of each line, which holds no line end, whether it has to be read."""
        if self.is_idle:
            return [True] * len(lines)
        pieces = [lines[at : at + PIECE] for at in range(0, len(lines), PIECE)]
        return [answer for piece in pieces for answer in self._halved(list(map(_asked, _squeezed(piece))))]

    def _halved(self, lines: list[bytes | None]) -> list[bool]:
        """Ask about all lines at once, about each half where something is found; None is wanted without asking."""
        asked = [line for line in lines if line is not None]
        if not asked or not self._prefilter.holds(b"\n".join(asked)):
            return [line is None for line in lines]
        if len(lines) == 1:
            return [True]
        half = len(lines) // 2
        return [*self._halved(lines[:half]), *self._halved(lines[half:])]


def _asked(line: bytes | None) -> bytes | None:
    """Return a line that has to be asked about: there are many that say who, and they are told by a look."""
    if line is None:
        return None
    for rare, *words in _ACTORS:
        if rare in line and all(word in line for word in words):
            return None
    return line


def _squeezed(lines: Sequence[bytes]) -> list[bytes | None]:
    """Return lines as the prefilter takes them."""
    text = b"\n".join(lines)
    if b"&" in text or any(odd in text for odd in _ODD) or text.count(b"\n") != len(lines) - 1:
        return [None if any(odd in line for odd in _ODD) else prefilter.squeeze(_plain(line)) for line in lines]
    return list(prefilter.squeeze(_plain(text)).split(b"\n"))


def _plain(line: bytes) -> bytes:
    """Return a line as the record has it, as far as literals go."""
    if b"\\" in line:
        line = _ESCAPE.sub(_character, line) if b"\\u00" in line else line.replace(b"\\", b"")
    if b"&" in line and _ENTITY.search(line):  # both: `&quot;` may be written for a quote, or be what a command says
        line = b"%b\n%b" % (line, _ENTITY.sub(b"", line))
    return line


def _character(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)]) if found[1] else b""


def _of_line(need: Need) -> Need:
    if isinstance(need, AnyOf):
        return AnyOf(tuple(map(_of_line, need.parts)))
    if isinstance(need, AllOf):
        return every(map(_of_line, need.parts))
    parts = [part for part in need.text.split("\\") if part]
    kept = [part for part in parts if len(part) >= _MIN] or [max(parts, key=len)] if parts else []
    return every(map(Literal, kept)) if kept else ALWAYS
