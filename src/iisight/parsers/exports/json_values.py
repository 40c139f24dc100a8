"""JSON values one after the other: a line each, in an array, or printed over many lines without a separator."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress

from iisight.parsers.exports.window import MAX_RECORD, Window

Value = dict[str, object]

_BETWEEN = re.compile(r"(?:[\s,\[\]\x1e\0\ufeff]+|Record \d+(?=\s))*+")  # `Record 12` stands above each of evtx_dump's
_ENVELOPE = re.compile(
    r'\{(?>\s*"\w{1,40}"\s*:\s*(?:true|false|null|-?\d{1,20}|"[^"\\]{0,200}"|\[\]|\{\})\s*,){0,20}+'
    r'\s*"(?:results|records|hits|events|value)"\s*:\s*(?=\[)'
)  # what a query's answer has around its records: `{"preview":false,"results":[…`
_NEXT = re.compile(r"(?<=\n)[ \t]*(?=\{)|(?<=\})\s*,\s*(?=\{)")
_AHEAD = 64  # characters that are looked at before reading on
_MAX_LINE = 256 * 1024  # characters of a line that is tried as one record first

_DECODER = json.JSONDecoder(strict=False)


def values(window: Window) -> Iterator[tuple[int, Value | str]]:
    """Yield the number of the line and an object, or why there is none."""
    from msgspec import MsgspecError
    from msgspec.json import Decoder

    decode, errors = Decoder().decode, (MsgspecError, RecursionError, ValueError)
    is_answer = _enter(window)
    while _skip(window) and not (is_answer and _is_behind_array(window)):
        line, end = window.line, _one_line(window)
        value: Value | str | None = None
        if end is not None:
            with suppress(*errors):
                value = decode(window.text[window.at : end])
        if value is None or end is None:
            yield line, _value(window)
        else:
            window.at = end
            yield line, value


def _enter(window: Window) -> bool:
    """Step over the start of an answer whose records are in an array; tell whether this is one."""
    _skip(window)
    found = _ENVELOPE.match(window.text, window.at)
    if found is not None:
        window.at = found.end()
    return found is not None


def _is_behind_array(window: Window) -> bool:
    """Tell whether what comes is the rest of an answer: `],"highlighted":{}}`."""
    before = window.text[max(0, window.at - _AHEAD) : window.at].rstrip(" \t\r\n,")
    return window.text[window.at] in '"}' and before.endswith("]")


def _one_line(window: Window) -> int | None:
    """Return where the line ends, if it looks like one object and nothing else."""
    end = window.line_end()
    if end < 0 and window.is_ended:
        end = len(window.text)
    if not 0 < end - window.at <= _MAX_LINE or window.text[window.at] != "{":
        return None
    last = end - 1
    while window.text[last] in "\r, \t]":
        last -= 1
    return last + 1 if window.text[last] == "}" else None


def _skip(window: Window) -> bool:
    """Go to the start of the next value, with its whole line in the window; tell whether there is one."""
    while True:
        found = _BETWEEN.match(window.text, window.at)
        window.at = found.end() if found else window.at
        rest = len(window.text) - window.at
        if rest > _AHEAD and (window.line_end() >= 0 or window.is_full):
            return True
        if not window.more():
            return rest > 0


def _value(window: Window) -> Value | str:
    """Read a value that is not one line, or step over what is none."""
    if window.text[window.at] != "{":
        return _step_over(window, "no JSON object")
    while True:
        try:
            value, end = _DECODER.raw_decode(window.text, window.at)
        except json.JSONDecodeError as error:
            ended = error.pos >= len(window.text) - _AHEAD or error.msg.startswith("Unterminated string")
            if ended and not window.is_full and window.more():
                continue
            reason = f"more than {MAX_RECORD:,} characters" if window.is_full and ended else f"JSON: {error.msg}"
            return _step_over(window, reason)
        except (ValueError, RecursionError):
            return _step_over(window, "JSON: too deep, or a number too long")
        window.at = end
        return value if isinstance(value, dict) else "no JSON object"


def _step_over(window: Window, reason: str) -> str:
    """Go to where the next object may start: at the start of a line, or after one that ended."""
    while True:
        found = _NEXT.search(window.text, window.at + 1)
        if found is not None:
            window.at = found.end()
            return reason
        window.at = max(window.at, len(window.text) - _AHEAD)
        if not window.more():
            window.at = len(window.text)
            return reason
