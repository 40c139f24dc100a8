"""Timestamps of a signature: somebody who is trusted with time saw it then (RFC 3161, and PKCS#9 before that)."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from iisight.examine.chain import TIMESTAMPING, find_chain
from iisight.examine.keys import digest_name
from iisight.examine.message import check_signer, find_signer, hash_of, one, readable
from iisight.examine.trust import Trust
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.authenticode.cms import (
    COUNTERSIGNATURE,
    SIGNING_TIME,
    TIMESTAMP,
    Signer,
    parse_signed_data,
    read_signer,
)
from iisight.parsers.authenticode.content import TIMESTAMP_INFO, read_imprint
from iisight.parsers.authenticode.der import Element, root, time
from iisight.parsers.authenticode.x509 import X509

MAX_STAMPS = 4  # of one signature


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the timestamps of a signature are worth."""

    time: datetime | None
    problem: str = ""


class _Claim(NamedTuple):
    """A time, and who signed it over which content."""

    time: datetime
    signer: Signer
    content: bytes
    kind: str  # of the content; empty for a countersignature
    certificates: tuple[X509, ...] = ()  # beside those of the signature


def find_stamp(signer: Signer, pool: tuple[X509, ...], trust: Trust) -> Stamp | None:
    """Return the first timestamp that can be relied on, else the problem with the first; None without any."""
    tokens = ((_read_token, value) for value in signer.unsigned.get(TIMESTAMP, ()))
    legacy = ((_read_countersignature, value) for value in signer.unsigned.get(COUNTERSIGNATURE, ()))
    first = None
    for read, value in islice((*tokens, *legacy), MAX_STAMPS):
        try:
            claim = read(value, signer.signature)
            stamp = Stamp(None, claim) if isinstance(claim, str) else _judge(claim, pool, trust)
        except ParseError as problem:
            stamp = Stamp(None, f"it cannot be read: {problem.message}")
        if stamp.time is not None:
            return stamp
        first = first or stamp
    return first


def _read_token(value: Element, signature: bytes) -> _Claim | str:
    """Read a timestamp of RFC 3161, a signed message that names the digest of the signature; or say what is wrong."""
    token = parse_signed_data(value.raw, Locator(""))
    if token.content_type != TIMESTAMP_INFO or len(token.signers) != 1:
        return "it is no timestamp"
    imprint = read_imprint(token.content)
    algorithm = digest_name(imprint.algorithm)
    if not algorithm or hash_of(algorithm, signature) != imprint.digest:
        return "it is that of another signature"
    certificates = readable(token.certificates)
    return _Claim(imprint.time, token.signers[0], token.content.value, TIMESTAMP_INFO, certificates)


def _read_countersignature(value: Element, signature: bytes) -> _Claim | str:
    """Read a countersignature of PKCS#9, a signer whose content is the signature; or say what is wrong."""
    signer = read_signer(root(value.raw))
    moment = one((signer.signed or {}).get(SIGNING_TIME, ()))
    return "it does not say when" if moment is None else _Claim(time(moment), signer, signature, "")


def _judge(claim: _Claim, pool: tuple[X509, ...], trust: Trust) -> Stamp:
    """Judge who made a timestamp, at the time it states. Revoked authorities are believed nothing: they could lie."""
    known = (*claim.certificates, *pool)
    certificate = find_signer(claim.signer, known)
    if certificate is None:
        return Stamp(None, "the certificate of its signer is missing")
    flaw = check_signer(claim.signer, certificate, claim.content, claim.kind)
    if flaw is not None:
        return Stamp(None, flaw.reason)
    chain = find_chain(certificate, known, trust, TIMESTAMPING, claim.time, stamped=False)
    return Stamp(None, chain.problem) if chain.problem else Stamp(claim.time)
