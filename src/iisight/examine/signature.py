"""Embedded signatures of images: which there are, whether they fit the file, and what they are worth."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from iisight.examine.chain import IMAGES
from iisight.examine.judgement import chain_of, judge_message, unreadable
from iisight.examine.keys import WEAK, digest_name
from iisight.examine.trust import Trust
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.model.signature import Signature, SignatureState
from iisight.parsers.authenticode.cms import NESTED, SignedData, parse_signed_data
from iisight.parsers.authenticode.content import INDIRECT_DATA, PE_IMAGE, IndirectData, read_indirect_data
from iisight.parsers.authenticode.x509 import X509
from iisight.parsers.pe import authentihash
from iisight.parsers.pe.authentihash import PKCS_SIGNED_DATA, Layout

MAX_SIGNATURES = 8  # of one file, nested ones counted
MAX_NESTING = 4

_ALIGNMENT = 8  # entries of the certificate table are filled up to a multiple of it


@dataclass(slots=True)
class _Image:
    """An image whose digests are made when they are asked for, each once."""

    data: bytes
    layout: Layout
    trust: Trust
    at: datetime | None
    judged: int = 0
    digests: dict[str, bytes | None] = field(default_factory=dict)

    def digest(self, algorithm: str) -> bytes | None:
        """Return the digest; None when this Python cannot make it (MD2)."""
        if algorithm not in self.digests:
            try:
                self.digests[algorithm] = authentihash.digest(self.data, self.layout, algorithm)
            except ValueError:
                self.digests[algorithm] = None
        return self.digests[algorithm]


def judge_image(data: bytes, trust: Trust, at: datetime | None) -> tuple[Signature | None, tuple[str, ...]]:
    """Judge the signatures in a file, and say what is odd about where they lie; None: there are none.

    `at` is when the evidence was taken. Signatures with a timestamp are judged at the time of that. Those without
    are judged at `at`, and without it at any time at which all their certificates were valid.
    """
    try:
        layout = authentihash.read_layout(data, Locator(""))
    except ParseError as problem:
        return None, (f"signatures: {problem.message}",)
    if not layout.is_signed:
        return None, ()
    if layout.problem:
        return Signature(SignatureState.BROKEN, layout.problem), ()
    notes: list[str] = []
    if layout.table[1] != len(data):
        notes.append(f"{len(data) - layout.table[1]} bytes follow the certificate table")
    image = _Image(data, layout, trust, at)
    found = [s for content in _contents(image, notes) for s in _judge_blob(content, image, 0)]
    if not found:
        return Signature(SignatureState.BROKEN, "the certificate table holds no signature"), tuple(notes)
    return replace(found[0], others=tuple(found[1:])), tuple(notes)


def image_digests(data: bytes, *algorithms: str) -> dict[str, bytes]:
    """Return digests of an image as catalogues list them; raises ParseError when it is no PE."""
    layout = authentihash.read_layout(data, Locator(""))
    return {name: authentihash.digest(data, layout, name) for name in algorithms}


def signing_chain(data: bytes, trust: Trust, at: datetime | None, signer: str) -> tuple[X509, ...]:
    """Return the chain of an embedded signature by its signer's SHA-256 thumbprint, the signer's certificate first.

    Nothing when there is no such signature, or when its chain cannot be relied on. `at` is as in `judge_image`.
    """
    try:
        image = _Image(data, authentihash.read_layout(data, Locator("")), trust, at)
        for content in _contents(image, []):
            for signed in _messages(content, 0):
                chain = chain_of(signed, IMAGES, trust, at)
                if chain is not None and not chain.problem and chain.certificates[0].facts.sha256 == signer:
                    return chain.certificates
    except ParseError:
        return ()
    return ()


def _messages(content: bytes, depth: int) -> Iterator[SignedData]:
    """Yield a message and those nested in it; raises ParseError."""
    signed = parse_signed_data(content, Locator(""))
    yield signed
    nested = signed.signers[0].unsigned.get(NESTED, ()) if signed.signers and depth < MAX_NESTING else ()
    for value in nested[:MAX_SIGNATURES]:
        yield from _messages(value.raw, depth + 1)


def _contents(image: _Image, notes: list[str]) -> Iterator[bytes]:
    """Yield what claims to be a signature in the certificate table."""
    for entry in authentihash.read_entries(image.data, image.layout, notes):
        if entry.kind == PKCS_SIGNED_DATA:
            yield entry.content
        else:
            notes.append(f"an entry of the certificate table is of kind {entry.kind}, which is no signature")


def _judge_blob(content: bytes, image: _Image, depth: int) -> Iterator[Signature]:
    """Yield the signature that PKCS#7 bytes hold, and after it those nested in it."""
    if image.judged >= MAX_SIGNATURES:
        return
    image.judged += 1
    try:
        signed = parse_signed_data(content, Locator(""))
        yield _judge_signed(signed, content, image)
    except ParseError as problem:
        yield unreadable(problem)
        return
    nested = signed.signers[0].unsigned.get(NESTED, ()) if signed.signers and depth < MAX_NESTING else ()
    for value in nested:
        yield from _judge_blob(value.raw, image, depth + 1)


def _judge_signed(signed: SignedData, content: bytes, image: _Image) -> Signature:
    """Judge one signature; raises ParseError."""
    if signed.content_type != INDIRECT_DATA:
        return Signature(SignatureState.BROKEN, f"what it signs is no digest of a file, but {signed.content_type}")
    claim = read_indirect_data(signed.content)
    algorithm = digest_name(claim.algorithm)
    notes = (*_padding(signed, content), *_page_notes(claim, image))
    if not algorithm:
        reason = f"the file's digest is made with {claim.algorithm.oid}, which is not known here"
        return Signature(SignatureState.UNKNOWN, reason, notes=notes)
    judged = judge_message(signed, IMAGES, image.trust, image.at)
    flaw = _flaw(claim, algorithm, image)
    if flaw:
        # A digest that differs outweighs all else; a weak one only takes trust away.
        state, reason = flaw
        if state is SignatureState.BROKEN or judged.is_trusted:
            judged = replace(judged, state=state, reason=reason, is_microsoft=False)
    if algorithm == "sha1":
        notes = (*notes, "the file's digest is SHA-1")
    return replace(judged, digest=algorithm, notes=(*judged.notes, *notes))


def _flaw(claim: IndirectData, algorithm: str, image: _Image) -> tuple[SignatureState, str] | None:
    """Return what is wrong with the digest that was signed."""
    if claim.kind != PE_IMAGE:
        return SignatureState.BROKEN, f"it was made for another kind of file ({claim.kind})"
    found = image.digest(algorithm)
    if found is not None and found != claim.digest:
        return SignatureState.BROKEN, "the file is not what was signed: its digest differs"
    if algorithm in WEAK or found is None:
        return SignatureState.UNTRUSTED, f"the file's digest is made with {algorithm.upper()}, which can be forged"
    return None


def _padding(signed: SignedData, content: bytes) -> tuple[str, ...]:
    """Return the note of bytes that hide behind a signature (what EnableCertPaddingCheck of Windows looks for)."""
    rest = content[signed.end :]
    if len(rest) < _ALIGNMENT and not rest.strip(b"\0"):
        return ()
    return (f"{len(rest)} bytes follow the signature in the certificate table, and nobody signed them",)


def _page_notes(claim: IndirectData, image: _Image) -> tuple[str, ...]:
    """Return the note of page hashes."""
    if claim.pages is None:
        return ()
    fits = authentihash.pages_fit(image.data, image.layout, claim.pages.algorithm, claim.pages.table)
    return (f"page hashes ({claim.pages.algorithm}) {'fit' if fits else 'do not fit'} the file",)
