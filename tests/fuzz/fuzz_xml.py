"""Fuzz target of the XML reader; any coverage-guided runner can call `fuzz_one`."""

from iisight.model.config import Document, Element
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers import xml

_HOST = """<?xml version="1.0" encoding="{encoding}"?>
<configuration>
  <!-- <add name="hidden" /> -->
  <system.webServer>
    <globalModules>
      <add name="HttpLoggingModule" image="%windir%\\System32\\inetsrv\\loghttp.dll" />
      <add name='Über&amp;&#65;'
           image="C:\\a.dll" preCondition="bitness64" />
    </globalModules>
    <![CDATA[text <add name="no" />]]>
  </system.webServer>
</configuration>
"""
_BROKEN = (
    '<configuration><modules><add name="A" type="T" ></modules></configuration>',
    '<configuration><add name="A" name="B" path=C:\\a.dll enabled /></system.web><add x="a & b < c"/></configuration>',
    '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d SYSTEM "file:///c:/e">]>\n<a>&b;&d;</a><?xml version="1.0"?><b/>text',
    '<a><!-- a -- b --><b c="d"e="f"><g></b></a>\n<a/',
    '<a>\x0b<![CDATA[ never closed <b/>',
    '<a><!-- never closed <b/>',
)  # fmt: skip


def fuzz_one(data: bytes) -> None:
    """Read the bytes; only ParseError may come of it, and every place given must be in the text."""
    try:
        document = xml.parse(data, Locator("fuzz"))
    except ParseError:
        return
    for problem in document.problems:
        assert (problem.locator.line or 0) >= 1, problem
        assert (problem.locator.column or 0) >= 1, problem
    if document.root is not None:
        check_places(document, document.root)


def check_places(document: Document, root: Element) -> None:
    """Raise AssertionError when an element's place does not show its start tag."""
    pending = [root] if root.name else list(root.children)
    while pending:
        element = pending.pop()
        start = f"<{element.name}"
        shown = document.text[element.offset : element.offset + len(start)]
        assert shown == start, f"expected {start!r} at {element.line}:{element.column}, found {shown!r}"
        pending.extend(element.children)


def seeds() -> list[bytes]:
    """Return configuration in every encoding, and one file for each kind of damage."""
    marked = [_HOST.format(encoding=name).encode(name) for name in ("utf-8", "utf-8-sig", "utf-16", "windows-1252")]
    bare = [_HOST.format(encoding="utf-16").encode(name) for name in ("utf-16-le", "utf-16-be")]
    return [*marked, *bare, *(text.encode() for text in _BROKEN), b""]


def tokens() -> list[bytes]:
    """Return what breaks XML when put in the middle of it."""
    texts = (
        '<', '>', '/>', '</', '<!--', '-->', '--', '<![CDATA[', ']]>', '<!DOCTYPE a [', ']>', '<?xml version="1.0"?>',
        '<?', '?>', '&', '&lt;', '&#0;', '&#x110000;', '&x;', '"', "'", '=', ' a="b"', '<a>', '</a>', '<a', '\r\n',
        '\t', '\0', '\x0b', '\ufeff', '\ufffe', 'é', '\U0001f600', '<configuration>', '<a:b xmlns:a="c"/>',
        '<!ENTITY a "b">', 'encoding="utf-16"', 'encoding="utf-7"', 'encoding="idna"', 'encoding="unicode_escape"',
    )  # fmt: skip
    return [text.encode() for text in texts]
