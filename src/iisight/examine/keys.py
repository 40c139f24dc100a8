"""Signatures checked with public keys: RSA (PKCS#1 v1.5, PSS) and ECDSA.

SHA-1 is checked here by hand, because `cryptography` refuses what Windows takes for files signed before 2016. MD2 and
MD5 are refused: certificates have been forged with them.
"""

import hashlib
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from iisight.model.errors import ParseError
from iisight.parsers.authenticode.der import INTEGER, SEQUENCE, Fields, bits, integer, root
from iisight.parsers.authenticode.x509 import X509, Algorithm, read_algorithm

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

DIGESTS = {
    "1.2.840.113549.2.2": "md2",
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
WEAK = frozenset({"md2", "md5"})
KEY_SIZES = range(1024, 8192 + 1)  # bits of RSA keys: Windows refuses smaller ones (KB 2661254)

_RSA, _PSS, _EC = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.2.1"
_SIGNATURES = {
    "1.2.840.113549.1.1.2": (_RSA, "md2"),
    "1.2.840.113549.1.1.4": (_RSA, "md5"),
    "1.2.840.113549.1.1.5": (_RSA, "sha1"),
    "1.3.14.3.2.29": (_RSA, "sha1"),  # of the OIW, in Microsoft's first certificates
    "1.2.840.113549.1.1.11": (_RSA, "sha256"),
    "1.2.840.113549.1.1.12": (_RSA, "sha384"),
    "1.2.840.113549.1.1.13": (_RSA, "sha512"),
    "1.2.840.10045.4.1": (_EC, "sha1"),
    "1.2.840.10045.4.3.2": (_EC, "sha256"),
    "1.2.840.10045.4.3.3": (_EC, "sha384"),
    "1.2.840.10045.4.3.4": (_EC, "sha512"),
}
SHA1_SIGNATURES = frozenset(oid for oid, (_, digest) in _SIGNATURES.items() if digest == "sha1")
_SHA1_INFO = bytes.fromhex("3021300906052b0e03021a05000414")
_SHA1_INFO_BARE = bytes.fromhex("301f300706052b0e03021a0414")  # parameters left out (RFC 8017, 9.2 note 1)
_SHA1_INFOS = (_SHA1_INFO, _SHA1_INFO_BARE, b"")  # none: CRYPT_NOHASHOID, as VeriSign and Symantec made timestamps


class Check(Enum):
    """How a check of a signature ended."""

    FITS = "fits"
    DIFFERS = "differs"
    WEAK = "is made with MD2 or MD5, which can be forged"
    STRANGE = "is made in a way that is not known here"


def digest_name(algorithm: Algorithm) -> str:
    """Return hashlib's name of a digest algorithm; empty when it is not known."""
    return DIGESTS.get(algorithm.oid, "")


def signed_digest(algorithm: Algorithm) -> str:
    """Return hashlib's name of the digest that a signature algorithm of certificates names, empty without one."""
    return _SIGNATURES.get(algorithm.oid, ("", ""))[1]


def check_signature(key: bytes, algorithm: Algorithm, signed: bytes, signature: bytes, digest: str = "") -> Check:
    """Check a signature over `signed` with a SubjectPublicKeyInfo.

    `digest` is the signer's digest algorithm. A signature algorithm that names one must name the same.
    """
    if algorithm.oid == _PSS:
        kind, name = _PSS, _pss_digest(algorithm)
    else:
        kind, name = _SIGNATURES.get(algorithm.oid, (algorithm.oid if algorithm.oid in (_RSA, _EC) else "", digest))
    if name in WEAK:
        return Check.WEAK
    if not kind or name not in DIGESTS.values() or (digest and digest != name):
        return Check.STRANGE
    try:
        fits = _CHECKS[kind](key, name, signed, signature)
    except (ParseError, ValueError, TypeError):
        return Check.STRANGE
    return Check.STRANGE if fits is None else Check.FITS if fits else Check.DIFFERS


@lru_cache(4096)
def check_certificate(certificate: X509, issuer: X509) -> Check:
    """Check a certificate's signature with its issuer's key; names are not looked at."""
    return check_signature(issuer.key, certificate.algorithm, certificate.signed, certificate.signature)


def _check_rsa(key: bytes, digest: str, signed: bytes, signature: bytes) -> bool | None:
    """Check RSASSA-PKCS1-v1_5; None when the key is none for it."""
    if digest == "sha1":
        return _check_rsa_sha1(key, signed, signature)
    from cryptography.hazmat.primitives.asymmetric import padding

    return _check_with_library(key, lambda: (padding.PKCS1v15(), _hash(digest)), signed, signature)


def _check_rsa_sha1(key: bytes, signed: bytes, signature: bytes) -> bool | None:
    """Compare the block the signature opens to with the only three there may be: no padding is ever searched."""
    modulus, exponent = _rsa_numbers(key)
    size = (modulus.bit_length() + 7) // 8
    number = int.from_bytes(signature, "big")
    if modulus < 0 or modulus.bit_length() not in KEY_SIZES or not 3 <= exponent < 1 << 33:
        return None
    if len(signature) != size or number >= modulus:
        return False
    block = pow(number, exponent, modulus).to_bytes(size, "big")
    digest = hashlib.sha1(signed, usedforsecurity=False).digest()
    return block in {_block(info + digest, size) for info in _SHA1_INFOS}


def _block(content: bytes, size: int) -> bytes:
    """Return EMSA-PKCS1-v1_5 (RFC 8017, 9.2)."""
    return b"\0\1" + b"\xff" * (size - len(content) - 3) + b"\0" + content


def _check_pss(key: bytes, digest: str, signed: bytes, signature: bytes) -> bool | None:
    """Check RSASSA-PSS whose mask is made with the same digest."""
    from cryptography.hazmat.primitives.asymmetric import padding

    def how() -> tuple[object, ...]:
        return padding.PSS(padding.MGF1(_hash(digest)), padding.PSS.AUTO), _hash(digest)

    return _check_with_library(key, how, signed, signature)


def _check_ec(key: bytes, digest: str, signed: bytes, signature: bytes) -> bool | None:
    """Check ECDSA."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return _check_with_library(key, lambda: (ec.ECDSA(_hash(digest)),), signed, signature)


_CHECKS: dict[str, Callable[[bytes, str, bytes, bytes], bool | None]] = {
    _RSA: _check_rsa,
    _PSS: _check_pss,
    _EC: _check_ec,
}


def _check_with_library(
    key: bytes, how: Callable[[], tuple[object, ...]], signed: bytes, signature: bytes
) -> bool | None:
    """Check with `cryptography`; None when it does not take the key or the algorithm."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        public = _load(key)
        if public is not None:
            public.verify(signature, signed, *how())  # type: ignore[union-attr,arg-type]
    except InvalidSignature:
        return False
    except (UnsupportedAlgorithm, ValueError, TypeError):
        return None
    except BaseException as problem:
        # PanicException of pyo3 is no Exception: the library met what it did not expect.
        if type(problem).__name__ != "PanicException":
            raise
        return None
    return None if public is None else True


@lru_cache(512)
def _load(key: bytes) -> "PublicKeyTypes | None":
    """Load a public key; None when it is none that Windows would take."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        public = load_der_public_key(key)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if isinstance(public, RSAPublicKey):
        return public if public.key_size in KEY_SIZES else None
    return public if isinstance(public, EllipticCurvePublicKey) else None


def _hash(name: str) -> "HashAlgorithm":
    """Return `cryptography`'s object for a digest algorithm."""
    from cryptography.hazmat.primitives import hashes

    found: HashAlgorithm = getattr(hashes, name.upper())()
    return found


@lru_cache(512)
def _rsa_numbers(key: bytes) -> tuple[int, int]:
    """Return modulus and exponent of a SubjectPublicKeyInfo."""
    fields = Fields(root(key).expect(SEQUENCE, "a public key"))
    if read_algorithm(fields.take(SEQUENCE, "an algorithm")).oid != _RSA:
        raise ValueError("no RSA key")
    numbers = Fields(root(bits(fields.any("a key"))).expect(SEQUENCE, "an RSA key"))
    return integer(numbers.take(INTEGER, "a modulus")), integer(numbers.take(INTEGER, "an exponent"))


def _pss_digest(algorithm: Algorithm) -> str:
    """Return the digest of RSASSA-PSS-params; empty when its mask has another."""
    try:
        fields = Fields(root(algorithm.parameters).expect(SEQUENCE, "parameters"))
        digest, mask = fields.maybe(0xA0), fields.maybe(0xA1)
        if digest is None or mask is None:
            return "sha1"
        name = read_algorithm(digest.only(SEQUENCE, "a digest"))
        inner = read_algorithm(root(read_algorithm(mask.only(SEQUENCE, "a mask")).parameters))
    except ParseError:
        return ""
    return digest_name(name) if name.oid == inner.oid else ""
