"""The tokens of a PowerShell script: tolerant, every text has some."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

MAX_SCRIPT = 1_048_576  # characters
MAX_TOKENS = 100_000

_COMMENT = re.compile(r"#[^\r\n]*|<#.*?(?:#>|\Z)", re.DOTALL)
_SPACE = re.compile(r"(?:[ \t\f\v\u00a0]|`\r?\n)+")
_SINGLE, _DOUBLE = "'\u2018\u2019\u201a\u201b", '"\u201c\u201d\u201e'
"""PowerShell takes typographic quotes for plain ones, and any of a kind closes what another of it opened."""

_QUOTES = _SINGLE + _DOUBLE
_HERE = re.compile(rf"@([{_QUOTES}])[ \t]{{0,32}}\r?\n")
_VARIABLE = re.compile(r"\$(?:\{([^}\r\n]{1,128})\}|((?:[A-Za-z]{1,16}:)?\w{1,64}|[?^$_]))")
_SPLAT = re.compile(r"@([A-Za-z_]\w{0,63})")
_TYPE = re.compile(r"\[([A-Za-z_][\w.]{0,120}(?:\[\])?)\]")
_MEMBER = re.compile(r"(\.|::)([A-Za-z_]\w{0,63})")
_PARAMETER = re.compile(r"-([A-Za-z_]\w{0,63})(:?)(?=[\s'\"\u2018-\u201e$@(),;|}]|$)")
_ASSIGN = re.compile(r"[+\-*/%]?=(?!=)")
_WORD = re.compile(r"(?:[^\s|;(){},'\"\u2018-\u201e`&<>$=]|`(?s:.)|=(?!\s)|(?<=\w)\$(?=\w))+")
_NUMBER = re.compile(r"(?:0[xX][0-9A-Fa-f]{1,8}|\d{1,9})(?=[+,)\];}\s]|$)")
_KEY = re.compile(r"[\w.\-]+")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"
    STRING = "string"
    VARIABLE = "variable"
    SPLAT = "splat"
    TYPE = "type"
    PARAMETER = "parameter"
    MEMBER = "member"  # `.Name` or `::Name` glued to what is before it
    ASSIGN = "assign"
    SIGN = "sign"  # everything else, one or two characters
    END = "end"  # of a statement: `;` or a line's end


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `text` is its value, without quotes and escapes."""

    kind: Kind
    text: str
    glued: bool = False  # no space before it
    parts: tuple[tuple[bool, str], ...] = ()  # of an expandable string: whether it is a variable, and text or name
    escaped: bool = False  # backticks or quotes within a name


@dataclass(slots=True)
class _State:
    text: str
    at: int = 0
    tokens: list[Token] = field(default_factory=list)
    braces: list[str] = field(default_factory=list)


def tokens(text: str) -> list[Token]:
    """Return the tokens of a script, at most MAX_TOKENS of at most MAX_SCRIPT characters."""
    state = _State(text[:MAX_SCRIPT])
    while state.at < len(state.text) and len(state.tokens) < MAX_TOKENS:
        start = state.at
        _next(state, _glued(state))
        if state.at == start:
            state.at += 1
    return state.tokens


def _glued(state: _State) -> bool:
    match = _SPACE.match(state.text, state.at)
    if match is not None:
        state.at = match.end()
    return match is None


def _next(state: _State, glued: bool) -> None:
    text, at = state.text, state.at
    char = text[at : at + 1]
    if char in "\r\n;" and char:
        _add(state, Kind.END, char, glued, at + 1)
    elif (char == "#" or text.startswith("<#", at)) and (match := _COMMENT.match(text, at)) is not None:
        state.at = match.end()
    elif char in _QUOTES and char:
        _quoted(state, glued)
    elif char == "@" and (match := _HERE.match(text, at)) is not None:
        _here(state, match, glued)
    elif char == "$" and (match := _VARIABLE.match(text, at)) is not None:
        _add(state, Kind.VARIABLE, (match[1] or match[2]).lower(), glued, match.end())
    elif char == "[" and (match := _TYPE.match(text, at)) is not None:
        _add(state, Kind.TYPE, match[1].lower(), glued, match.end())
    elif glued and _follows_value(state) and (match := _MEMBER.match(text, at)) is not None:
        _add(state, Kind.MEMBER, match[2], glued, match.end())
    elif char == "-" and (match := _PARAMETER.match(text, at)) is not None:
        _add(state, Kind.PARAMETER, match[1] + match[2], glued, match.end())
    else:
        _other(state, glued)


def _here(state: _State, opened: re.Match[str], glued: bool) -> None:
    """Take a here-string; one that is never closed goes on to the end."""
    family = _family(opened[1])
    ends = (state.text.find(f"\n{quote}@", opened.end() - 1) for quote in family)
    end = min((found for found in ends if found >= 0), default=-1)
    body = state.text[opened.end() : end if end >= 0 else None].removesuffix("\r")
    state.tokens.append(Token(Kind.STRING, body, glued, _parts(body) if family is _DOUBLE else ()))
    state.at = end + 3 if end >= 0 else len(state.text)


def _other(state: _State, glued: bool) -> None:
    text, at = state.text, state.at
    two = text[at : at + 2]
    if two in ("@(", "@{", "$("):
        state.braces.append(two)
        _add(state, Kind.SIGN, two, glued, at + 2)
    elif two and two[0] in "(){}":
        if two[0] in "({":
            state.braces.append(two[0])
        elif state.braces:
            state.braces.pop()
        _add(state, Kind.SIGN, two[0], glued, at + 1)
    elif (match := _SPLAT.match(text, at)) is not None and not glued:
        _add(state, Kind.SPLAT, match[1].lower(), glued, match.end())
    elif (match := _ASSIGN.match(text, at)) is not None:
        _add(state, Kind.ASSIGN, match[0], glued, match.end())
    elif (match := _number(state, glued)) is not None:
        _add(state, Kind.WORD, match[0], glued, match.end())
    elif two[:1] in ("+", "[", "]") or (two[:1] == "." and (two[1:].isspace() or two[1:] in ("(", "$", "&", *_QUOTES))):
        _add(state, Kind.SIGN, two[0], glued, at + 1)
    else:
        _word(state, glued)


def _number(state: _State, glued: bool) -> re.Match[str] | None:
    """Return a number that stands for itself, or right after a bracket, sign or type."""
    last = state.tokens[-1] if state.tokens else None
    signs = not glued or last is None or last.kind in (Kind.SIGN, Kind.TYPE, Kind.ASSIGN)
    return _NUMBER.match(state.text, state.at) if signs else None


def _word(state: _State, glued: bool) -> None:
    table = bool(state.braces) and state.braces[-1] == "@{"
    match = (_KEY if table else _WORD).match(state.text, state.at) or _WORD.match(state.text, state.at)
    if match is None:
        _add(state, Kind.SIGN, state.text[state.at : state.at + 1], glued, state.at + 1)
        return
    word = re.sub(r"`(?s:(.))", r"\1", match[0])
    state.at = match.end()
    escaped = "`" in match[0]
    while state.at < len(state.text) and state.text[state.at] in _QUOTES and not table:
        quoted, end = _string(state.text, state.at)
        if state.text[state.at] in _DOUBLE and "$" in quoted:
            break
        more = _WORD.match(state.text, end)
        word += quoted + (re.sub(r"`(?s:(.))", r"\1", more[0]) if more else "")
        state.at, escaped = (more.end() if more else end), True
    state.tokens.append(Token(Kind.WORD, word, glued, (), escaped))


def _quoted(state: _State, glued: bool) -> None:
    double = state.text[state.at] in _DOUBLE
    value, end = _string(state.text, state.at)
    parts = _parts(state.text[state.at + 1 : end - 1]) if double else ()
    state.tokens.append(Token(Kind.STRING, value, glued, parts, double and "`" in state.text[state.at : end]))
    state.at = end


def _string(text: str, at: int) -> tuple[str, int]:
    """Return a quoted string's value and its end."""
    family = _family(text[at])
    found: list[str] = []
    at += 1
    while at < len(text):
        if text[at] in family:
            if at + 1 >= len(text) or text[at + 1] not in family:
                return "".join(found), at + 1
            at += 1
        elif text[at] == "`" and family is _DOUBLE:
            at += 1
            found.append(_ESCAPES.get(text[at : at + 1], text[at : at + 1]))
            at += 1
            continue
        found.append(text[at])
        at += 1
    return "".join(found), at


def _family(quote: str) -> str:
    return _DOUBLE if quote in _DOUBLE else _SINGLE


def _parts(body: str) -> tuple[tuple[bool, str], ...]:
    """Return an expandable string's texts and variables; `$(…)` stays text."""
    found: list[tuple[bool, str]] = []
    plain: list[str] = []
    at = 0
    while at < len(body):
        match = _VARIABLE.match(body, at) if body[at] == "$" else None
        if match is not None:
            found.extend([(False, "".join(plain)), (True, (match[1] or match[2]).lower())])
            plain, at = [], match.end()
            continue
        if body[at] == "`" and at + 1 < len(body):
            plain.append(_ESCAPES.get(body[at + 1], body[at + 1]))
            at += 2
            continue
        at += 2 if body[at] in _DOUBLE and body[at + 1 : at + 2] in tuple(_DOUBLE) else 1
        plain.append(body[at - 1])
    return (*found, (False, "".join(plain)))


def _follows_value(state: _State) -> bool:
    last = state.tokens[-1] if state.tokens else None
    return last is not None and (
        last.kind in (Kind.VARIABLE, Kind.TYPE, Kind.MEMBER, Kind.STRING)
        or (last.kind is Kind.SIGN and last.text in ")]}")
    )


def _add(state: _State, kind: Kind, text: str, glued: bool, end: int) -> None:
    state.tokens.append(Token(kind, text, glued))
    state.at = end
