"""Fuzz target of signature catalogues; any coverage-guided runner can call `fuzz_one`."""

import hashlib

from iisight.examine.catalogues import digests, judge_by_catalogue, judge_catalogue
from iisight.examine.signature import image_digests
from iisight.parsers.pe import is_pe
from iisight.workbench.pe import PeSpec, build
from iisight.workbench.signing import How, catalogue
from tests.fuzz.fuzz_authenticode import AT, trust

_IMAGES = tuple(PeSpec(exports=(name,)) for name in ("RegisterModule", "GetFilterVersion"))


def fuzz_one(data: bytes) -> None:
    """Judge an image by the catalogue, and look up each of its own digests in it; nothing may come of it."""
    judge_catalogue(data, trust(), AT)
    judge_by_catalogue(image_digests(build(_IMAGES[0]), "sha1", "sha256"), "fuzz.cat", data, trust(), AT)
    for listed in sorted(digests(data))[:4]:
        name = "sha1" if len(listed) == hashlib.sha1().digest_size else "sha256"
        judge_by_catalogue({name: listed}, "fuzz.cat", data, trust(), AT)


def takes(data: bytes) -> bool:
    """Tell whether a real file may be a catalogue: DER, and no image."""
    return data[:1] == b"\x30" and not is_pe(data)


def seeds() -> list[bytes]:
    """Return catalogues of one image and of two."""
    images = [build(spec) for spec in _IMAGES]
    return [catalogue(images, "Contoso"), catalogue(images[:1], "Contoso", trusted=False, how=How(stamp=""))]
