"""Timestamps of a signature: somebody who is trusted with time saw it then (RFC 3161, and PKCS#9 before that)."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

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

_DATA = "1.2.840.113549.1.7.1"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the timestamps of a signature are worth."""

    time: datetime | None
    problem: str = ""


def find_stamp(signer: Signer, pool: tuple[X509, ...], trust: Trust) -> Stamp | None:
    """Return the first timestamp that can be relied on, else the problem with the first; None without any."""
    tokens = ((_judge_token, value) for value in signer.unsigned.get(TIMESTAMP, ()))
    legacy = ((_judge_countersignature, value) for value in signer.unsigned.get(COUNTERSIGNATURE, ()))
    first = None
    for judge, value in islice((*tokens, *legacy), MAX_STAMPS):
        try:
            stamp = judge(value, signer.signature, pool, trust)
        except ParseError as problem:
            stamp = Stamp(None, f"it cannot be read: {problem.message}")
        if stamp.time is not None:
            return stamp
        first = first or stamp
    return first


def _judge_token(value: Element, signature: bytes, pool: tuple[X509, ...], trust: Trust) -> Stamp:
    """Judge a timestamp of RFC 3161: a signed message of its own that names the digest of the signature."""
    token = parse_signed_data(value.raw, Locator(""))
    if token.content_type != TIMESTAMP_INFO or len(token.signers) != 1:
        return Stamp(None, "it is no timestamp")
    imprint = read_imprint(token.content)
    algorithm = digest_name(imprint.algorithm)
    if not algorithm or hash_of(algorithm, signature) != imprint.digest:
        return Stamp(None, "it is that of another signature")
    signer, known = token.signers[0], (*readable(token.certificates), *pool)
    return _judge_signer(signer, token.content.value, frozenset({TIMESTAMP_INFO}), (known, trust), imprint.time)


def _judge_countersignature(value: Element, signature: bytes, pool: tuple[X509, ...], trust: Trust) -> Stamp:
    """Judge a countersignature of PKCS#9: a signer whose content is the signature, and who says when."""
    signer = read_signer(root(value.raw))
    moment = one((signer.signed or {}).get(SIGNING_TIME, ()))
    if moment is None:
        return Stamp(None, "it does not say when")
    return _judge_signer(signer, signature, frozenset({_DATA}), (pool, trust), time(moment))


def _judge_signer(
    signer: Signer, content: bytes, kinds: frozenset[str], known: tuple[tuple[X509, ...], Trust], moment: datetime
) -> Stamp:
    """Judge who made a timestamp, at the time it states. Revoked authorities are believed nothing: they could lie."""
    pool, trust = known
    certificate = find_signer(signer, pool)
    if certificate is None:
        return Stamp(None, "the certificate of its signer is missing")
    flaw = check_signer(signer, certificate, content, kinds)
    if flaw is not None:
        return Stamp(None, flaw.reason)
    chain = find_chain(certificate, pool, trust, TIMESTAMPING, moment, stamped=False)
    return Stamp(None, chain.problem) if chain.problem else Stamp(moment)
