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


def decode(data: bytes) -> tuple[str, int | None, str]:
    """Return (text, index in the text of the first character that could not be decoded or None, encoding)."""
    mark, encoding = _encoding(data)
    body = data[len(mark) :]
    try:
        return body.decode(encoding), None, encoding
    except UnicodeDecodeError as error:
        return (
            body.decode(encoding, "replace"),
            len(body[: error.start].decode(encoding, "replace")),
            encoding,
        )


def _encoding(data: bytes) -> tuple[bytes, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return mark, encoding
    for start, encoding in _UNMARKED:
        if data.startswith(start):
            return b"", encoding
    declared = _DECLARED.match(data.lstrip()[:400])
    return b"", _known(declared[1].decode("ascii")) if declared else "utf-8"


def _known(name: str) -> str:
    """Return an encoding that can be declared in bytes that look like ASCII; UTF-8 for any other name."""
    try:
        found = codecs.lookup(name).name
        return found if b"<?xml".decode(found) == "<?xml" else "utf-8"
    except (LookupError, UnicodeError, ValueError, TypeError, AssertionError):
        return "utf-8"
