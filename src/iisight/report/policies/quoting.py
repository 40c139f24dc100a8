r"""Text of the evidence in scripts, XML and text that people review: it is always data there, and always seen as it is.

A name that is not seen as itself (control and format characters, writing direction, line ends, none at all) is refused:
nobody can review it. PowerShell takes the typographic quotes U+2018 to U+201B for the apostrophe, and two in a row
for one in a literal (about_Quoting_Rules; `CodeGeneration.EscapeSingleQuotedStringContent` doubles the same five).
"""

from iisight.report.safe import escape, is_seen

MAX_TEXT = 4_096  # characters of a name
MAX_COMMENT = 200
_APOSTROPHES = str.maketrans({c: c * 2 for c in "'\u2018\u2019\u201a\u201b"})


class RefusedError(ValueError):
    """A text that is not written into a script or policy."""


def checked(text: str) -> str:
    """Return a text as it is; raises RefusedError when it cannot be reviewed."""
    if not text:
        raise RefusedError("it is empty")
    if len(text) > MAX_TEXT:
        raise RefusedError(f"it has more than {MAX_TEXT:,} characters")
    if not all(map(is_seen, text)):
        raise RefusedError("it has characters that are not seen as themselves")
    return text


def is_writable(text: str) -> bool:
    """Tell whether a text can be written into a script or policy."""
    try:
        checked(text)
    except RefusedError:
        return False
    return True


def powershell(text: str) -> str:
    """Return a PowerShell literal in apostrophes; raises RefusedError."""
    return f"'{checked(text).translate(_APOSTROPHES)}'" if text else "''"


def comment(text: str) -> str:
    """Return what may stand behind the `#` of a line of PowerShell: one line, every character seen."""
    return _short(escape(text))


def xml_comment(text: str) -> str:
    """Return what may stand in a comment of XML, which has no `--` in it and no `-` at its end."""
    said = _short(escape(text))
    while "--" in said:
        said = said.replace("--", "- -")
    return f" {said} "


def xml_attribute(text: str) -> str:
    """Return what may be the value of an attribute or the text of an element; raises RefusedError.

    What XML 1.0 cannot hold is never seen as itself; markup is escaped by who writes the document.
    """
    return checked(text)


def code_span(text: str) -> str:
    """Return a code span of Markdown: its fence is longer than any in the text."""
    said = _short(escape(text)) or " "
    fence = "`"
    while fence in said:
        fence += "`"
    return f"{fence} {said} {fence}" if "`" in said else f"{fence}{said}{fence}"


def plain(text: str) -> str:
    """Return a sentence for Markdown outside of code: what has a meaning there is escaped."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|!&~" else c for c in _short(escape(text)))


def _short(text: str) -> str:
    return text if len(text) <= MAX_COMMENT else text[: MAX_COMMENT - 1] + "…"
