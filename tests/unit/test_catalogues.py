"""Catalogues: what they list, and that only a trusted one vouches for it."""

import hashlib

import pytest

from iisight.examine.catalogues import digests, judge_by_catalogue, judge_catalogue, lists
from iisight.examine.signature import image_digests
from iisight.model.signature import Signature, SignatureState
from iisight.workbench import signing
from iisight.workbench.certificates import CODE, MICROSOFT
from iisight.workbench.pe import PeSpec, build
from iisight.workbench.signing import How

TRUST = signing.test_trust()
IMAGE = build(PeSpec(exports=("RegisterModule",)))
OTHER = build(PeSpec(exports=("HttpExtensionProc",)))
LISTED = image_digests(IMAGE, "sha1", "sha256")
UNLISTED = image_digests(OTHER, "sha1", "sha256")
PATH = r"C:\Windows\System32\CatRoot\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}\sample.cat"
MANY = [build(PeSpec(exports=(f"Export{i}",))) for i in range(40)]
CATALOGUE = signing.catalogue([IMAGE, *MANY], MICROSOFT)
SHA1 = signing.catalogue([IMAGE, *MANY], MICROSOFT, how=How(digest="sha1"))
COMPONENT = "1.3.6.1.4.1.311.10.3.6"


def judge(catalogue: bytes, hashes: dict[str, bytes] | None = None) -> Signature:
    return judge_by_catalogue(hashes or LISTED, PATH, catalogue, TRUST, None)


def test_a_file_that_a_trusted_catalogue_lists_is_vouched_for() -> None:
    signature = judge(CATALOGUE)
    assert (signature.state, signature.catalogue, signature.digest) == (SignatureState.CATALOGUE, PATH, "sha256")
    assert signature.is_microsoft
    assert (
        signature.reason
        == "a catalogue lists it, and its chain ends at the trusted root Test Root in Place of Microsoft's"
    )


def test_a_file_that_is_not_listed_is_not_vouched_for() -> None:
    signature = judge(CATALOGUE, UNLISTED)
    assert (signature.state, signature.signer) == (SignatureState.NONE, None)


def test_each_member_is_found() -> None:
    assert all(lists(CATALOGUE, image_digests(image, "sha256")["sha256"], "sha256") for image in MANY)


def test_a_catalogue_of_the_old_form_lists_by_sha1() -> None:
    signature = judge(SHA1)
    assert (signature.state, signature.digest) == (SignatureState.CATALOGUE, "sha1")
    assert signature.notes == ("its signature is made with SHA-1", "the file's digest is SHA-1")


def test_candidates_hold_all_that_is_listed() -> None:
    assert {LISTED["sha256"], image_digests(MANY[-1], "sha256")["sha256"]} <= digests(CATALOGUE)
    assert LISTED["sha1"] in digests(SHA1)


def test_candidates_are_no_members() -> None:
    stray = hashlib.sha256(b"stray").digest()
    assert stray in digests(CATALOGUE + b"\x04\x20" + stray)
    assert not lists(CATALOGUE + b"\x04\x20" + stray, stray, "sha256")


def test_a_digest_in_a_certificate_is_no_member() -> None:
    name = "0123456789abcdefghijklmnopqrstuv"
    assert not lists(signing.catalogue([IMAGE], name), name.encode(), "sha256")


@pytest.mark.parametrize(
    ("digest", "algorithm"),
    [
        (LISTED["sha256"], "sha1"),
        (LISTED["sha256"][:20], "sha1"),
        (LISTED["sha256"], "md5"),
        (b"", "sha256"),
        (LISTED["sha256"][:-1], "sha256"),
    ],
)
def test_a_part_of_a_member_is_no_member(digest: bytes, algorithm: str) -> None:
    assert not lists(CATALOGUE, digest, algorithm)


def test_an_untrusted_catalogue_vouches_for_nothing() -> None:
    signature = judge(signing.catalogue([IMAGE], MICROSOFT, trusted=False))
    assert (signature.state, signature.is_microsoft) == (SignatureState.UNTRUSTED, False)
    assert signature.reason == (
        'of the catalogue that lists it: its chain ends at "Microsoft Corporation", which vouches for itself and is no'
        " trusted root"
    )


def test_a_member_put_in_later_breaks_the_catalogue() -> None:
    tampered = CATALOGUE.replace(LISTED["sha256"], UNLISTED["sha256"])
    signature = judge(tampered, UNLISTED)
    assert signature.state is SignatureState.BROKEN
    assert signature.reason == (
        "of the catalogue that lists it: what the signer signed is not the digest that stands beside it"
    )


def test_a_truncated_catalogue_lists_nothing() -> None:
    assert not lists(CATALOGUE[:-1], LISTED["sha256"], "sha256")
    assert judge_catalogue(CATALOGUE[:-1], TRUST, None).state is SignatureState.BROKEN


def test_a_signed_file_is_no_catalogue() -> None:
    signed = signing.sign(IMAGE, MICROSOFT)
    message = signed[signed.index(b"\x30\x82", len(IMAGE)) :]
    assert judge_catalogue(message, TRUST, None).reason == "it is no catalogue of files"
    assert not lists(message, LISTED["sha256"], "sha256")


def test_a_signed_list_of_something_else_is_no_catalogue() -> None:
    roots = CATALOGUE.replace(bytes.fromhex("060a2b0601040182370c0101"), bytes.fromhex("060a2b0601040182370a0309"))
    assert roots != CATALOGUE
    assert judge_catalogue(roots, TRUST, None).reason == "it is no catalogue of files"


@pytest.mark.parametrize("usages", [(CODE,), (COMPONENT,), (CODE, COMPONENT)])
def test_a_signer_of_windows_components_may_sign_catalogues(usages: tuple[str, ...]) -> None:
    assert judge(signing.catalogue([IMAGE], MICROSOFT, how=How(usages=usages))).is_trusted


def test_a_signer_of_web_sites_may_not_sign_catalogues() -> None:
    signature = judge(signing.catalogue([IMAGE], MICROSOFT, how=How(usages=("1.3.6.1.5.5.7.3.1",))))
    assert signature.reason == (
        'of the catalogue that lists it: the certificate of "Microsoft Corporation" is not for catalogues'
    )


def test_bytes_behind_a_catalogue_are_noted() -> None:
    assert judge_catalogue(CATALOGUE + b"payload", TRUST, None).notes == (
        "7 bytes follow the signature, and nobody signed them",
    )
