"""A signed message judged: does it hold, when was it made, who vouches for its signer."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from iisight.catalogue.tables import rows
from iisight.examine.chain import LIFETIME, Chain, Purpose, find_chain
from iisight.examine.keys import DIGESTS, SHA1_SIGNATURES
from iisight.examine.message import check_signer, find_signer, readable
from iisight.examine.timestamps import Stamp, find_stamp
from iisight.examine.trust import Trust
from iisight.model.errors import ParseError
from iisight.model.signature import Signature, SignatureState
from iisight.parsers.authenticode.cms import COUNTERSIGNATURE, NESTED, TIMESTAMP, SignedData, Signer
from iisight.parsers.authenticode.der import IndefiniteLengthError
from iisight.parsers.authenticode.x509 import X509

_MICROSOFT = "Microsoft Corporation"
_UNSIGNED = frozenset({COUNTERSIGNATURE, NESTED, TIMESTAMP})


def judge_message(signed: SignedData, purpose: Purpose, trust: Trust, at: datetime | None) -> Signature:
    """Judge a message by its first signer. That its content fits a file is for the caller to find out before."""
    try:
        return _judge(signed, purpose, trust, at)
    except ParseError as problem:
        return unreadable(problem)


def chain_of(signed: SignedData, purpose: Purpose, trust: Trust, at: datetime | None) -> Chain | None:
    """Return where the certificate of a message's first signer leads; None without one. Raises ParseError."""
    if not signed.signers:
        return None
    signer, pool = signed.signers[0], readable(signed.certificates)
    certificate = find_signer(signer, pool)
    if certificate is None:
        return None
    stamp = find_stamp(signer, pool, trust)
    moment, _ = _moment(certificate, stamp, at)
    return find_chain(certificate, pool, trust, purpose, moment, stamped=stamp is not None and stamp.time is not None)


def unreadable(problem: ParseError) -> Signature:
    """Return the signature that is there and cannot be read."""
    state = SignatureState.UNKNOWN if isinstance(problem, IndefiniteLengthError) else SignatureState.BROKEN
    return Signature(state, f"a signature is there that cannot be read: {problem.message}")


def _judge(signed: SignedData, purpose: Purpose, trust: Trust, at: datetime | None) -> Signature:
    """Judge a message; raises ParseError."""
    if not signed.signers:
        return Signature(SignatureState.BROKEN, "a signature is there that nobody signed")
    signer, pool = signed.signers[0], readable(signed.certificates)
    notes = (*signed.notes, *_oddities(signed, signer))
    certificate = find_signer(signer, pool)
    if certificate is None:
        return Signature(SignatureState.BROKEN, "the certificate of its signer is missing", notes=notes)
    flaw = check_signer(signer, certificate, signed.content.value, signed.content_type)
    if flaw is not None:
        return Signature(flaw.state, flaw.reason, signer=certificate.facts, notes=notes)
    stamp = find_stamp(signer, pool, trust)
    moment, time_notes = _moment(certificate, stamp, at)
    stamped = stamp is not None and stamp.time is not None
    chain = find_chain(certificate, pool, trust, purpose, moment, stamped=stamped)
    judged = _conclude(chain, stamp, trust)
    return replace(judged, notes=(*notes, *time_notes, *judged.notes))


def _moment(signer: X509, stamp: Stamp | None, at: datetime | None) -> tuple[datetime | None, tuple[str, ...]]:
    """Return the time at which certificates must be valid; None: any at which all are."""
    if stamp is None or stamp.time is None:
        return at, () if stamp else ("no timestamp: when it was signed cannot be told",)
    if LIFETIME not in (signer.usages or ()):
        return stamp.time, ()
    return at or stamp.time, (f"it expires with its certificate, on {signer.not_after:%Y-%m-%d}, timestamp or not",)


def _conclude(chain: Chain, stamp: Stamp | None, trust: Trust) -> Signature:
    """Return the signature, which fits what it signs, by chain and timestamp."""
    signer, root = chain.certificates[0].facts, chain.certificates[-1].facts
    signed_at = stamp.time if stamp else None
    problem = chain.problem
    if stamp and stamp.time is None:
        problem = problem or f"its timestamp cannot be relied on: {stamp.problem}"
    if problem:
        return Signature(SignatureState.UNTRUSTED, problem, signer=signer, root=root, signed_at=signed_at)
    others = _signs_for_others(chain)
    is_microsoft = root.sha256 in trust.microsoft and signer.organization == _MICROSOFT
    return Signature(
        state=SignatureState.TRUSTED,
        reason=f"its chain ends at the trusted root {root.common_name or root.subject}",
        is_microsoft=is_microsoft and not others,
        signer=signer,
        root=root,
        signed_at=signed_at,
        notes=(*chain.notes, *_remarks(chain, others, is_microsoft=is_microsoft)),
    )


def _remarks(chain: Chain, others: str, *, is_microsoft: bool) -> Iterator[str]:
    """Yield what a reader should know of a chain that can be relied on."""
    if any(c.algorithm.oid in SHA1_SIGNATURES for c in chain.certificates[:-1]):
        yield "certificates of its chain are signed with SHA-1"
    if is_microsoft and others:
        yield f"Microsoft signed what others wrote: {others}"
    elif chain.certificates[0].facts.organization == _MICROSOFT and not is_microsoft:
        yield "the signer is called Microsoft Corporation, and its root is not one of Microsoft's for its own code"


def _signs_for_others(chain: Chain) -> str:
    """Return what a signer of Microsoft's signs that Microsoft did not write; empty: nothing such."""
    name = chain.certificates[0].facts.common_name.lower()
    known = next((row["what"] for row in rows("signers_for_others") if row["name"].lower() == name), None)
    if known is not None:
        return known
    issuers = (c.facts.common_name.lower() for c in chain.certificates[1:])
    return "third-party components" if any("third party" in issuer for issuer in issuers) else ""


def _oddities(signed: SignedData, signer: Signer) -> tuple[str, ...]:
    """Return what is unusual and breaks nothing."""
    notes = []
    if len(signed.signers) > 1:
        notes.append(f"it has {len(signed.signers)} signers; the first is judged, as Windows does")
    if signer.signed is None:
        notes.append("it has no signed attributes")
    if DIGESTS.get(signer.digest.oid) == "sha1":
        notes.append("its signature is made with SHA-1")
    for name in sorted(set(signer.unsigned) - _UNSIGNED):
        size = sum(value.end - value.start for value in signer.unsigned[name])
        notes.append(f"attribute {name}, of {size} bytes, is in it and not signed")
    return tuple(notes)
