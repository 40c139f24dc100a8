"""Make a malformed text readable past its first error, as little changed as can be."""

import re

from iisight.parsers.xml.edits import Edits
from iisight.parsers.xml.reader import Stop

MISMATCHED, UNCLOSED_TOKEN, DUPLICATE, UNDEFINED, BAD_CHARACTER, MISPLACED_XML, UNCLOSED_CDATA = (
    7, 5, 8, 11, 14, 17, 20,
)  # fmt: skip
"""Error codes of expat (`expat.h`, enum XML_Error)."""

_AMPERSAND = re.compile(r"&#?\w{0,40}$")
_QUOTED = re.compile(r""""[^"<]*"|'[^'<]*'""")
_ATTRIBUTE = re.compile(r"""[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*')""")
_BARE_VALUE = re.compile(r"[^\s<>\"']+?(?=/?>|\s|$)")
_DECLARATION = re.compile(r"""(?:"[^"]*"|'[^']*'|\[[^\]]*\]|[^"'\[>])*+>""")
_WINDOW = 100_000  # characters that are searched back for the start of a tag


def repair(edits: Edits, stop: Stop) -> str:
    """Edit the text at the place where reading stopped; return what was wrong, `""` to use expat's words."""
    if stop.code == MISMATCHED:
        return _close(edits, stop)
    if stop.code == DUPLICATE:
        return _blank_match(edits, _ATTRIBUTE, stop.offset, "duplicate attribute")
    if stop.code in {UNDEFINED, BAD_CHARACTER}:
        edits.insert(stop.offset + 1, "amp;")
        return "reference to an entity that is not defined"
    if stop.code == MISPLACED_XML:
        end = edits.text.find("?>", stop.offset)
        edits.blank(stop.offset, len(edits.text) if end < 0 else end + 2)
        return "XML declaration not at the start of the file"
    if stop.code == UNCLOSED_CDATA:
        edits.insert(len(edits.text), "]]>")
        return "CDATA section is not closed"
    if stop.code == UNCLOSED_TOKEN:
        edits.blank(stop.offset, len(edits.text))
        return "comment or instruction is not closed"
    return _invalid(edits, stop.offset)


def is_doctype(edits: Edits, stop: Stop) -> bool:
    """Tell whether reading stopped at a document type declaration."""
    return edits.text[stop.offset - 2 : stop.offset + 7].upper() == "<!DOCTYPE"


def blank_declaration(edits: Edits, start: int) -> None:
    """Blank a `<!…>` declaration, its internal subset included."""
    match = _DECLARATION.match(edits.text, start)
    edits.blank(start, match.end() if match else start + 9)


def _close(edits: Edits, stop: Stop) -> str:
    """Insert the end tags that are missing, or blank an end tag that closes nothing."""
    name = re.match(r"[^\s>]*", edits.text[stop.offset : stop.offset + 200])
    found = name[0] if name else ""
    opened = [o.name for o in stop.opened[1:]]
    at_end = stop.offset >= len(edits.text)
    if not at_end and found not in opened:
        return _blank_match(edits, re.compile(r"</[^>]*>"), stop.offset - 2, f"end tag </{found}> closes nothing")
    keep = 0 if at_end else len(opened) - opened[::-1].index(found)
    missing = opened[keep:]
    edits.insert(stop.offset - (0 if at_end else 2), "".join(f"</{name}>" for name in reversed(missing)))
    line = stop.opened[-1].name if missing else found
    return f"element <{line}> is not closed" + ("" if at_end else f": found </{found}>")


def _invalid(edits: Edits, at: int) -> str:
    """Repair `not well-formed (invalid token)` by what stands around it."""
    text = edits.text
    before = text[max(0, at - _WINDOW) : at]
    ampersand = _AMPERSAND.search(before)
    if before.rfind("<!--") > before.rfind("-->"):
        edits.blank(at - 2, at)
        return "'--' inside a comment"
    if ampersand is not None:
        edits.insert(at - len(ampersand[0]) + 1, "amp;")
        return "'&' that is not part of a reference"
    if before.endswith("<!"):
        blank_declaration(edits, at - 2)
        return "declaration that does not belong here"
    if before.endswith("<"):
        edits.blank(at - 1, at)
        return "'<' that starts no tag"
    if before.rfind("<") > before.rfind(">"):
        return _in_tag(edits, at, before[before.rfind("<") :])
    edits.blank(at, at + 1)
    return "character that XML does not allow"


def _in_tag(edits: Edits, at: int, tag: str) -> str:
    character = edits.text[at : at + 1]
    if not character:
        edits.blank(at - len(tag), at)
        return "tag is not closed"
    rest = _QUOTED.sub("", tag)
    if character == "<":
        return _less_than(edits, at, rest)
    if tag.rstrip().endswith("=") and not _QUOTED.match(edits.text, at):
        value = _BARE_VALUE.match(edits.text, at)
        edits.insert(value.end() if value else at, '"')
        edits.insert(at, '"')
        return "attribute value without quotes"
    if tag[-1] in "\"'":
        edits.insert(at, " ")
        return "no space between attributes"
    if character in "/> \t\r\n" and re.search(r"\s[^\s=\"'/]+$", rest):
        edits.insert(at, '=""')
        return "attribute without a value"
    quoted = _QUOTED.match(edits.text, at)
    edits.blank(at - 1 if character.isspace() else at, quoted.end() if quoted else at + 1)
    return "character that does not belong in a tag"


def _less_than(edits: Edits, at: int, unquoted: str) -> str:
    """Repair `<` where none may be: in an attribute's value, or after a tag that was not closed."""
    if '"' not in unquoted and "'" not in unquoted:
        edits.insert(at, ">")
        return "tag is not closed"
    edits.blank(at, at + 1)
    edits.insert(at, "&lt;")
    return "'<' inside an attribute's value"


def _blank_match(edits: Edits, pattern: re.Pattern[str], at: int, message: str) -> str:
    match = pattern.match(edits.text, at)
    edits.blank(at, match.end() if match else at + 1)
    return message
