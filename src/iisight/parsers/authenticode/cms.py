"""CMS SignedData (RFC 5652) and its predecessor PKCS#7 (RFC 2315), which Authenticode is written in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.authenticode.der import (
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    Element,
    Fields,
    error,
    integer,
    oid,
    root,
)
from iisight.parsers.authenticode.x509 import MAX_CERTIFICATE, Algorithm, read_algorithm

MAX_SIZE = 64 * 1024 * 1024  # bytes; the largest catalogues of Windows have a few
MAX_CERTIFICATES = 64
MAX_SIGNERS = 8
MAX_ATTRIBUTES = 64
MAX_VALUES = 16  # of one attribute

CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_TIME, COUNTERSIGNATURE = "1.2.840.113549.1.9.5", "1.2.840.113549.1.9.6"
TIMESTAMP, NESTED = "1.3.6.1.4.1.311.3.3.1", "1.3.6.1.4.1.311.2.4.1"

_SIGNED_DATA = "1.2.840.113549.1.7.2"

Attributes = Mapping[str, tuple[Element, ...]]


@dataclass(frozen=True, slots=True)
class Signer:
    """A SignerInfo."""

    issuer: bytes  # DER of the issuer's name; empty: `key_id` names the certificate
    serial: int
    key_id: bytes
    digest: Algorithm
    algorithm: Algorithm
    signature: bytes
    signed: Attributes | None
    signed_bytes: bytes  # the SET OF signed attributes, as it was signed
    unsigned: Attributes


@dataclass(frozen=True, slots=True)
class SignedData:
    """A SignedData: what was signed, by whom, and certificates to check it with."""

    content_type: str
    content: Element  # what lies in eContent; its value is what was signed
    certificates: tuple[bytes, ...]  # DER, as given
    signers: tuple[Signer, ...]
    end: int  # where it ends in the bytes that were read
    notes: tuple[str, ...]


def parse_signed_data(data: bytes, locator: Locator) -> SignedData:
    """Read a ContentInfo with SignedData at the start of `data`; raises ParseError."""
    if len(data) > MAX_SIZE:
        raise ParseError(f"expected a signature of at most {MAX_SIZE} bytes, found {len(data)}", locator)
    try:
        return read_signed_data(root(data))
    except ParseError as problem:
        offset = (locator.offset or 0) + (problem.locator.offset or 0)
        raise type(problem)(problem.message, replace(locator, offset=offset)) from problem


def read_signed_data(element: Element) -> SignedData:
    """Read a ContentInfo with SignedData; raises ParseError."""
    outer = Fields(element.expect(SEQUENCE, "a signed message"))
    kind = oid(outer.take(OID, "the kind of message"))
    if kind != _SIGNED_DATA:
        raise error(f"expected signed data, found {kind}", element.start)
    fields = Fields(outer.take(0xA0, "signed data").only(SEQUENCE, "signed data"))
    fields.take(INTEGER, "a version")
    fields.take(SET, "digest algorithms")
    content_type, content = _content(fields.take(SEQUENCE, "what was signed"))
    certificates, notes = _certificates(fields.maybe(0xA0))
    fields.maybe(0xA1)
    signers = fields.take(SET, "signers").children(MAX_SIGNERS)
    return SignedData(content_type, content, certificates, tuple(map(read_signer, signers)), element.end, notes)


def read_signer(element: Element) -> Signer:
    """Read a SignerInfo; raises ParseError."""
    fields = Fields(element.expect(SEQUENCE, "a signer"))
    fields.take(INTEGER, "a version")
    issuer, serial, key_id = _identity(fields.any("who signed"))
    digest = read_algorithm(fields.take(SEQUENCE, "a digest algorithm"))
    signed = fields.maybe(0xA0)
    algorithm = read_algorithm(fields.take(SEQUENCE, "a signature algorithm"))
    signature = fields.take(OCTET_STRING, "a signature").value
    unsigned = fields.maybe(0xA1)
    return Signer(
        issuer=issuer,
        serial=serial,
        key_id=key_id,
        digest=digest,
        algorithm=algorithm,
        signature=signature,
        signed=None if signed is None else _attributes(signed),
        signed_bytes=b"" if signed is None else b"\x31" + signed.raw[1:],  # RFC 5652, 5.4
        unsigned={} if unsigned is None else _attributes(unsigned),
    )


def _content(element: Element) -> tuple[str, Element]:
    """Read an EncapsulatedContentInfo."""
    fields = Fields(element)
    kind = oid(fields.take(OID, "the kind of content"))
    inside = fields.take(0xA0, "content").children(1)
    if not inside:
        raise error("expected content", element.start)
    return kind, inside[0]


def _certificates(element: Element | None) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """Return the DER of each certificate, and what was left out."""
    found = [] if element is None else [c for c in element.first(MAX_CERTIFICATES + 1) if c.tag == SEQUENCE]
    usable = [c.raw for c in found[:MAX_CERTIFICATES] if c.end - c.start <= MAX_CERTIFICATE]
    left = len(found) - len(usable)
    notes = () if not left else (f"certificates of the signature are left out: over {MAX_CERTIFICATES}, or too large",)
    return tuple(dict.fromkeys(usable)), notes


def _identity(element: Element) -> tuple[bytes, int, bytes]:
    """Read a SignerIdentifier: issuer and serial number, or key identifier."""
    if element.tag == 0x80:
        return b"", 0, element.value
    fields = Fields(element.expect(SEQUENCE, "issuer and serial number"))
    return fields.take(SEQUENCE, "an issuer").raw, integer(fields.take(INTEGER, "a serial number")), b""


def _attributes(element: Element) -> Attributes:
    """Read a SET OF Attribute; of one type that comes twice the values are put together."""
    found: dict[str, tuple[Element, ...]] = {}
    for attribute in element.children(MAX_ATTRIBUTES):
        fields = Fields(attribute.expect(SEQUENCE, "an attribute"))
        kind = oid(fields.take(OID, "an attribute's type"))
        found[kind] = found.get(kind, ()) + tuple(fields.take(SET, "an attribute's values").children(MAX_VALUES))
    return found
