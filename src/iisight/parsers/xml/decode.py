"""Bytes of an XML file to text: byte order mark, declared encoding, else UTF-8 (XML 1.0, appendix F)."""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_NO_CHARACTER_SET = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"})
"""Codecs of Python that no XML file is in, or that mean another thing on each machine."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def decode(data: bytes) -> tuple[str, int | None, str]:
    """Return (text, index of the first character that cannot be vouched for or None, what is wrong with it)."""
    mark, encoding = _marked(data)
    body = data[len(mark) :]
    if encoding:
        return _decode(body, encoding)
    declared = _DECLARED.match(data.lstrip()[:400])
    if declared is None:
        return _decode(body, "utf-8")
    name = declared[1].decode("ascii")
    known = _known(name)
    text, index, wrong = _decode(body, known or "utf-8")
    if not known:
        return text, 0, f"encoding '{name}' is not what the file is in: read as UTF-8"
    return text, index, wrong


def _decode(body: bytes, encoding: str) -> tuple[str, int | None, str]:
    wrong = f"bytes that are not {encoding}"
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        before = body[: error.start].decode(encoding, "replace")
        return _SURROGATE.sub("\ufffd", body.decode(encoding, "replace")), len(before), wrong
    surrogate = _SURROGATE.search(text)  # UTF-7 gives them
    if surrogate is None:
        return text, None, ""
    return _SURROGATE.sub("\ufffd", text), surrogate.start(), wrong


def _marked(data: bytes) -> tuple[bytes, str]:
    """Return the byte order mark and the encoding it, or the first `<`, tells; `""` for none."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return mark, encoding
    return b"", next((encoding for start, encoding in _UNMARKED if data.startswith(start)), "")


def _known(name: str) -> str:
    """Return an encoding that can be declared in bytes that look like ASCII, else `""`."""
    try:
        found = codecs.lookup(name).name
        return found if found not in _NO_CHARACTER_SET and b"<?xml".decode(found) == "<?xml" else ""
    except (LookupError, UnicodeError, ValueError, TypeError, AssertionError):
        return ""
