"""Lines of cmd.exe: the simple commands in them, each with what it redirects and how it was hidden."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from iisight.parsers.commands.variables import expand, expand_loop, standard
from iisight.parsers.commands.words import MAX_LINE

MAX_WORK = 16 * MAX_LINE  # characters read of one line, with what loops and variables make of it
MAX_DEPTH = 6  # of `for` bodies and uncovered text in one another

_FOR = re.compile(r"for\s+(?:/[dlrf]\s+(?:\"[^\"]*\"\s*)?)?%{1,2}([A-Za-z])\s+in\s*\(([^)]*)\)\s*do\b", re.IGNORECASE)
_IF = re.compile(
    r"if\s+(?:/i\s+)?(?:not\s+)?(?:(?:exist|defined|errorlevel|cmdextversion)\s+(?:\"[^\"]*\"|\S+)"
    r"|(?:\"[^\"]*\"|[^\s=\"]+)\s*(?:==|\s(?:equ|neq|lss|leq|gtr|geq)\s)\s*(?:\"[^\"]*\"|[^\s(]+))\s*",
    re.IGNORECASE,
)
_SET = re.compile(r"set\s+\"?([^=\"/\s][^=\"]{0,63})=([^\"]*)\"?", re.IGNORECASE)
_CALL = re.compile(r"(?:call|else|@)(?:\s+|(?<=@))", re.IGNORECASE)
_START = re.compile(
    r"start\s+(?:\"[^\"]*\"\s+)?(?:/(?:d\s*(?:\"[^\"]*\"|\S+)|(?:node|affinity)\s+\S+|[a-z]+)\s+)*", re.IGNORECASE
)
_LEADING = " \t,;=@("
_MUTE = re.compile(r"(?:echo|rem|title|::|prompt|pause)(?=$|[\s.:(/\[+,;=])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Simple:
    """One command without operators: its line, the files its output goes to, and what it reads from a pipe."""

    line: str
    targets: tuple[str, ...] = ()
    source: str = ""  # of its input: a file
    fed: str = ""  # what `echo` pipes into it
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    known: dict[str, str] = field(default_factory=standard)
    own: dict[str, str] = field(default_factory=dict)
    left: int = MAX_WORK


def commands(text: str) -> Iterator[Simple]:
    """Yield the simple commands of a line or batch file, in order, however they are chained."""
    yield from _commands(text[:MAX_LINE], _Reading(), 0)


def is_mute(line: str) -> bool:
    """Tell whether a command only shows or remarks."""
    return bool(_MUTE.match(line.lstrip(_LEADING)))


def _commands(text: str, reading: _Reading, depth: int) -> Iterator[Simple]:
    at, fed = 0, ""
    while at < len(text) and reading.left > 0 and depth < MAX_DEPTH:
        start = _skip(text, at)
        loop = _FOR.match(text, start)
        if loop is not None:
            body, at = _body(text, loop.end())
            for item in re.findall(r"\"[^\"]*\"|[^\s,;=]+", loop[2])[:16] or [""]:
                reading.left -= len(body)
                yield from _commands(expand_loop(body, loop[1], item.strip('"')), reading, depth + 1)
            continue
        condition = _IF.match(text, start)
        if condition is not None and condition.end() > at:
            at = condition.end()
            continue
        simple, at, piped = _simple(text, start)
        reading.left -= at - start
        simple = replace(simple, fed=fed)
        fed = simple.line.lstrip(_LEADING)[5:].strip() if piped and is_mute(simple.line) else ""
        yield from _followed(simple, reading, depth)


def _followed(simple: Simple, reading: _Reading, depth: int) -> Iterator[Simple]:
    """Yield a command with its variables replaced; what was uncovered may hold several."""
    line = _stripped(simple.line)
    if not line:
        if simple.targets:
            yield simple
        return
    if (given := _SET.match(line)) is not None:
        value, _ = expand(given[2], reading.known, reading.own)
        reading.left -= len(value)
        reading.own[given[1].strip().lower()] = value
        return
    expanded, uncovered = expand(line, reading.known, reading.own)
    reading.left -= len(expanded)
    notes = (*simple.notes, "name hidden by variables") if uncovered else simple.notes
    if uncovered and re.search(r"[&|<>^()]", expanded) and not is_mute(expanded):
        for inner in _commands(expanded, reading, depth + 1):
            yield replace(inner, notes=tuple(dict.fromkeys((*inner.notes, *notes))))
        return
    yield replace(simple, line=_stripped(expanded), notes=notes)


def _stripped(line: str) -> str:
    """Return a command without what merely starts it: `@`, `call`, `start`, `else`."""
    for _ in range(MAX_DEPTH):
        line = line.strip().lstrip(_LEADING)
        match = _CALL.match(line) or _START.match(line)
        if match is None:
            break
        line = line[match.end() :]
    return line.rstrip()


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n,;=@()&|":
        at += 1
    return at


def _body(text: str, at: int) -> tuple[str, int]:
    """Return what a `for` repeats: a block in parentheses, or the rest of the line."""
    start = at
    while start < len(text) and text[start] in " \t":
        start += 1
    if not text.startswith("(", start):
        end = text.find("\n", start)
        return (text[start:], len(text)) if end < 0 else (text[start:end], end)
    depth, quoted = 0, False
    for end in range(start, len(text)):
        quoted ^= text[end] == '"'
        depth += 0 if quoted else (text[end] == "(") - (text[end] == ")")
        if depth == 0:
            return text[start + 1 : end], end + 1
    return text[start + 1 :], len(text)


@dataclass(slots=True)
class _Scan:
    """A simple command as it is read: its characters, and those that redirections took."""

    kept: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    source: str = ""
    carets: bool = False


def _simple(text: str, at: int) -> tuple[Simple, int, bool]:
    """Return the command that starts here, where it ends, and whether a pipe follows."""
    scan, quoted, depth = _Scan(), False, 0
    while at < len(text):
        char = text[at]
        if char == '"':
            quoted = not quoted
        elif char in "\r\n":
            break
        elif not quoted:
            if char == "^":
                at = _caret(text, at, scan)
                continue
            if char in "&|":
                break
            if char in "<>":
                at = _redirect(text, at, scan)
                continue
            if char in "()":
                depth += 1 if char == "(" else -1
                if depth < 0:
                    break
        scan.kept.append(char)
        at += 1
    notes = ("name hidden by carets",) if scan.carets else ()
    simple = Simple("".join(scan.kept).strip(), tuple(scan.targets), scan.source, "", notes)
    return simple, at + 1, text.startswith("|", at) and not text.startswith("||", at)


def _caret(text: str, at: int, scan: _Scan) -> int:
    """Take an escaped character into a command; a line's end becomes a space."""
    scan.carets = True
    escaped = text[at + 1 : at + 2]
    scan.kept.append(" " if escaped in ("\r", "\n") else escaped)
    return at + (3 if text.startswith("\r\n", at + 1) else 2)


def _redirect(text: str, at: int, scan: _Scan) -> int:
    """Take a redirection out of a command; return where it ends."""
    into = text[at] == ">"
    while scan.kept and scan.kept[-1].isdigit() and (len(scan.kept) == 1 or not scan.kept[-2].isalnum()):
        scan.kept.pop()
    at += 2 if text.startswith(">>", at) else 1
    if text.startswith("&", at):
        return at + 2
    while at < len(text) and text[at] in " \t":
        at += 1
    quoted, start = False, at
    while at < len(text) and (quoted or text[at] not in " \t\r\n&|<>"):
        quoted ^= text[at] == '"'
        at += 1
    target = text[start:at].replace('"', "").replace("^", "")
    if into and target.lower().rstrip(":") not in ("nul", "con"):
        scan.targets.append(target)
    elif not into:
        scan.source = target
    return at
