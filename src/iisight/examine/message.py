"""A signed message checked: that its signer signed its content. Whom the signer is trusted by is asked elsewhere."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from iisight.examine.keys import WEAK, Check, check_signature, digest_name
from iisight.model.errors import ParseError
from iisight.model.signature import SignatureState
from iisight.parsers.authenticode.cms import CONTENT_TYPE, MESSAGE_DIGEST, Signer
from iisight.parsers.authenticode.der import OCTET_STRING, Element, oid
from iisight.parsers.authenticode.x509 import X509, read_certificate


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a signature is not one."""

    state: SignatureState
    reason: str


def readable(certificates: Iterable[bytes]) -> tuple[X509, ...]:
    """Return the certificates that can be read: a broken one beside those that are needed does no harm."""
    found = []
    for der in certificates:
        try:
            found.append(read_certificate(der))
        except ParseError:
            continue
    return tuple(found)


def find_signer(signer: Signer, pool: Iterable[X509]) -> X509 | None:
    """Return the certificate that a signer names as its own."""
    if signer.key_id:
        return next((c for c in pool if c.key_id == signer.key_id), None)
    return next((c for c in pool if c.serial == signer.serial and c.issuer == signer.issuer), None)


def check_signer(signer: Signer, certificate: X509, content: bytes, kind: str) -> Flaw | None:
    """Return what is wrong with a signature over content of a kind, empty for a countersignature; raises ParseError."""
    digest = digest_name(signer.digest)
    if not digest:
        return Flaw(SignatureState.UNKNOWN, f"its digest algorithm {signer.digest.oid} is not known here")
    if signer.signed is not None and not _fits_content(signer, digest, content, kind):
        return Flaw(SignatureState.BROKEN, "what the signer signed is not the digest that stands beside it")
    signed = content if signer.signed is None else signer.signed_bytes
    check = check_signature(certificate.key, signer.algorithm, signed, signer.signature, digest)
    if check is Check.DIFFERS:
        return Flaw(SignatureState.BROKEN, "its signature was not made with the key of the certificate it names")
    if check is Check.FITS:
        return None
    state = SignatureState.UNTRUSTED if check is Check.WEAK else SignatureState.UNKNOWN
    return Flaw(state, f"its signature {check.value}")


def hash_of(algorithm: str, content: bytes) -> bytes | None:
    """Return a digest; None when this Python cannot make it (MD2)."""
    try:
        return hashlib.new(algorithm, content, usedforsecurity=False).digest()
    except ValueError:
        return None


def one(values: tuple[Element, ...]) -> Element | None:
    """Return the only value of an attribute."""
    return values[0] if len(values) == 1 else None


def _fits_content(signer: Signer, digest: str, content: bytes, kind: str) -> bool:
    """Tell whether the signed attributes name this content and its kind, each once.

    Countersignatures have no kind (RFC 5652, 11.4). Some say that it is data, or a timestamp: Windows does not look.
    """
    attributes = signer.signed or {}
    named, claim = one(attributes.get(CONTENT_TYPE, ())), one(attributes.get(MESSAGE_DIGEST, ()))
    if claim is None or (kind and (named is None or oid(named) != kind)):
        return False
    found = hash_of(digest, content)
    if found is None:
        return digest in WEAK
    return claim.expect(OCTET_STRING, "a digest").value == found
