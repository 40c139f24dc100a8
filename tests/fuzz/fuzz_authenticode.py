"""Fuzz target of embedded signatures: certificate table, PKCS#7, certificates, timestamps, and their judgement."""

from datetime import UTC, datetime
from functools import cache

from iisight.examine.signature import judge_image
from iisight.examine.trust import Trust, load_trust
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.authenticode import parse_signed_data, read_certificate, read_indirect_data
from iisight.parsers.pe import authentihash, is_pe
from iisight.workbench.pe import PeSpec, build
from iisight.workbench.signing import How, sign, test_roots

AT = datetime(2024, 9, 1, tzinfo=UTC)
_HOW = (
    How(),
    How(stamp=""),
    How(digest="sha1", stamp="legacy", pages="sha1", nested=How(pages="sha256")),
    How(stamp="legacy", attributes=False),
)


def fuzz_one(data: bytes) -> None:
    """Judge an image, or read PKCS#7; only ParseError may come of the parsers, and of the judge nothing."""
    if is_pe(data):
        judge_image(data, trust(), AT)
        return
    try:
        signed = parse_signed_data(data, Locator("fuzz"))
        read_indirect_data(signed.content)
        for certificate in signed.certificates:
            read_certificate(certificate)
    except ParseError:
        return


def takes(data: bytes) -> bool:
    """Tell whether a real file is an image."""
    return is_pe(data)


def seeds() -> list[bytes]:
    """Return small images signed in several ways, and what they are signed with."""
    image = build(PeSpec(exports=("RegisterModule",)))
    signed = [sign(image, "Contoso", trusted=how is not _HOW[1], how=how) for how in _HOW]
    return [*signed, *map(_message, signed)]


@cache
def trust() -> Trust:
    """Return the trust in Windows' roots and those of the workbench."""
    return load_trust(test_roots())


def _message(signed: bytes) -> bytes:
    """Return the PKCS#7 of a signed image."""
    layout = authentihash.read_layout(signed, Locator("fuzz"))
    return next(iter(authentihash.read_entries(signed, layout, []))).content
