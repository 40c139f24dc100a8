"""Distinguished names, as text (RFC 4514)."""

from iisight.model.errors import ParseError
from iisight.parsers.authenticode.der import OCTET_STRING, SEQUENCE, SET, Element, error, oid

MAX_NAME = 16 * 1024  # bytes of a name
MAX_PARTS = 64

COMMON_NAME, ORGANIZATION = "2.5.4.3", "2.5.4.10"

_KEYS = {
    COMMON_NAME: "CN",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    ORGANIZATION: "O",
    "2.5.4.11": "OU",
    "2.5.4.6": "C",
    "2.5.4.9": "STREET",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
}
_ENCODINGS = {
    12: "utf-8",
    18: "ascii",
    19: "ascii",
    20: "latin-1",
    22: "ascii",
    26: "ascii",
    28: "utf-32-be",
    30: "utf-16-be",
}
_SPECIAL = str.maketrans({c: f"\\{c}" for c in '\\"+,;<>'} | {"\0": "\\00"})

Name = tuple[tuple[tuple[str, str], ...], ...]
"""Relative names in the order of the certificate, each of one or more (type, value)."""


def read_name(element: Element) -> Name:
    """Read a Name."""
    element.expect(SEQUENCE, "a name")
    if element.end - element.start > MAX_NAME:
        raise error(f"expected a name of at most {MAX_NAME} bytes", element.start)
    return tuple(_relative(part) for part in element.children(MAX_PARTS))


def values(name: Name, kind: str) -> tuple[str, ...]:
    """Return the values of one type, in the order of the name."""
    return tuple(value for part in name for key, value in part if key == kind)


def to_text(name: Name) -> str:
    """Return the text of RFC 4514: the most special part first."""
    return ",".join(
        "+".join(f"{_KEYS.get(key, key)}={_escape(value)}" for key, value in part) for part in reversed(name)
    )


def _relative(part: Element) -> tuple[tuple[str, str], ...]:
    """Read a RelativeDistinguishedName."""
    part.expect(SET, "a part of a name")
    return tuple(_attribute(pair) for pair in part.children(MAX_PARTS))


def _attribute(pair: Element) -> tuple[str, str]:
    """Read an AttributeTypeAndValue."""
    fields = pair.expect(SEQUENCE, "a type and a value of a name").children(2)
    if len(fields) != 2:
        raise error("expected a type and a value of a name", pair.start)
    return oid(fields[0]), _text(fields[1])


def _text(element: Element) -> str:
    """Return a string of any of the types names may have; bytes that are none show as the replacement character."""
    if element.tag in (3, OCTET_STRING):
        return "#" + element.value.hex()
    if element.tag not in _ENCODINGS:
        raise ParseError(f"expected a text, found tag {element.tag:#04x}", error("", element.start).locator)
    return element.value.decode(_ENCODINGS[element.tag], "replace")


def _escape(value: str) -> str:
    """Return a value with what RFC 4514 gives a meaning escaped."""
    text = value.translate(_SPECIAL)
    if text[:1] in ("#", " "):
        text = "\\" + text
    return text[:-1] + "\\ " if text[-1:] == " " and len(value) > 1 else text
