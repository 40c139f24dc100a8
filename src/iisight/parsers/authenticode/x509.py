"""X.509 certificates (RFC 5280), as far as a chain of signatures asks for them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

from iisight.model.signature import Certificate
from iisight.parsers.authenticode import names
from iisight.parsers.authenticode.der import (
    BOOLEAN,
    INTEGER,
    MAX_DEPTH,
    OCTET_STRING,
    OID,
    SEQUENCE,
    Element,
    Fields,
    bits,
    boolean,
    error,
    integer,
    oid,
    root,
    time,
)

MAX_CERTIFICATE = 64 * 1024  # bytes
MAX_EXTENSIONS = 64
MAX_USAGES = 64

RSA = "1.2.840.113549.1.1.1"

_BASIC_CONSTRAINTS, _KEY_USAGE, _EXTENDED_KEY_USAGE = "2.5.29.19", "2.5.29.15", "2.5.29.37"
_SUBJECT_KEY, _AUTHORITY_KEY = "2.5.29.14", "2.5.29.35"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An AlgorithmIdentifier."""

    oid: str
    parameters: bytes  # DER; empty: none


@dataclass(frozen=True)
class X509:
    """A certificate. Equal ones have equal bytes."""

    der: bytes
    signed: bytes  # TBSCertificate, what the issuer signed
    version: int  # 1 to 3
    serial: int
    issuer: bytes  # DER of the name: names are compared as Windows does, by their bytes
    subject: bytes
    not_before: datetime
    not_after: datetime
    key: bytes  # SubjectPublicKeyInfo
    algorithm: Algorithm  # of the signature
    signature: bytes
    critical: frozenset[str]  # extensions marked critical
    is_authority: bool | None  # basicConstraints cA; None: there are none
    path_length: int | None
    key_usage: int | None  # the first eight bits, digitalSignature highest; None: not restricted
    usages: frozenset[str] | None  # extended key usages; None: not restricted
    key_id: bytes
    issuer_key_id: bytes

    def __hash__(self) -> int:
        """Return the hash of its bytes."""
        return hash(self.der)

    def __eq__(self, other: object) -> bool:
        """Compare the bytes."""
        return isinstance(other, X509) and self.der == other.der

    @cached_property
    def facts(self) -> Certificate:
        """Return what a report says of it."""
        subject, issuer = (names.read_name(root(name)) for name in (self.subject, self.issuer))
        return Certificate(
            subject=names.to_text(subject),
            issuer=names.to_text(issuer),
            common_name=" / ".join(names.values(subject, names.COMMON_NAME)),
            organization=" / ".join(names.values(subject, names.ORGANIZATION)),
            serial=f"{self.serial:x}",
            thumbprint=hashlib.sha1(self.der, usedforsecurity=False).hexdigest(),
            sha256=hashlib.sha256(self.der).hexdigest(),
            not_before=self.not_before,
            not_after=self.not_after,
        )


@lru_cache(1024)
def read_certificate(der: bytes) -> X509:
    """Read a certificate; raises ParseError."""
    if len(der) > MAX_CERTIFICATE:
        raise error(f"expected a certificate of at most {MAX_CERTIFICATE} bytes", 0)
    outer = root(der).expect(SEQUENCE, "a certificate")
    if outer.end != len(der):
        raise error("bytes follow the certificate", outer.end)
    fields = Fields(outer)
    body = fields.take(SEQUENCE, "what is certified")
    algorithm = read_algorithm(fields.take(SEQUENCE, "the algorithm of the signature"))
    certificate = _read_body(der, body, algorithm, bits(fields.any("the signature")))
    certificate.facts  # noqa: B018 (names that cannot be read are found here)
    return certificate


def subject_of(der: bytes) -> bytes:
    """Return the DER of a certificate's subject, with nothing else read; raises ParseError."""
    fields = Fields(next(root(der).expect(SEQUENCE, "a certificate").walk(), root(der)))
    fields.maybe(0xA0)
    for what in ("serial number", "algorithm", "issuer", "validity"):
        fields.any(what)
    return fields.take(SEQUENCE, "the subject").raw


def read_algorithm(element: Element) -> Algorithm:
    """Read an AlgorithmIdentifier."""
    fields = element.expect(SEQUENCE, "an algorithm").children(2)
    if not fields:
        raise error("expected an algorithm", element.start)
    return Algorithm(oid(fields[0]), fields[1].raw if len(fields) == 2 else b"")


def _read_body(der: bytes, body: Element, algorithm: Algorithm, signature: bytes) -> X509:
    """Read a TBSCertificate."""
    fields = Fields(body)
    version = fields.maybe(0xA0)
    serial = integer(fields.take(INTEGER, "a serial number"))
    inner = read_algorithm(fields.take(SEQUENCE, "an algorithm"))
    if inner.oid != algorithm.oid:
        raise error("the certificate names two algorithms for its signature", body.start)
    issuer = fields.take(SEQUENCE, "the issuer").raw
    validity = Fields(fields.take(SEQUENCE, "the validity"))
    not_before, not_after = time(validity.any("a time")), time(validity.any("a time"))
    subject = fields.take(SEQUENCE, "the subject").raw
    key = fields.take(SEQUENCE, "the public key").raw
    fields.maybe(0x81, 0xA1)
    fields.maybe(0x82, 0xA2)
    extensions = _read_extensions(fields.maybe(0xA3))
    is_authority, path_length = _basic_constraints(extensions)
    return X509(
        der=der,
        signed=body.raw,
        version=1 + (0 if version is None else integer(version.only(INTEGER, "a version"))),
        serial=serial,
        issuer=issuer,
        subject=subject,
        not_before=not_before,
        not_after=not_after,
        key=key,
        algorithm=algorithm,
        signature=signature,
        critical=frozenset(name for name, (critical, _) in extensions.items() if critical),
        is_authority=is_authority,
        path_length=path_length,
        key_usage=_key_usage(extensions),
        usages=_usages(extensions),
        key_id=_key_id(extensions),
        issuer_key_id=_issuer_key_id(extensions),
    )


Extensions = Mapping[str, tuple[bool, bytes]]


def _read_extensions(wrapper: Element | None) -> Extensions:
    """Read Extensions: name → critical, value. One that comes twice is an error (RFC 5280, 4.2)."""
    found: dict[str, tuple[bool, bytes]] = {}
    if wrapper is None:
        return found
    for extension in wrapper.only(SEQUENCE, "extensions").children(MAX_EXTENSIONS):
        fields = Fields(extension.expect(SEQUENCE, "an extension"))
        name = oid(fields.take(OID, "an extension's name"))
        flag = fields.maybe(BOOLEAN)
        if name in found:
            raise error(f"extension {name} comes twice", extension.start)
        value = fields.take(OCTET_STRING, "an extension's value").value
        found[name] = (flag is not None and boolean(flag), value)
    return found


def _inside(extensions: Extensions, name: str) -> Element | None:
    """Return the element an extension holds."""
    return root(extensions[name][1]) if name in extensions else None


def _basic_constraints(extensions: Extensions) -> tuple[bool | None, int | None]:
    """Return cA and pathLenConstraint."""
    element = _inside(extensions, _BASIC_CONSTRAINTS)
    if element is None:
        return None, None
    fields = Fields(element.expect(SEQUENCE, "basic constraints"))
    flag, length = fields.maybe(BOOLEAN), fields.maybe(INTEGER)
    return flag is not None and boolean(flag), None if length is None else integer(length)


def _key_usage(extensions: Extensions) -> int | None:
    """Return the first byte of keyUsage."""
    element = _inside(extensions, _KEY_USAGE)
    return None if element is None else next(iter(bits(element)), 0)


def _usages(extensions: Extensions) -> frozenset[str] | None:
    """Return the extended key usages."""
    element = _inside(extensions, _EXTENDED_KEY_USAGE)
    if element is None:
        return None
    return frozenset(oid(usage) for usage in element.expect(SEQUENCE, "usages").children(MAX_USAGES))


def _key_id(extensions: Extensions) -> bytes:
    """Return the subject's key identifier."""
    element = _inside(extensions, _SUBJECT_KEY)
    return b"" if element is None else element.expect(OCTET_STRING, "a key identifier").value


def _issuer_key_id(extensions: Extensions) -> bytes:
    """Return the issuer's key identifier."""
    element = _inside(extensions, _AUTHORITY_KEY)
    if element is None or element.tag != SEQUENCE:
        return b""
    return next((part.value for part in element.children(MAX_DEPTH) if part.tag == 0x80), b"")
