"""Whatever the bytes: the readers of signatures raise nothing but ParseError, and no change makes something trusted."""

from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.examine.catalogues import digests, judge_by_catalogue, judge_catalogue, lists
from iisight.examine.signature import image_digests, judge_image
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.authenticode import parse_signed_data, read_certificate
from iisight.parsers.pe import authentihash
from iisight.workbench import certificates, signing
from iisight.workbench.certificates import Wish
from iisight.workbench.pe import PeSpec, build
from iisight.workbench.signing import How

TRUST = signing.test_trust()
AT = Locator("")
IMAGE = build(PeSpec(exports=("RegisterModule",)))
SIGNED = [
    signing.sign(IMAGE, "Contoso Ltd."),
    signing.sign(IMAGE, "Contoso Ltd.", how=How(digest="sha1", stamp="legacy", pages="sha1", nested=How(stamp=""))),
]
CATALOGUE = signing.catalogue([IMAGE], "Contoso Ltd.")
UNLISTED = image_digests(build(PeSpec(exports=("Other",))), "sha1", "sha256")

changes = st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), min_size=1, max_size=8)
printable = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=15)


def mutate(data: bytes, wanted: list[tuple[int, int]], start: int = 0) -> bytes:
    changed = bytearray(data)
    for at, value in wanted:
        changed[start + at % (len(changed) - start)] = value
    return bytes(changed)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SIGNED), changes)
def test_a_changed_signature_never_names_another_signer_as_trusted(
    signed: bytes, wanted: list[tuple[int, int]]
) -> None:
    start, _ = authentihash.read_layout(signed, AT).table
    signature, _ = judge_image(mutate(signed, wanted, start), TRUST, None)
    if signature is not None and signature.is_trusted:
        assert signature.signer == judge_image(signed, TRUST, None)[0].signer  # type: ignore[union-attr]


@settings(max_examples=300, deadline=None)
@given(changes)
def test_a_changed_image_is_trusted_only_with_the_same_digest(wanted: list[tuple[int, int]]) -> None:
    changed = mutate(SIGNED[0], wanted)
    signature, _ = judge_image(changed, TRUST, None)
    if signature is not None and signature.is_trusted:
        assert image_digests(changed, "sha256") == image_digests(SIGNED[0], "sha256")


@settings(max_examples=300, deadline=None)
@given(changes)
def test_a_changed_catalogue_never_vouches_for_another_file(wanted: list[tuple[int, int]]) -> None:
    changed = mutate(CATALOGUE, wanted)
    digests(changed)
    assert not judge_by_catalogue(UNLISTED, "", changed, TRUST, None).is_trusted


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_raise_nothing_but_parse_error(data: bytes) -> None:
    for read in (lambda: parse_signed_data(data, AT), lambda: read_certificate(data)):
        try:
            read()
        except ParseError:
            continue
    judge_catalogue(data, TRUST, None)
    lists(data, data[:32].ljust(32), "sha256")


@settings(max_examples=100, deadline=None)
@given(printable, printable)
def test_names_of_certificates_are_read_as_cryptography_reads_them(organization: str, common_name: str) -> None:
    from cryptography import x509

    encoded = certificates.certificate(Wish(organization, common_name))
    assert read_certificate(encoded).facts.subject == x509.load_der_x509_certificate(encoded).subject.rfc4514_string()
