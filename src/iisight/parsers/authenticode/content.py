"""What Authenticode signs: the digest of a file (SpcIndirectDataContent), page hashes, and timestamps (RFC 3161)."""

from dataclasses import dataclass
from datetime import datetime

from iisight.model.errors import ParseError
from iisight.parsers.authenticode.der import (
    GENERALIZED_TIME,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    Element,
    Fields,
    error,
    oid,
    root,
    time,
)
from iisight.parsers.authenticode.x509 import Algorithm, read_algorithm

INDIRECT_DATA, TIMESTAMP_INFO = "1.3.6.1.4.1.311.2.1.4", "1.2.840.113549.1.9.16.1.4"
PE_IMAGE = "1.3.6.1.4.1.311.2.1.15"  # SPC_PE_IMAGE_DATA_OBJID

_PAGE_HASHES = {"1.3.6.1.4.1.311.2.3.1": "sha1", "1.3.6.1.4.1.311.2.3.2": "sha256"}
_PAGE_HASH_CLASS = bytes.fromhex("a6b586d5b4a12466ae05a217da8e60d6")


@dataclass(frozen=True, slots=True)
class PageHashes:
    """Digests of a file's pages: (offset, 4 bytes; digest) again and again."""

    algorithm: str
    table: bytes


@dataclass(frozen=True, slots=True)
class IndirectData:
    """The digest of a file, and the kind of file it is of."""

    kind: str
    algorithm: Algorithm
    digest: bytes
    pages: PageHashes | None


@dataclass(frozen=True, slots=True)
class Imprint:
    """What a timestamp of RFC 3161 says: this digest was there at this time."""

    algorithm: Algorithm
    digest: bytes
    time: datetime


def read_indirect_data(element: Element) -> IndirectData:
    """Read an SpcIndirectDataContent; raises ParseError."""
    fields = Fields(element.expect(SEQUENCE, "the digest of a file"))
    kind = Fields(fields.take(SEQUENCE, "the kind of file"))
    algorithm, digest = _digest_info(fields.take(SEQUENCE, "a digest"))
    name = oid(kind.take(OID, "the kind of file"))
    value = kind.maybe(SEQUENCE)
    return IndirectData(name, algorithm, digest, _pages(value) if name == PE_IMAGE and value is not None else None)


def read_imprint(element: Element) -> Imprint:
    """Read the TSTInfo in an OCTET STRING; raises ParseError."""
    fields = Fields(root(element.expect(OCTET_STRING, "a timestamp").value).expect(SEQUENCE, "a timestamp"))
    fields.take(INTEGER, "a version")
    fields.take(OID, "a policy")
    algorithm, digest = _digest_info(fields.take(SEQUENCE, "a digest"))
    fields.take(INTEGER, "a serial number")
    return Imprint(algorithm, digest, time(fields.take(GENERALIZED_TIME, "a time")))


def _digest_info(element: Element) -> tuple[Algorithm, bytes]:
    """Read a DigestInfo or MessageImprint."""
    fields = Fields(element)
    algorithm = read_algorithm(fields.take(SEQUENCE, "a digest algorithm"))
    return algorithm, fields.take(OCTET_STRING, "a digest").value


def _pages(image: Element) -> PageHashes | None:
    """Return the page hashes of an SpcPeImageData: in a moniker of a class of their own; None without."""
    link = next((part for part in image.children(8) if part.tag == 0xA0), None)
    choice = None if link is None else next(link.walk(), None)
    if choice is None or choice.tag != 0xA1:
        return None
    moniker = Fields(choice)
    if moniker.take(OCTET_STRING, "a class").value != _PAGE_HASH_CLASS:
        return None
    attributes = root(moniker.take(OCTET_STRING, "page hashes").value).expect(SET, "page hashes")
    return _page_table(attributes.only(SEQUENCE, "page hashes"))


def _page_table(attribute: Element) -> PageHashes:
    """Read the attribute that holds the page hashes."""
    fields = Fields(attribute)
    kind = fields.take(OID, "the version of page hashes")
    table = fields.take(SET, "page hashes").only(OCTET_STRING, "page hashes").value
    algorithm = _PAGE_HASHES.get(oid(kind))
    if algorithm is None:
        raise ParseError("expected page hashes of version 1 or 2", error("", kind.start).locator)
    return PageHashes(algorithm, table)
