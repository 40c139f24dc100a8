"""Make a malformed text readable past its first error, as little changed as can be."""

import re

from iisight.parsers.xml.edits import Edits
from iisight.parsers.xml.reader import Stop

MISMATCHED, UNCLOSED_TOKEN, DUPLICATE, UNDEFINED, BAD_CHARACTER, MISPLACED_XML, UNCLOSED_CDATA = (
    7, 5, 8, 11, 14, 17, 20,
)  # fmt: skip
"""Error codes of expat (`expat.h`, enum XML_Error)."""

Fault = tuple[str, int]
"""What was wrong, and its offset in the edited text; the edits are made there or after it."""

_NOT_ALLOWED = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2
_AMPERSAND = re.compile(r"&#?\w{0,40}$")
_UNDEFINED = re.compile(r"&(?!#|(?:lt|gt|amp|quot|apos);)")
_QUOTED = re.compile(r""""[^"<]*"|'[^'<]*'""")
_ATTRIBUTE = re.compile(r"""[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*')""")
_BARE_NAME = re.compile(r"\s([^\s=\"'/<>]+)\s*$")
_BARE_VALUE = re.compile(r"[^\s<>\"']+?(?=/?>|\s|$)")
_DECLARATION = re.compile(r"""(?:"[^"]*"|'[^']*'|\[[^\]]*\]|[^"'\[>])*+>""")
_WHOLE_TAG = re.compile(r"""<(?:"[^"]*"|'[^']*'|[^"'>])*+>""")
_OPEN_VALUE = re.compile(r"""<(?:"[^"]*"|'[^']*'|[^"'])*+(["'][^>]*)>""")
_WINDOW = 100_000  # characters that are searched back for the start of a tag


def repair(edits: Edits, stop: Stop) -> Fault:
    """Edit the text where reading stopped, so that it can be read further."""
    if stop.code == MISMATCHED:
        return _close(edits, stop)
    if stop.code == DUPLICATE:
        return _blank_match(edits, _ATTRIBUTE, stop.offset, "duplicate attribute")
    if stop.code in {UNDEFINED, BAD_CHARACTER}:
        return _undefined(edits, stop.offset)
    if stop.code == MISPLACED_XML:
        end = edits.text.find("?>", stop.offset)
        edits.blank(stop.offset, len(edits.text) if end < 0 else end + 2)
        return "XML declaration not at the start of the file", stop.offset
    if stop.code == UNCLOSED_CDATA:
        at = len(edits.text)
        edits.insert(at, "]]>")
        return "CDATA section is not closed", at
    if stop.code == UNCLOSED_TOKEN:
        edits.blank(stop.offset, len(edits.text))
        return "comment or instruction is not closed", stop.offset
    return _invalid(edits, stop.offset)


def is_doctype(edits: Edits, stop: Stop) -> bool:
    """Tell whether reading stopped at a document type declaration."""
    return edits.text[stop.offset - 2 : stop.offset + 7].upper() == "<!DOCTYPE"


def blank_declaration(edits: Edits, start: int) -> None:
    """Blank a `<!…>` declaration, its internal subset included."""
    match = _DECLARATION.match(edits.text, start)
    edits.blank(start, match.end() if match else start + 9)


def _close(edits: Edits, stop: Stop) -> Fault:
    """Insert the end tags that are missing, or blank an end tag that closes nothing."""
    name = re.match(r"[^\s>]*", edits.text[stop.offset : stop.offset + 200])
    found = name[0] if name else ""
    opened = [o.name for o in stop.opened[1:]]
    at_end = stop.offset >= len(edits.text)
    start = stop.offset - (0 if at_end else 2)
    if not at_end and found not in opened:
        return _blank_match(edits, re.compile(r"</[^>]*>"), start, f"end tag </{found}> closes nothing")
    keep = 0 if at_end else len(opened) - opened[::-1].index(found)
    missing = opened[keep:]
    edits.insert(start, "".join(f"</{name}>" for name in reversed(missing)))
    line = stop.opened[-1].name if missing else found
    return f"element <{line}> is not closed" + ("" if at_end else f": found </{found}>"), start


def _undefined(edits: Edits, at: int) -> Fault:
    """Take a reference literally. In an attribute's value expat stops at the tag, not at the reference."""
    if edits.text[at : at + 1] != "&":
        found = _UNDEFINED.search(edits.text, at)
        at = found.start() if found else at
    edits.escape(at)
    return "reference to an entity that is not defined", at


def _invalid(edits: Edits, at: int) -> Fault:
    """Repair `not well-formed (invalid token)` by what stands around it."""
    text = edits.text
    before = text[max(0, at - _WINDOW) : at]
    ampersand = _AMPERSAND.search(before)
    if _NOT_ALLOWED.match(text, at):
        edits.blank(at, at + 1)
        return "character that XML does not allow", at
    if before.rfind("<!--") > before.rfind("-->"):
        edits.blank(at - 2, at)
        return "'--' inside a comment", at - 2
    if ampersand is not None:
        start = at - len(ampersand[0])
        edits.escape(start)
        return "'&' that is not part of a reference", start
    if before.endswith("<!"):
        blank_declaration(edits, at - 2)
        return "declaration that does not belong here", at - 2
    if before.endswith("<"):
        edits.blank(at - 1, at)
        return "'<' that starts no tag", at - 1
    tag = before[before.rfind("<") :] if "<" in before else ""
    if tag and not _WHOLE_TAG.match(tag):
        return _in_tag(edits, at, tag)
    edits.blank(at, at + 1)
    return "character that does not belong here", at


def _in_tag(edits: Edits, at: int, tag: str) -> Fault:
    character = edits.text[at : at + 1]
    start = at - len(tag)
    if not character:
        edits.blank(start, at)
        return "tag is not closed", start
    rest = _QUOTED.sub(lambda found: "_" * len(found[0]), tag)
    if character == "<":
        return _less_than(edits, at, tag, rest)
    if tag.rstrip().endswith("=") and not _QUOTED.match(edits.text, at):
        value = _BARE_VALUE.match(edits.text, at)
        edits.insert(value.end() if value else at, '"')
        edits.insert(at, '"')
        return "attribute value without quotes", at
    if tag[-1] in "\"'":
        edits.insert(at, " ")
        return "no space between attributes", at
    name = _BARE_NAME.search(rest)
    if name is not None and character not in "\"'=<":
        edits.insert(start + name.end(1), '=""')
        return "attribute without a value", start + name.start(1)
    quoted = _QUOTED.match(edits.text, at)
    edits.blank(at - 1 if character.isspace() else at, quoted.end() if quoted else at + 1)
    return "character that does not belong in a tag", at


def _less_than(edits: Edits, at: int, tag: str, unquoted: str) -> Fault:
    """Repair `<` where none may be: after a tag or a value that was not closed, or in a value."""
    if '"' not in unquoted and "'" not in unquoted:
        edits.insert(at, ">")
        return "tag is not closed", at
    value = _OPEN_VALUE.match(tag)
    if value is not None:
        start = at - len(tag) + value.start(1)
        edits.insert(start + len(value[1].rstrip("/ \t\r\n")), value[1][0])
        return "attribute value is not closed", start
    edits.escape(at)
    return "'<' inside an attribute's value", at


def _blank_match(edits: Edits, pattern: re.Pattern[str], at: int, message: str) -> Fault:
    match = pattern.match(edits.text, at)
    edits.blank(at, match.end() if match else at + 1)
    return message, at
