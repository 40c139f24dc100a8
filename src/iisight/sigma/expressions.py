"""What a regular expression cannot be found without: its plain text, outside of groups and of what may be missing."""

import re

_TOKEN = re.compile(
    r"(?P<given_up>\\(?:[^\WbdDsSwWfnrt]|\Z))"  # `\x41`, `\pL`, `\Q…`: not followed
    r"|(?P<between>\\[bdDsSwWfnrt]|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|[.^$])"
    r"|(?P<open>\()|(?P<close>\))|(?P<either>\|)"
    r"|(?P<optional>[*?]|\{\d+(?:,\d*)?\})|(?P<again>\+)"
    r"|\\?(?P<char>.)",
    re.DOTALL,
)
_MORE_CASES = re.compile(r"[ksKS]|[^\x00-\x7f]")  # `(?i)` takes for these what `folded` does not, such as U+212A


def texts_of(expression: str) -> tuple[str, ...]:
    """Return texts that are in all that an expression of RE2 is found in, as written; none when nothing is certain."""
    runs, depth = [""], 0
    for token in _TOKEN.finditer(expression):
        kind, text = token.lastgroup, token["char"]
        if kind == "given_up" or (kind == "either" and not depth):
            return ()
        depth += (kind == "open") - (kind == "close")
        if depth or kind in {"between", "close"}:
            _end(runs)
        elif kind == "char":
            runs[-1] += text
        elif kind == "optional":
            runs[-1] = runs[-1][:-1]
            _end(runs)
        elif kind == "again":
            _end(runs)
    pieces = [piece for run in runs for piece in (_MORE_CASES.split(run) if "(?" in expression else (run,))]
    return tuple(piece for piece in pieces if piece)


def _end(runs: list[str]) -> None:
    if runs[-1]:
        runs.append("")
