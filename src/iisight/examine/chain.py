"""Chains of certificates, from a signer to a pinned root (RFC 5280, 6, as Windows applies it to code)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from iisight.examine.keys import Check, check_certificate
from iisight.examine.trust import CODE, TIMESTAMPS, Root, Trust
from iisight.parsers.authenticode.x509 import X509, read_certificate

MAX_LENGTH = 8  # certificates of a chain
MAX_STEPS = 64  # signatures of certificates checked for one signer: hostile ones all issue each other

LIFETIME = "1.3.6.1.4.1.311.10.3.13"  # szOID_KP_LIFETIME_SIGNING: a timestamp does not prolong it
ANY_USAGE = "2.5.29.37.0"

_DIGITAL_SIGNATURE, _NON_REPUDIATION, _SIGNS_CERTIFICATES = 0x80, 0x40, 0x04
_KNOWN_CRITICAL = frozenset(
    {
        "2.5.29.15",  # keyUsage
        "2.5.29.17",  # subjectAltName
        "2.5.29.18",  # issuerAltName
        "2.5.29.19",  # basicConstraints
        "2.5.29.32",  # certificatePolicies: no policy is asked for
        "2.5.29.36",  # policyConstraints
        "2.5.29.37",  # extKeyUsage
    }
)


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a signer's certificate must be for."""

    name: str
    usages: frozenset[str]  # one of them must be in the signer's certificate
    authority_usages: frozenset[str]  # one of them in an authority's, if that is restricted
    root_usage: str


IMAGES = Purpose("code", frozenset({CODE}), frozenset({CODE}), CODE)
_CATALOGUE_USAGES = frozenset(
    {
        CODE,
        "1.3.6.1.4.1.311.10.3.6",  # szOID_NT5_CRYPTO: a component of Windows
        "1.3.6.1.4.1.311.10.3.5",  # szOID_WHQL_CRYPTO: a driver that was tested
    }
)
CATALOGUES = Purpose("catalogues", _CATALOGUE_USAGES, _CATALOGUE_USAGES, CODE)
TIMESTAMPING = Purpose("timestamps", frozenset({TIMESTAMPS}), frozenset({TIMESTAMPS}), TIMESTAMPS)


@dataclass(frozen=True, slots=True)
class Chain:
    """Where a signer's certificate leads; `problem` is empty when that can be relied on."""

    certificates: tuple[X509, ...]  # the signer's first
    problem: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Query:
    pool: Sequence[X509]
    trust: Trust
    purpose: Purpose
    moment: datetime | None  # None: any time at which all certificates are valid
    stamped: bool  # `moment` was vouched for


def find_chain(
    signer: X509, pool: Sequence[X509], trust: Trust, purpose: Purpose, moment: datetime | None, *, stamped: bool
) -> Chain:
    """Return the first chain that can be relied on, or else the one that came closest."""
    query = _Query(pool, trust, purpose, moment, stamped)
    best: tuple[int, Chain] | None = None
    for path, ending in _paths(signer, query):
        chain = _judge(path, ending, query)
        if not chain.problem:
            return chain
        rank = (MAX_LENGTH if trust.pinned(path[-1]) else 0) + len(path)
        if best is None or rank > best[0]:
            best = rank, chain
    return best[1] if best else Chain((signer,), "its chain of certificates is too long")


def _paths(signer: X509, query: _Query) -> Iterator[tuple[tuple[X509, ...], str]]:
    """Yield chains, depth first: certificates and why the last has no issuer; empty when it is pinned."""
    steps = MAX_STEPS
    waiting: list[tuple[X509, ...]] = [(signer,)]
    while waiting:
        path = waiting.pop()
        last = path[-1]
        if query.trust.pinned(last):
            yield path, ""
            continue
        found, problem = [], ""
        for issuer in _issuers(path, query):
            steps -= 1
            check = check_certificate(last, issuer) if steps > 0 else Check.STRANGE
            if check is Check.FITS:
                found.append((*path, issuer))
            elif not problem or check is not Check.DIFFERS:
                problem = _why(last, check)
        if len(path) < MAX_LENGTH and found:
            waiting.extend(reversed(found))
        else:
            yield path, problem or _dead_end(last)
        if steps <= 0:
            return


def _issuers(path: tuple[X509, ...], query: _Query) -> Iterator[X509]:
    """Yield what may have issued the last certificate of a path: pinned roots first."""
    last = path[-1]
    for root in query.trust.roots.get(last.issuer, ()):
        yield read_certificate(root.der)
    for other in query.pool:
        if other.subject == last.issuer and other not in path and not query.trust.pinned(other):
            named = last.issuer_key_id and other.key_id
            if not named or last.issuer_key_id == other.key_id:
                yield other


def _why(certificate: X509, check: Check) -> str:
    """Return why a certificate's signature does not count."""
    if check is Check.DIFFERS:
        return f"the certificate of {_title(certificate)} was not signed by the issuer it names"
    return f"the signature of the certificate of {_title(certificate)} {check.value}"


def _dead_end(last: X509) -> str:
    """Return why a chain goes no further."""
    if last.subject == last.issuer:
        return f"its chain ends at {_title(last)}, which vouches for itself and is no trusted root"
    return f"the certificate that issued {_title(last)} is neither in the signature nor a trusted root"


def _title(certificate: X509) -> str:
    """Return how a certificate is called in a clause."""
    facts = certificate.facts
    return f'"{facts.common_name or facts.subject}"'


def _judge(path: tuple[X509, ...], ending: str, query: _Query) -> Chain:
    """Judge a chain by everything but the signatures in it."""
    if ending:
        return Chain(path, ending)
    moment = query.moment or max(certificate.not_before for certificate in path)
    notes: list[str] = []
    for check in _CHECKS:
        problem = check(path, query, moment, notes)
        if problem:
            return Chain(path, problem)
    return Chain(path, "", tuple(notes))


def _check_usage(path: tuple[X509, ...], query: _Query, _: datetime, __: list[str]) -> str:
    """Return why the signer's certificate is not for this."""
    signer, purpose = path[0], query.purpose
    if not (signer.usages or frozenset()) & purpose.usages and not _is_unmarked_stamper(path, query):
        return f"the certificate of {_title(signer)} is not for {purpose.name}"
    if signer.key_usage is not None and not signer.key_usage & (_DIGITAL_SIGNATURE | _NON_REPUDIATION):
        return f"the key of {_title(signer)} is not for signatures"
    allowed = purpose.authority_usages | {ANY_USAGE}
    for authority in path[1:]:
        if authority.usages is not None and not authority.usages & allowed:
            return f"{_title(authority)} may not issue certificates for {purpose.name}"
    return ""


def _is_unmarked_stamper(path: tuple[X509, ...], query: _Query) -> bool:
    """Tell whether a certificate for timestamps of Microsoft's lacks the mark, as those of the summer of 2012 do.

    Windows passes over it (security advisory 2749655); the authority that issued it may do nothing else.
    """
    if query.purpose is not TIMESTAMPING or path[0].usages is not None or len(path) < 3:
        return False
    root = query.trust.pinned(path[-1])
    return root is not None and root.sha256 in query.trust.microsoft and path[1].usages == TIMESTAMPING.usages


def _check_authorities(path: tuple[X509, ...], query: _Query, _: datetime, __: list[str]) -> str:
    """Return which certificate issued another and was not allowed to.

    A pinned root need not say that it may: "Microsoft Root Authority", of 1997, and roots of version 1 do not.
    """
    below = 0
    for index, authority in enumerate(path[1:], 1):
        is_old_root = index == len(path) - 1 and authority.is_authority is None
        if not authority.is_authority and not is_old_root:
            return f"{_title(authority)} is no certificate authority"
        if authority.key_usage is not None and not authority.key_usage & _SIGNS_CERTIFICATES:
            return f"the key of {_title(authority)} is not for certificates"
        if authority.path_length is not None and below > authority.path_length:
            return f"more authorities stand below {_title(authority)} than it allows"
        below += authority.subject != authority.issuer
    strange = next((c for c in path if c.critical - _KNOWN_CRITICAL), None)
    return "" if strange is None else f"the certificate of {_title(strange)} has a critical extension not known here"


def _check_validity(path: tuple[X509, ...], query: _Query, moment: datetime, notes: list[str]) -> str:
    """Return which certificate was not valid at the moment."""
    late = next((c for c in path if moment > c.not_after), None)
    early = next((c for c in path if moment < c.not_before), None)
    if query.moment is None and late is not None:
        return "its certificates were never valid at one time"
    if late is not None:
        return f"the certificate of {_title(late)} had expired on {late.not_after:%Y-%m-%d}"
    if early is not None:
        return f"the certificate of {_title(early)} was not valid before {early.not_before:%Y-%m-%d}"
    return ""


def _check_revocation(path: tuple[X509, ...], query: _Query, moment: datetime, notes: list[str]) -> str:
    """Return which certificate is revoked. What was stamped before that stays signed, as Windows has it."""
    for certificate in path:
        since = query.trust.revoked_since(certificate)
        if since is None:
            continue
        if not query.stamped or moment >= since:
            return f"the certificate of {_title(certificate)} is revoked"
        notes.append(f"the certificate of {_title(certificate)} was revoked later, on {since:%Y-%m-%d}")
    return ""


def _check_root(path: tuple[X509, ...], query: _Query, moment: datetime, notes: list[str]) -> str:
    """Return why Microsoft's root programme does not let this root vouch for this.

    Source: "Deprecation definitions" of the programme (learn.microsoft.com/security/trusted-root/deprecation). That
    Windows goes on to take new certificates below Microsoft's root of 2001, closed in 2017, is seen on its own files.
    """
    root = query.trust.pinned(path[-1]) or Root(path[-1].der)
    usage, title = query.purpose.root_usage, _title(path[-1])
    if root.usages is not None and usage not in root.usages:
        return f"the root {title} is not trusted for {query.purpose.name}"
    is_disallowed = root.disallowed_usages is None or usage in root.disallowed_usages
    if root.disallowed is not None and is_disallowed and (query.moment is None or moment >= root.disallowed):
        return f"the root {title} is trusted for what was signed before {root.disallowed:%Y-%m-%d} alone"
    is_closed = root.closed_usages is None or usage in root.closed_usages
    if root.closed is None or not is_closed or path[0].not_before < root.closed:
        return ""
    problem = f"the root {title} is trusted for certificates from before {root.closed:%Y-%m-%d} alone"
    if root.sha256 not in query.trust.microsoft:
        return problem
    notes.append(f"{problem}; Windows does not hold its maker's own roots to that")
    return ""


_CHECKS: tuple[Callable[[tuple[X509, ...], _Query, datetime, list[str]], str], ...] = (
    _check_usage,
    _check_authorities,
    _check_validity,
    _check_revocation,
    _check_root,
)
