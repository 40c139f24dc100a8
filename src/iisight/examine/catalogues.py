"""Catalogues: signed lists of files. Windows' own components carry no signature; a catalogue lists their digests."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from iisight.examine.chain import CATALOGUES
from iisight.examine.judgement import judge_message, unreadable
from iisight.examine.keys import digest_name
from iisight.examine.trust import Trust
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.model.signature import Signature, SignatureState
from iisight.parsers.authenticode.cms import SignedData, parse_signed_data
from iisight.parsers.authenticode.ctl import TRUST_LIST, is_catalogue, read_member

ALGORITHMS = ("sha256", "sha1")  # that catalogues list files by, the better first

MAX_PLACES = 64  # where a digest lies in a catalogue; listed ones lie there twice

_NO_CATALOGUE = "it is no catalogue of files"
_DIGEST = re.compile(b"\x04[\x14\x20]")  # the head of an OCTET STRING of 20 or 32 bytes
_SIZES = {"sha1": 20, "sha256": 32}


def digests(data: bytes) -> frozenset[bytes]:
    """Return whatever in a catalogue has the form of a digest: all that it lists is among it."""
    return frozenset(data[m.end() : m.end() + data[m.end() - 1]] for m in _DIGEST.finditer(data))


def lists(data: bytes, digest: bytes, algorithm: str) -> bool:
    """Tell whether a catalogue, signed by whomever, lists a file by its digest."""
    try:
        signed = _read(data)
        return signed is not None and _lists(signed, digest, algorithm)
    except ParseError:
        return False


def problem_of(data: bytes) -> str:
    """Return why this is no catalogue that can be read; empty: it is one."""
    try:
        return "" if _read(data) is not None else _NO_CATALOGUE
    except ParseError as problem:
        return problem.message


@lru_cache(16)
def judge_catalogue(data: bytes, trust: Trust, at: datetime | None) -> Signature:
    """Judge the signature of a catalogue itself."""
    try:
        signed = _read(data)
    except ParseError as problem:
        return unreadable(problem)
    if signed is None:
        return Signature(SignatureState.BROKEN, _NO_CATALOGUE)
    judged = judge_message(signed, CATALOGUES, trust, at)
    rest = len(data) - signed.end
    notes = (f"{rest} bytes follow the signature, and nobody signed them",) if data[signed.end :].strip(b"\0") else ()
    return replace(judged, notes=(*judged.notes, *notes))


def judge_by_catalogue(
    image_digests: Mapping[str, bytes], path: str, data: bytes, trust: Trust, at: datetime | None
) -> Signature:
    """Judge a file, by its digests, by a catalogue; the state is NONE when that does not list it."""
    algorithm = next((a for a in ALGORITHMS if a in image_digests and lists(data, image_digests[a], a)), "")
    if not algorithm:
        return Signature(SignatureState.NONE, "the catalogue does not list the file")
    judged = replace(judge_catalogue(data, trust, at), digest=algorithm, catalogue=path)
    if algorithm == "sha1":
        judged = replace(judged, notes=(*judged.notes, "the file's digest is SHA-1"))
    if judged.state is SignatureState.TRUSTED:
        return replace(judged, state=SignatureState.CATALOGUE, reason=f"a catalogue lists it, and {judged.reason}")
    return replace(judged, reason=f"of the catalogue that lists it: {judged.reason}")


@lru_cache(8)
def _read(data: bytes) -> SignedData | None:
    """Read a catalogue; None for other signed data. Raises ParseError."""
    signed = parse_signed_data(data, Locator(""))
    return signed if signed.content_type == TRUST_LIST and is_catalogue(signed.content) else None


def _lists(signed: SignedData, digest: bytes, algorithm: str) -> bool:
    """Tell whether a member has the digest: stated, or as its tag when no other is stated; raises ParseError."""
    if _SIZES.get(algorithm) != len(digest):
        return False
    content = signed.content
    place = content.data.find(digest, content.inside, content.end)
    for _ in range(MAX_PLACES):
        if place < 0:
            return False
        member = read_member(content, place)
        if member is not None:
            tag, stated = member
            if digest == (tag if stated is None else stated.digest) and algorithm == (
                algorithm if stated is None else digest_name(stated.algorithm)
            ):
                return True
        place = content.data.find(digest, place + 1, content.end)
    return False
