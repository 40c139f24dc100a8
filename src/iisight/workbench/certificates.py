"""Certificates of the workbench: test keys, test authorities, signers. Nothing but tests trusts them.

The keys are fixed and RSA signatures of PKCS#1 v1.5 hold no chance, so the same wishes give the same bytes.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, lru_cache

from iisight import tables
from iisight.examine.trust import CODE, TIMESTAMPS, Root, Trust, make_trust
from iisight.workbench import der

MICROSOFT = "Microsoft Corporation"

DIGESTS = {
    "md5": "1.2.840.113549.2.5",
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
_SIGNATURES = {"md5": 4, "sha1": 5, "sha256": 11, "sha384": 12, "sha512": 13}  # 1.2.840.113549.1.1.…
ORGANISATION = "iisight workbench"  # of the test roots

_EXPONENT = 65537
_SIGNS_CERTIFICATES, _SIGNS = 0x06, 0x80  # keyUsage
_ROOTS = {False: ("root", "Test Root of the Workbench"), True: ("microsoft root", "Test Root in Place of Microsoft's")}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a certificate shall say."""

    name: str  # organisation
    common_name: str = ""  # empty: the organisation
    issuer: str = ""  # common name; empty: it issues itself
    key: str = "signer"
    issuer_key: str = "signer"
    begins: datetime = datetime(2020, 1, 1, tzinfo=UTC)
    ends: datetime = datetime(2040, 1, 1, tzinfo=UTC)
    usages: tuple[str, ...] = ()
    is_authority: bool | None = False  # None: without basic constraints
    path_length: int | None = None
    digest: str = "sha256"  # of its signature

    @property
    def subject(self) -> bytes:
        """Return the DER of its name."""
        return name(self.common_name or self.name, self.name)


def name(common_name: str, organization: str) -> bytes:
    """Return a name."""
    pairs = (("2.5.4.6", "US"), ("2.5.4.10", organization), ("2.5.4.3", common_name))
    return der.sequence(*(der.set_of(der.sequence(der.oid(key), der.text(value))) for key, value in pairs))


@lru_cache(64)
def certificate(wish: Wish) -> bytes:
    """Return a certificate."""
    issuer = name(wish.issuer, ORGANISATION) if wish.issuer else wish.subject
    body = der.sequence(
        der.tlv(0xA0, der.integer(2)),
        der.integer(serial(wish)),
        signature_algorithm(wish.digest),
        issuer,
        der.sequence(der.time(wish.begins), der.time(wish.ends)),
        wish.subject,
        public_key(wish.key),
        der.tlv(0xA3, der.sequence(*_extensions(wish))),
    )
    signature = sign_bytes(wish.issuer_key, wish.digest, body)
    return der.sequence(body, signature_algorithm(wish.digest), der.bits(signature))


def serial(wish: Wish) -> int:
    """Return the serial number: another for each wish."""
    return int.from_bytes(hashlib.sha256(repr(wish).encode()).digest()[:8], "big")


@cache
def root(*, microsoft: bool) -> Wish:
    """Return the test root, or the one that stands in place of Microsoft's."""
    key, common_name = _ROOTS[microsoft]
    return Wish(ORGANISATION, common_name, key=key, issuer_key=key, is_authority=True)


def issued(wish: Wish, *, microsoft: bool = False) -> Wish:
    """Return the same, issued by a test root."""
    authority = root(microsoft=microsoft)
    return replace(wish, issuer=authority.common_name, issuer_key=authority.key)


def stamper() -> Wish:
    """Return the certificate of the authority that makes timestamps."""
    return issued(Wish("Test Timestamps of the Workbench", key="timestamps", usages=(TIMESTAMPS,)))


def test_roots() -> tuple[bytes, ...]:
    """Return the certificates of the test roots; the last stands in place of Microsoft's."""
    return tuple(certificate(root(microsoft=flag)) for flag in (False, True))


def test_thumbprints() -> tuple[str, ...]:
    """Return the SHA-256 thumbprint of the root that stands in place of Microsoft's."""
    return (hashlib.sha256(test_roots()[-1]).hexdigest(),)


def test_trust() -> Trust:
    """Return the trust in the test roots alone."""
    return make_trust((Root(c) for c in test_roots()), test_thumbprints())


def digest_algorithm(digest: str) -> bytes:
    """Return the AlgorithmIdentifier of a digest."""
    return der.sequence(der.oid(DIGESTS[digest]), der.NULL)


def signature_algorithm(digest: str) -> bytes:
    """Return the AlgorithmIdentifier of RSA with a digest."""
    return der.sequence(der.oid(f"1.2.840.113549.1.1.{_SIGNATURES[digest]}"), der.NULL)


def sign_bytes(key: str, digest: str, message: bytes) -> bytes:
    """Sign with RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.1)."""
    found = hashlib.new(digest, message, usedforsecurity=False).digest()
    return sign_content(key, der.sequence(digest_algorithm(digest), der.octets(found)))


def sign_content(key: str, content: bytes) -> bytes:
    """Sign what stands in the block of a signature, a digest without its name too."""
    p, q = _primes()[key]
    size = (p * q).bit_length() // 8
    block = b"\0\1" + b"\xff" * (size - len(content) - 3) + b"\0" + content
    number = int.from_bytes(block, "big")
    first, second = (pow(number, pow(_EXPONENT, -1, prime - 1), prime) for prime in (p, q))
    return (second + (first - second) * pow(q, -1, p) % p * q).to_bytes(size, "big")  # RFC 8017, 5.1.2


def public_key(key: str) -> bytes:
    """Return a SubjectPublicKeyInfo."""
    p, q = _primes()[key]
    numbers = der.sequence(der.integer(p * q), der.integer(_EXPONENT))
    return der.sequence(der.sequence(der.oid("1.2.840.113549.1.1.1"), der.NULL), der.bits(numbers))


@cache
def _primes() -> Mapping[str, tuple[int, int]]:
    """Return the primes of the test keys."""
    keys = tables.rows("iisight.workbench", "test_keys")
    return {row["name"]: (int(row["p"], 16), int(row["q"], 16)) for row in keys}


def _extensions(wish: Wish) -> list[bytes]:
    """Return basic constraints, key usage and extended key usages."""
    usage = _SIGNS if wish.is_authority is False else _SIGNS_CERTIFICATES
    authority = [b"\x01\x01\xff"] if wish.is_authority else []
    if wish.path_length is not None:
        authority.append(der.integer(wish.path_length))
    found = [_extension("2.5.29.15", der.bits(bytes([usage])), critical=True)]
    if wish.is_authority is not None:
        found.insert(0, _extension("2.5.29.19", der.sequence(*authority), critical=True))
    if wish.usages:
        found.append(_extension("2.5.29.37", der.sequence(*map(der.oid, wish.usages)), critical=False))
    return found


def _extension(kind: str, value: bytes, *, critical: bool) -> bytes:
    """Return one extension."""
    return der.sequence(der.oid(kind), b"\x01\x01\xff" if critical else b"", der.octets(value))


__all__ = [
    "CODE",
    "DIGESTS",
    "MICROSOFT",
    "ORGANISATION",
    "TIMESTAMPS",
    "Wish",
    "certificate",
    "digest_algorithm",
    "issued",
    "name",
    "public_key",
    "root",
    "serial",
    "sign_bytes",
    "signature_algorithm",
    "stamper",
    "test_roots",
    "test_thumbprints",
    "test_trust",
]
