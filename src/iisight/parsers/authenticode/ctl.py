"""Catalogues: certificate trust lists (wincrypt.h) whose subjects are files (mscat.h)."""

from collections.abc import Iterator

from iisight.parsers.authenticode.content import INDIRECT_DATA, IndirectData, read_indirect_data
from iisight.parsers.authenticode.der import (
    GENERALIZED_TIME,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    UTC_TIME,
    Element,
    Fields,
    oid,
)

TRUST_LIST = "1.3.6.1.4.1.311.10.1"  # szOID_CTL: the content of a catalogue
MAX_ATTRIBUTES = 64  # of one member

_CATALOGUE_LIST = "1.3.6.1.4.1.311.12.1.1"  # szOID_CATALOG_LIST
_MEMBERS = frozenset({"1.3.6.1.4.1.311.12.1.2", "1.3.6.1.4.1.311.12.1.3"})  # version 1 (SHA-1) and 2 (SHA-256)


def is_catalogue(content: Element) -> bool:
    """Tell whether a certificate trust list is one of files, and not of roots; raises ParseError."""
    return _members(content) is not None


def read_member(content: Element, place: int) -> tuple[bytes, IndirectData | None] | None:
    """Return tag and digest of the member of a catalogue that lies over a place, or None; raises ParseError."""
    members = _members(content)
    if members is None or not members.inside <= place < members.end:
        return None
    member = next(m for m in members.walk() if m.start <= place < m.end)
    fields = Fields(member.expect(SEQUENCE, "a member"))
    tag = fields.take(OCTET_STRING, "a member's tag").value
    attributes = fields.maybe(SET)
    return tag, None if attributes is None else next(_digests(attributes), None)


def _members(content: Element) -> Element | None:
    """Return the SEQUENCE OF TrustedSubject of a list of files; None for another list."""
    fields = Fields(content.expect(SEQUENCE, "a list"))
    fields.maybe(INTEGER)
    usages = fields.take(SEQUENCE, "what the list is for").children(8)
    for tag in (OCTET_STRING, INTEGER):
        fields.maybe(tag)
    fields.any("the time of the list")
    fields.maybe(UTC_TIME, GENERALIZED_TIME)
    kind = Fields(fields.take(SEQUENCE, "the kind of members"))
    if [oid(usage) for usage in usages] != [_CATALOGUE_LIST] or oid(kind.take(OID, "a kind")) not in _MEMBERS:
        return None
    return fields.maybe(SEQUENCE)


def _digests(attributes: Element) -> Iterator[IndirectData]:
    """Yield the digests that a member's attributes hold."""
    for attribute in attributes.children(MAX_ATTRIBUTES):
        fields = Fields(attribute.expect(SEQUENCE, "an attribute"))
        if oid(fields.take(OID, "an attribute's type")) == INDIRECT_DATA:
            for value in fields.take(SET, "values").children(MAX_ATTRIBUTES):
                yield read_indirect_data(value)
