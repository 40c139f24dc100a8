"""A page's executable files: built from a listing, signed and catalogued as it says."""

from collections.abc import Iterable, Mapping
from functools import cache

from iisight.workbench import pe, stock

CATALOGUE_FOLDER = "C:\\Windows\\System32\\CatRoot\\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}"
STOCK_CATALOGUE = f"{CATALOGUE_FOLDER}\\Inert-Stock.cat"
PAGE_CATALOGUE = f"{CATALOGUE_FOLDER}\\Inert-Page.cat"

_OTHERS = ("signed_by", "self_signed_by", "tampered", "catalogued", "modified")
"""Keys of a listing that say nothing of the image itself."""


def build_image(listing: Mapping[str, object]) -> bytes:
    """Return the file of a listing: the keys of PeSpec, and those by which it is signed. Raises ValueError."""
    image = pe.build(pe.spec_from_mapping({k: v for k, v in listing.items() if k not in _OTHERS}))
    signer = listing.get("signed_by") or listing.get("self_signed_by")
    if signer:
        from iisight.workbench.signing import sign

        image = sign(image, str(signer), trusted="signed_by" in listing)
    if is_set(listing, "tampered"):
        # A byte of the stub behind the DOS header, which the signature covers and nothing reads.
        image = image[:0x40] + bytes([image[0x40] ^ 1]) + image[0x41:]
    return image


def is_set(listing: Mapping[str, object], key: str) -> bool:
    """Tell whether a listing says that something is true."""
    return str(listing.get(key, "")).lower() == "true"


def write_catalogue(images: Iterable[bytes]) -> bytes:
    """Return a catalogue, signed in the place of Microsoft, that lists images."""
    from iisight.workbench.certificates import MICROSOFT
    from iisight.workbench.signing import catalogue

    return catalogue(images, MICROSOFT)


@cache
def stock_catalogue() -> bytes:
    """Return the catalogue of the stock server's executables."""
    return write_catalogue(data for _, data in sorted(stock.stock_files().items()) if data[:2] == b"MZ")
