"""Sign inert images and write catalogues, with keys that nothing but tests trusts; the same wishes, the same bytes."""

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from iisight.model.locator import Locator
from iisight.parsers.pe import authentihash
from iisight.parsers.pe.authentihash import PAGE, Layout
from iisight.workbench import certificates, der
from iisight.workbench.certificates import CODE, MICROSOFT, Wish, test_roots, test_thumbprints, test_trust

__all__ = ["How", "catalogue", "sign", "sign_with", "test_roots", "test_thumbprints", "test_trust"]

_SIGNED_DATA, _DATA = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.1"
_INDIRECT_DATA, _PE_IMAGE = "1.3.6.1.4.1.311.2.1.4", "1.3.6.1.4.1.311.2.1.15"
_STAMP_INFO, _TRUST_LIST = "1.2.840.113549.1.9.16.1.4", "1.3.6.1.4.1.311.10.1"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SIGNING_TIME, _COUNTERSIGNATURE = "1.2.840.113549.1.9.5", "1.2.840.113549.1.9.6"
_COUNTERSIGNED = {"legacy": _DATA, "bare": "", "typed": _STAMP_INFO}  # content types
_STAMP, _NESTED = "1.3.6.1.4.1.311.3.3.1", "1.3.6.1.4.1.311.2.4.1"
_PAGE_HASHES = {"sha1": "1.3.6.1.4.1.311.2.3.1", "sha256": "1.3.6.1.4.1.311.2.3.2"}
_PAGE_HASH_CLASS = bytes.fromhex("a6b586d5b4a12466ae05a217da8e60d6")


@dataclass(frozen=True, slots=True)
class How:
    """How to sign, where it shall not be as usual."""

    digest: str = "sha256"  # of the file and of the signature
    stamp: str = "rfc3161"  # or a countersignature of `_COUNTERSIGNED`; empty: no timestamp
    signed_at: datetime = datetime(2024, 6, 1, tzinfo=UTC)
    begins: datetime = datetime(2024, 1, 1, tzinfo=UTC)  # of the signer's certificate
    ends: datetime = datetime(2025, 1, 1, tzinfo=UTC)
    usages: tuple[str, ...] = (CODE,)
    common_name: str = ""  # of the signer; empty: as the organisation
    pages: str = ""  # `sha1` or `sha256`: page hashes of that algorithm
    attributes: bool = True  # False: no signed attributes
    nested: "How | None" = None  # a second signature inside the first


_USUAL = How()


def sign(image: bytes, signer: str, *, trusted: bool = True, how: How = _USUAL) -> bytes:
    """Sign an image in the name of an organisation. Without trust the certificate that does so has issued itself.

    `Microsoft Corporation`, trusted, is signed under the root that stands in place of Microsoft's.
    """
    wish = _signer(signer, how, trusted=trusted)
    authorities = (certificates.root(microsoft=signer == MICROSOFT),) if trusted else ()
    return sign_with(image, (wish, *authorities), how)


def sign_with(image: bytes, chain: tuple[Wish, ...], how: How = _USUAL) -> bytes:
    """Sign an image with the first certificate of a chain, and put all of them into the signature."""
    data = bytearray(image + bytes(-len(image) % 8))
    layout = authentihash.read_layout(bytes(data), Locator(""))
    if layout.is_signed or layout.entry is None:
        raise ValueError("the image is signed, or has no room for a signature")
    struct.pack_into("<II", data, layout.entry, len(data), 1)  # where it will be; the digest does not count it
    message = _signed_image(bytes(data), layout, chain, how)
    entry = struct.pack("<IHH", 8 + len(message) + -len(message) % 8, 0x200, 2) + message + bytes(-len(message) % 8)
    struct.pack_into("<II", data, layout.entry, len(data), len(entry))
    return bytes(data) + entry


def catalogue(images: Iterable[bytes], signer: str, *, trusted: bool = True, how: How = _USUAL) -> bytes:
    """Return a catalogue that lists images: by SHA-256 as Windows 8 and later, by SHA-1 as Windows did before."""
    members = sorted(_member(image, how.digest) for image in images)
    kind = "1.3.6.1.4.1.311.12.1.2" if how.digest == "sha1" else "1.3.6.1.4.1.311.12.1.3"
    content = der.sequence(
        der.sequence(der.oid("1.3.6.1.4.1.311.12.1.1")),
        der.octets(hashlib.sha256(b"".join(members)).digest()[:16]),
        der.time(how.signed_at),
        der.sequence(der.oid(kind), der.NULL),
        der.sequence(*members),
    )
    authorities = (certificates.root(microsoft=signer == MICROSOFT),) if trusted else ()
    return _message(_TRUST_LIST, content, (_signer(signer, how, trusted=trusted), *authorities), how)


def _signer(organization: str, how: How, *, trusted: bool) -> Wish:
    """Return the certificate of a signer."""
    wish = Wish(organization, how.common_name, begins=how.begins, ends=how.ends, usages=how.usages)
    return certificates.issued(wish, microsoft=organization == MICROSOFT) if trusted else wish


def _signed_image(data: bytes, layout: Layout, chain: tuple[Wish, ...], how: How) -> bytes:
    """Return the signed message over an image's digest."""
    nested = () if how.nested is None else (_attribute(_NESTED, _signed_image(data, layout, chain, how.nested)),)
    content = _indirect_data(authentihash.digest(data, layout, how.digest), how.digest, _pages(data, layout, how.pages))
    return _message(_INDIRECT_DATA, content, chain, how, nested)


def _indirect_data(digest: bytes, algorithm: str, pages: bytes) -> bytes:
    """Return SpcIndirectDataContent."""
    link = der.tlv(0xA0, pages or der.tlv(0xA2, der.tlv(0x80)))
    image = der.sequence(der.oid(_PE_IMAGE), der.sequence(der.bits(b""), link))
    return der.sequence(image, der.sequence(certificates.digest_algorithm(algorithm), der.octets(digest)))


def _message(
    kind: str, content: bytes, chain: tuple[Wish, ...], how: How, unsigned: tuple[bytes, ...] = (), wrap: bool = False
) -> bytes:
    """Return a ContentInfo with SignedData; `wrap` puts the content into an OCTET STRING, as CMS wants it."""
    inside = der.octets(content) if wrap else content
    signed = content if wrap else _value(content)
    signer = _signer_info(kind, signed, chain[0], how, unsigned)
    known = (*chain, *((certificates.stamper(),) if how.stamp in _COUNTERSIGNED else ()))
    data = der.sequence(
        der.integer(1),
        der.tlv(der.SET, certificates.digest_algorithm(how.digest)),
        der.sequence(der.oid(kind), der.tlv(0xA0, inside)),
        der.tlv(0xA0, *(certificates.certificate(wish) for wish in known)),
        der.tlv(der.SET, signer),
    )
    return der.sequence(der.oid(_SIGNED_DATA), der.tlv(0xA0, data))


def _signer_info(
    kind: str, content: bytes, wish: Wish, how: How, unsigned: tuple[bytes, ...] = (), claims: tuple[bytes, ...] = ()
) -> bytes:
    """Return a SignerInfo, with its timestamp; `claims` are further signed attributes."""
    attributes = der.set_of(
        *claims,
        *((_attribute(_CONTENT_TYPE, der.oid(kind)),) if kind else ()),
        _attribute(_MESSAGE_DIGEST, der.octets(hashlib.new(how.digest, content, usedforsecurity=False).digest())),
    )
    signature = certificates.sign_bytes(wish.key, how.digest, attributes if how.attributes else content)
    more = [*unsigned, *_stamps(signature, how)]
    issuer = certificates.name(wish.issuer, certificates.ORGANISATION) if wish.issuer else wish.subject
    return der.sequence(
        der.integer(1),
        der.sequence(issuer, der.integer(certificates.serial(wish))),
        certificates.digest_algorithm(how.digest),
        b"\xa0" + attributes[1:] if how.attributes else b"",
        der.sequence(der.oid("1.2.840.113549.1.1.1"), der.NULL),
        der.octets(signature),
        der.tlv(0xA1, *more) if more else b"",
    )


def _stamps(signature: bytes, how: How) -> Iterator[bytes]:
    """Yield the attribute that holds the timestamp of a signature."""
    stamping = How(stamp="")
    if how.stamp in _COUNTERSIGNED:
        claims = (_attribute(_SIGNING_TIME, der.utc_time(how.signed_at)),)
        stamp = _signer_info(_COUNTERSIGNED[how.stamp], signature, certificates.stamper(), stamping, claims=claims)
        yield _attribute(_COUNTERSIGNATURE, stamp)
    elif how.stamp == "rfc3161":
        imprint = der.sequence(certificates.digest_algorithm("sha256"), der.octets(hashlib.sha256(signature).digest()))
        info = der.sequence(
            der.integer(1), der.oid("1.3.6.1.4.1.99999.1"), imprint, der.integer(1), der.time(how.signed_at)
        )
        chain = (certificates.stamper(), certificates.root(microsoft=False))
        yield _attribute(_STAMP, _message(_STAMP_INFO, info, chain, stamping, wrap=True))


def _attribute(kind: str, value: bytes) -> bytes:
    """Return an attribute with one value."""
    return der.sequence(der.oid(kind), der.tlv(der.SET, value))


def _member(image: bytes, algorithm: str) -> bytes:
    """Return a member of a catalogue: SHA-1 in the old form, its digest stated beside a tag of text."""
    digest = authentihash.digest(image, authentihash.read_layout(image, Locator("")), algorithm)
    if algorithm != "sha1":
        return der.sequence(der.octets(digest))
    stated = _attribute(_INDIRECT_DATA, _indirect_data(digest, algorithm, b""))
    return der.sequence(der.octets(digest.hex().upper().encode("utf-16-le")), der.tlv(der.SET, stated))


def _pages(data: bytes, layout: Layout, algorithm: str) -> bytes:
    """Return the moniker of page hashes; empty for none."""
    if not algorithm:
        return b""
    starts = [*_page_starts(data, layout)]
    table = b"".join(
        struct.pack("<I", start) + authentihash.page_digest(data, layout, algorithm, start, following)
        for start, following in pairwise(starts)
    )
    table += struct.pack("<I", starts[-1]) + bytes(hashlib.new(algorithm, usedforsecurity=False).digest_size)
    attribute = _attribute(_PAGE_HASHES[algorithm], der.octets(table))
    return der.tlv(0xA1, der.octets(_PAGE_HASH_CLASS), der.octets(der.tlv(der.SET, attribute)))


def _page_starts(data: bytes, layout: Layout) -> Iterator[int]:
    """Yield where pages begin: the headers, each section's, and the end of the last."""
    (pe,) = struct.unpack_from("<I", data, 0x3C)
    count, optional_size = (struct.unpack_from("<H", data, pe + at)[0] for at in (6, 20))
    end = 0
    yield end
    for index in range(count):
        size, start = struct.unpack_from("<II", data, pe + 24 + optional_size + 40 * index + 16)
        yield from range(start, start + size, PAGE)
        end = start + size
    yield end or layout.headers_size


def _value(element: bytes) -> bytes:
    """Return what is inside an element that was written here."""
    return element[2 + (element[1] & 0x7F if element[1] & 0x80 else 0) :]
