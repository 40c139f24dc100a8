"""Embedded signatures: which are trusted, and that whatever is wrong with one takes the trust away."""

import hashlib
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from iisight.examine.chain import LIFETIME, TIMESTAMPING, find_chain
from iisight.examine.keys import Check, check_signature
from iisight.examine.signature import MAX_SIGNATURES, image_digests, judge_image
from iisight.examine.trust import CODE, TIMESTAMPS, Revoked, Root, Trust, load_trust, make_trust, read_revocations
from iisight.model.errors import UsageError
from iisight.model.locator import Locator
from iisight.model.signature import Signature, SignatureState
from iisight.parsers.authenticode import parse_signed_data, read_certificate
from iisight.parsers.authenticode.x509 import Algorithm
from iisight.parsers.pe import authentihash
from iisight.workbench import certificates, der, signing
from iisight.workbench.certificates import MICROSOFT, Wish
from iisight.workbench.pe import PeSpec, build
from iisight.workbench.signing import How

TRUSTED, UNTRUSTED, BROKEN = SignatureState.TRUSTED, SignatureState.UNTRUSTED, SignatureState.BROKEN
IMAGE = build(PeSpec(exports=("RegisterModule",), strings=("inert",)))
OTHER = build(PeSpec(exports=("HttpExtensionProc",)))
SIGNED = signing.sign(IMAGE, "Contoso Ltd.")
TRUST = signing.test_trust()
SIGNED_AT = How().signed_at
AFTER = datetime(2030, 1, 1, tzinfo=UTC)
AT = Locator("")


def judge(data: bytes, trust: Trust = TRUST, at: datetime | None = None) -> Signature:
    signature, _ = judge_image(data, trust, at)
    assert signature is not None
    return signature


def notes_of(data: bytes) -> tuple[str, ...]:
    signature, notes = judge_image(data, TRUST, None)
    assert signature is not None
    return (*notes, *signature.notes)


def changed(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def table_of(data: bytes) -> tuple[int, int]:
    return authentihash.read_layout(data, AT).table


def with_table_size(data: bytes, size: int) -> bytes:
    entry = authentihash.read_layout(data, AT).entry
    assert entry is not None
    return data[: entry + 4] + struct.pack("<I", size) + data[entry + 8 :]


def with_message(image: bytes, message: bytes, kind: int = 2) -> bytes:
    """Put any bytes where the signature of `image`, which is signed, lies."""
    start, _ = table_of(image)
    entry = struct.pack("<IHH", 8 + len(message), 0x200, kind) + message
    entry += bytes(-len(entry) % 8)
    return with_table_size(image[:start] + entry, len(entry))


def message_of(data: bytes) -> bytes:
    start, _ = table_of(data)
    return data[start + 8 : start + struct.unpack_from("<I", data, start)[0]]


# What holds


def test_a_signature_under_a_pinned_root_is_trusted() -> None:
    signature = judge(SIGNED)
    assert (signature.state, signature.publisher, signature.digest) == (TRUSTED, "Contoso Ltd.", "sha256")
    assert signature.reason == "its chain ends at the trusted root Test Root of the Workbench"
    assert signature.notes == ()


@pytest.mark.parametrize("stamp", ["rfc3161", "legacy", "bare", "typed"])
def test_the_time_of_a_timestamp_that_holds_is_told(stamp: str) -> None:
    assert judge(signing.sign(IMAGE, "Contoso Ltd.", how=How(stamp=stamp))).signed_at == SIGNED_AT


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha384", "sha512"])
def test_each_digest_that_windows_takes_is_trusted(digest: str) -> None:
    signature = judge(signing.sign(IMAGE, "Contoso Ltd.", how=How(digest=digest)))
    assert (signature.state, signature.digest) == (TRUSTED, digest)


def test_sha1_is_trusted_and_noted() -> None:
    notes = judge(signing.sign(IMAGE, "Contoso Ltd.", how=How(digest="sha1"))).notes
    assert notes == ("its signature is made with SHA-1", "the file's digest is SHA-1")


def test_a_signature_without_signed_attributes_is_trusted_and_noted() -> None:
    signature = judge(signing.sign(IMAGE, "Contoso Ltd.", how=How(attributes=False)))
    assert (signature.state, signature.notes) == (TRUSTED, ("it has no signed attributes",))


def test_the_checksum_of_the_headers_is_not_part_of_what_is_signed() -> None:
    assert judge(changed(SIGNED, authentihash.read_layout(SIGNED, AT).checksum)).state is TRUSTED


def test_an_unsigned_image_has_no_signature() -> None:
    assert judge_image(IMAGE, TRUST, None) == (None, ())


def test_what_is_no_image_is_noted() -> None:
    assert judge_image(b"MZ", TRUST, None) == (None, ("signatures: expected the headers of a PE file",))


def test_the_same_wishes_give_the_same_bytes() -> None:
    assert signing.sign(IMAGE, "Contoso Ltd.") == SIGNED


# Whose it is


def test_microsoft_is_who_signs_under_a_root_of_microsofts() -> None:
    assert judge(signing.sign(IMAGE, MICROSOFT)).is_microsoft


def test_a_self_signed_microsoft_is_not_trusted() -> None:
    signature = judge(signing.sign(IMAGE, MICROSOFT, trusted=False))
    assert (signature.state, signature.is_microsoft) == (UNTRUSTED, False)
    assert signature.reason == (
        'its chain ends at "Microsoft Corporation", which vouches for itself and is no trusted root'
    )


def test_microsoft_under_a_root_of_somebody_else_is_not_microsoft() -> None:
    wish = certificates.issued(Wish(MICROSOFT, usages=(CODE,)))
    signature = judge(signing.sign_with(IMAGE, (wish,)))
    assert (signature.state, signature.is_microsoft) == (TRUSTED, False)
    assert signature.notes == (
        "the signer is called Microsoft Corporation, and its root is not one of Microsoft's for its own code",
    )


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("Microsoft Windows Hardware Compatibility Publisher", "drivers that passed WHQL or were attested"),
        ("Microsoft 3rd Party Application Component", "components of others that Microsoft ships in its products"),
    ],
)
def test_what_microsoft_signs_for_others_is_not_microsofts(name: str, what: str) -> None:
    signature = judge(signing.sign(IMAGE, MICROSOFT, how=How(common_name=name)))
    assert (signature.state, signature.is_microsoft) == (TRUSTED, False)
    assert signature.notes == (f"Microsoft signed what others wrote: {what}",)


def test_an_authority_for_third_parties_does_not_sign_microsofts_own() -> None:
    authority = certificates.issued(
        Wish(certificates.ORGANISATION, "Windows Third Party Component CA", key="timestamps", is_authority=True),
        microsoft=True,
    )
    wish = Wish(MICROSOFT, usages=(CODE,), issuer=authority.common_name, issuer_key="timestamps")
    signature = judge(signing.sign_with(IMAGE, (wish, authority)))
    assert (signature.state, signature.is_microsoft) == (TRUSTED, False)


def test_another_organisation_under_microsofts_root_is_not_microsoft() -> None:
    wish = certificates.issued(Wish("Contoso Ltd.", usages=(CODE,)), microsoft=True)
    assert not judge(signing.sign_with(IMAGE, (wish,))).is_microsoft


# What was changed


@pytest.mark.parametrize("place", [2, 0x80 + 24 + 40, 0x80 + 24 + 112, 0x400, 0x410, len(IMAGE) - 1])
def test_a_changed_byte_of_the_file_breaks_the_signature(place: int) -> None:
    signature = judge(changed(SIGNED, place))
    assert (signature.state, signature.reason) == (BROKEN, "the file is not what was signed: its digest differs")


def test_no_changed_bit_of_the_signature_makes_something_else_trusted() -> None:
    start, end = table_of(SIGNED)
    signer = judge(SIGNED).signer
    for place in range(start, end, 7):
        signature, _ = judge_image(changed(SIGNED, place), TRUST, None)
        if signature is not None and signature.is_trusted:
            assert (signature.signer, signature.signed_at or SIGNED_AT) == (signer, SIGNED_AT)


def test_appended_bytes_break_the_signature() -> None:
    signature, notes = judge_image(SIGNED + b"appended", TRUST, None)
    assert signature is not None
    assert (signature.state, notes) == (BROKEN, ("8 bytes follow the certificate table",))


def test_bytes_that_hide_in_the_certificate_table_are_noted() -> None:
    start, end = table_of(SIGNED)
    assert notes_of(with_table_size(SIGNED + b"payload!", end - start + 8)) == (
        "8 bytes at the end of the certificate table belong to no signature",
    )


def test_bytes_that_hide_behind_the_signature_are_noted() -> None:
    message = message_of(SIGNED)
    rest = len(message) - parse_signed_data(message, AT).end
    assert notes_of(with_message(SIGNED, message + b"payload!")) == (
        f"{rest + 8} bytes follow the signature in the certificate table, and nobody signed them",
    )


@pytest.mark.parametrize("cut", [1, 8, 1000])
def test_a_truncated_file_is_broken(cut: int) -> None:
    signature = judge(SIGNED[:-cut])
    assert (signature.state, signature.reason) == (BROKEN, "the certificate table runs past the end of the file")


def test_a_truncated_signature_is_broken() -> None:
    signature = judge(with_message(SIGNED, message_of(SIGNED)[:600]))
    assert signature.state is BROKEN
    assert signature.reason.startswith("a signature is there that cannot be read: ")


def test_bytes_that_are_no_signature_are_broken() -> None:
    assert judge(with_message(SIGNED, b"nothing at all")).state is BROKEN


def test_a_table_without_a_signature_is_broken() -> None:
    signature, notes = judge_image(with_message(SIGNED, b"x509 data", kind=1), TRUST, None)
    assert signature is not None
    assert (signature.state, signature.reason) == (BROKEN, "the certificate table holds no signature")
    assert notes == ("an entry of the certificate table is of kind 1, which is no signature",)


def test_the_signature_of_another_file_is_broken() -> None:
    assert judge(with_message(SIGNED, message_of(signing.sign(OTHER, "Contoso Ltd.")))).state is BROKEN


def test_a_certificate_table_that_sections_reach_into_is_broken() -> None:
    entry = authentihash.read_layout(SIGNED, AT).entry
    assert entry is not None
    start, end = table_of(SIGNED)
    moved = SIGNED[:entry] + struct.pack("<II", start - 0x200, end - start + 0x200) + SIGNED[entry + 8 :]
    assert judge(moved).reason == "sections of the file reach into the certificate table"


def test_a_length_that_is_not_stated_cannot_be_told() -> None:
    message = message_of(SIGNED)
    endless = b"\x30\x80" + message[4:] + b"\0\0"
    assert judge(with_message(SIGNED, endless)).state is SignatureState.UNKNOWN


def test_a_signature_for_another_kind_of_content_is_broken() -> None:
    listed = signing.catalogue([IMAGE], "Contoso Ltd.")
    assert judge(with_message(SIGNED, listed)).reason == (
        "what it signs is no digest of a file, but 1.3.6.1.4.1.311.10.1"
    )


def test_a_signature_whose_certificate_is_missing_is_broken() -> None:
    wish = certificates.issued(Wish("Contoso Ltd.", usages=(CODE,)))
    signed = signing.sign_with(IMAGE, (wish,), How(stamp=""))
    own = certificates.certificate(wish)
    others = (certificates.certificate(replace(wish, ends=wish.ends + timedelta(days))) for days in range(1, 99))
    swapped = signed.replace(own, next(other for other in others if len(other) == len(own)))
    assert judge(swapped).reason == "the certificate of its signer is missing"


# When it was signed


def test_an_expired_certificate_with_a_timestamp_is_trusted() -> None:
    assert judge(SIGNED, at=AFTER).state is TRUSTED


def test_an_expired_certificate_without_a_timestamp_is_not_trusted() -> None:
    signature = judge(signing.sign(IMAGE, "Contoso Ltd.", how=How(stamp="")), at=AFTER)
    assert (signature.state, signature.reason) == (
        UNTRUSTED,
        'the certificate of "Contoso Ltd." had expired on 2025-01-01',
    )


def test_a_certificate_that_was_valid_at_the_time_of_the_evidence_is_trusted() -> None:
    signed = signing.sign(IMAGE, "Contoso Ltd.", how=How(stamp=""))
    assert judge(signed, at=datetime(2024, 7, 1, tzinfo=UTC)).state is TRUSTED


def test_without_any_time_it_is_noted_that_none_is_known() -> None:
    signature = judge(signing.sign(IMAGE, "Contoso Ltd.", how=How(stamp="")))
    assert signature.state is TRUSTED
    assert signature.notes == ("no timestamp: when it was signed cannot be told",)


def test_certificates_that_were_never_valid_together_are_not_trusted() -> None:
    how = How(stamp="", begins=datetime(2041, 1, 1, tzinfo=UTC), ends=datetime(2042, 1, 1, tzinfo=UTC))
    assert judge(signing.sign(IMAGE, "Contoso Ltd.", how=how)).reason == "its certificates were never valid at one time"


@pytest.mark.parametrize("year", [2023, 2026])
def test_a_timestamp_outside_the_certificates_validity_takes_trust_away(year: int) -> None:
    how = How(signed_at=datetime(year, 6, 1, tzinfo=UTC))
    assert judge(signing.sign(IMAGE, "Contoso Ltd.", how=how)).state is UNTRUSTED


def test_a_forged_time_takes_trust_away() -> None:
    forged = SIGNED.replace(b"20240601000000Z", b"20240701000000Z")
    signature = judge(forged)
    assert (signature.state, signature.signed_at) == (UNTRUSTED, None)
    assert signature.reason == (
        "its timestamp cannot be relied on: what the signer signed is not the digest that stands beside it"
    )


def test_a_forged_time_of_a_countersignature_takes_trust_away() -> None:
    signed = signing.sign(IMAGE, "Contoso Ltd.", how=How(stamp="legacy"))
    signature = judge(signed.replace(b"240601000000Z", b"240701000000Z"))
    assert (signature.state, signature.signed_at) == (UNTRUSTED, None)


def test_the_timestamp_of_another_signature_takes_trust_away() -> None:
    def token(data: bytes) -> bytes:
        signer = parse_signed_data(message_of(data), AT).signers[0]
        return signer.unsigned["1.3.6.1.4.1.311.3.3.1"][0].raw

    moved = SIGNED.replace(token(SIGNED), token(signing.sign(OTHER, "Contoso Ltd.")))
    assert judge(moved).reason == "its timestamp cannot be relied on: it is that of another signature"


def test_a_timestamp_of_nobody_trusted_takes_trust_away() -> None:
    trust = make_trust([Root(signing.test_roots()[1])], signing.test_thumbprints())
    signature = judge(signing.sign(IMAGE, MICROSOFT), trust)
    assert (signature.state, signature.is_microsoft) == (UNTRUSTED, False)
    assert signature.reason.startswith("its timestamp cannot be relied on: its chain ends at ")


@pytest.mark.parametrize(
    ("usages", "microsoft", "problem"),
    [
        ((TIMESTAMPS,), True, ""),
        ((TIMESTAMPS,), False, 'the certificate of "Stamper" is not for timestamps'),
        ((TIMESTAMPS, CODE), True, 'the certificate of "Stamper" is not for timestamps'),
    ],
)
def test_a_stamper_without_a_mark_is_taken_from_microsofts_authority_for_timestamps(
    usages: tuple[str, ...], microsoft: bool, problem: str
) -> None:
    authority = Wish(certificates.ORGANISATION, "Stamps", key="timestamps", usages=usages, is_authority=True)
    stamper = Wish("Stamper", issuer="Stamps", issuer_key="timestamps")
    pool = [read_certificate(certificates.certificate(certificates.issued(authority, microsoft=microsoft)))]
    signer = read_certificate(certificates.certificate(stamper))
    chain = find_chain(signer, pool, certificates.test_trust(), TIMESTAMPING, None, stamped=False)
    assert chain.problem == problem


def test_a_timestamp_does_not_prolong_a_certificate_for_its_lifetime_alone() -> None:
    how = How(usages=(CODE, LIFETIME))
    assert judge(signing.sign(IMAGE, "Contoso Ltd.", how=how), at=AFTER).state is UNTRUSTED


# What certificates are for


@pytest.mark.parametrize("usages", [(), ("1.3.6.1.5.5.7.3.1",), (TIMESTAMPS,), ("2.5.29.37.0",)])
def test_a_certificate_that_is_not_for_code_is_not_trusted(usages: tuple[str, ...]) -> None:
    signature = judge(signing.sign(IMAGE, "Contoso Ltd.", how=How(usages=usages)))
    assert (signature.state, signature.reason) == (UNTRUSTED, 'the certificate of "Contoso Ltd." is not for code')


def chain_through(**authority: object) -> Signature:
    middle = certificates.issued(Wish(certificates.ORGANISATION, "Middle", key="timestamps", is_authority=True))
    middle = replace(middle, **authority)  # type: ignore[arg-type]
    leaf = Wish("Contoso Ltd.", issuer="Middle", issuer_key="timestamps", usages=(CODE,))
    return judge(signing.sign_with(IMAGE, (leaf, middle)))


def test_a_chain_through_an_authority_is_trusted() -> None:
    assert chain_through().state is TRUSTED


@pytest.mark.parametrize(
    ("authority", "reason"),
    [
        ({"is_authority": False}, '"Middle" is no certificate authority'),
        ({"is_authority": None}, '"Middle" is no certificate authority'),
        ({"usages": ("1.3.6.1.5.5.7.3.1",)}, '"Middle" may not issue certificates for code'),
        ({"begins": datetime(2025, 1, 1, tzinfo=UTC)}, 'the certificate of "Middle" was not valid before 2025-01-01'),
        (
            {"digest": "md5"},
            'the signature of the certificate of "Middle" is made with MD2 or MD5, which can be forged',
        ),
        ({"issuer_key": "signer"}, 'the certificate of "Middle" was not signed by the issuer it names'),
    ],
)
def test_an_authority_that_may_not_issue_breaks_the_chain(authority: dict[str, object], reason: str) -> None:
    signature = chain_through(**authority)
    assert (signature.state, signature.reason) == (UNTRUSTED, reason)


def test_an_authority_below_one_that_allows_none_breaks_the_chain() -> None:
    upper = certificates.issued(
        Wish(certificates.ORGANISATION, "Upper", key="timestamps", is_authority=True, path_length=0)
    )
    lower = Wish(
        certificates.ORGANISATION,
        "Lower",
        key="microsoft root",
        is_authority=True,
        issuer="Upper",
        issuer_key="timestamps",
    )
    leaf = Wish("Contoso Ltd.", issuer="Lower", issuer_key="microsoft root", usages=(CODE,))
    assert judge(signing.sign_with(IMAGE, (leaf, lower, upper))).reason == (
        'more authorities stand below "Upper" than it allows'
    )


@pytest.mark.parametrize(("is_authority", "state"), [(None, TRUSTED), (False, UNTRUSTED)])
def test_a_root_need_not_say_that_it_is_an_authority(is_authority: bool | None, state: SignatureState) -> None:
    root = Wish(certificates.ORGANISATION, "Old Root", key="root", issuer_key="root", is_authority=is_authority)
    leaf = Wish("Contoso Ltd.", issuer="Old Root", issuer_key="root", usages=(CODE,))
    trust = make_trust([Root(certificates.certificate(root)), *map(Root, signing.test_roots())])
    assert judge(signing.sign_with(IMAGE, (leaf,)), trust).state is state


def test_a_missing_authority_breaks_the_chain() -> None:
    leaf = Wish("Contoso Ltd.", issuer="Middle", issuer_key="timestamps", usages=(CODE,))
    assert judge(signing.sign_with(IMAGE, (leaf,))).reason == (
        'the certificate that issued "Contoso Ltd." is neither in the signature nor a trusted root'
    )


def test_authorities_that_issue_each_other_end() -> None:
    ring = [
        Wish(certificates.ORGANISATION, "A", key=key, issuer="A", issuer_key=issuer, is_authority=True, digest=digest)
        for key in ("root", "timestamps", "signer", "microsoft root")
        for issuer in ("root", "timestamps", "signer", "microsoft root")
        for digest in ("sha256", "sha384")
    ]
    leaf = Wish("Contoso Ltd.", issuer="A", issuer_key="timestamps", usages=(CODE,))
    assert judge(signing.sign_with(IMAGE, (leaf, *ring))).state is UNTRUSTED


def test_a_root_of_the_users_that_is_the_signer_itself_is_trusted() -> None:
    wish = Wish("Contoso Ltd.", usages=(CODE,))
    trust = make_trust([Root(certificates.certificate(wish)), Root(signing.test_roots()[0])])
    assert judge(signing.sign_with(IMAGE, (wish,)), trust).state is TRUSTED


@pytest.mark.parametrize(
    ("root", "reason"),
    [
        (Root(b"", usages=frozenset({TIMESTAMPS})), "is not trusted for code"),
        (Root(b"", disallowed=SIGNED_AT), "is trusted for what was signed before 2024-06-01 alone"),
        (
            Root(b"", closed=How().begins, closed_usages=frozenset({CODE})),
            "is trusted for certificates from before 2024-01-01 alone",
        ),
    ],
)
def test_the_root_programmes_limits_hold(root: Root, reason: str) -> None:
    trust = make_trust([replace(root, der=signing.test_roots()[0]), Root(signing.test_roots()[1])])
    wish = certificates.issued(Wish("Contoso Ltd.", begins=How().begins, usages=(CODE,)))
    assert judge(signing.sign_with(IMAGE, (wish,), How(stamp="")), trust, SIGNED_AT).reason == (
        f'the root "Test Root of the Workbench" {reason}'
    )


def test_limits_for_other_usages_do_not_matter() -> None:
    limited = Root(signing.test_roots()[0], closed=How().begins, closed_usages=frozenset({"1.3.6.1.5.5.7.3.1"}))
    assert judge(SIGNED, make_trust([limited])).state is TRUSTED


# Revocation


def revoking(*contents: bytes) -> Trust:
    return make_trust((Root(root) for root in signing.test_roots()), (), read_revocations(contents))


def crl(serial: int, since: datetime) -> bytes:
    issuer = certificates.root(microsoft=False).subject
    entry = der.sequence(der.integer(serial), der.time(since))
    body = der.sequence(
        der.integer(1), certificates.signature_algorithm("sha256"), issuer, der.time(since), der.sequence(entry)
    )
    return der.sequence(body, certificates.signature_algorithm("sha256"), der.bits(bytes(256)))


def test_a_revoked_thumbprint_takes_trust_away() -> None:
    signer = judge(SIGNED).signer
    assert signer is not None
    for line in (signer.thumbprint, signer.sha256.upper()):
        signature = judge(SIGNED, revoking(f"# stolen\n{line}\n".encode()))
        assert (signature.state, signature.reason) == (UNTRUSTED, 'the certificate of "Contoso Ltd." is revoked')


def test_a_revoked_serial_number_takes_trust_away() -> None:
    signer = judge(SIGNED).signer
    assert signer is not None
    assert judge(SIGNED, revoking(f"00{signer.serial},{signer.issuer}".encode())).state is UNTRUSTED


def test_a_crl_takes_trust_away_from_what_was_signed_since() -> None:
    signer = judge(SIGNED).signer
    assert signer is not None
    assert judge(SIGNED, revoking(crl(int(signer.serial, 16), SIGNED_AT))).state is UNTRUSTED


def test_what_was_stamped_before_the_revocation_stays_trusted() -> None:
    signer = judge(SIGNED).signer
    assert signer is not None
    signature = judge(SIGNED, revoking(crl(int(signer.serial, 16), AFTER)))
    assert (signature.state, signature.notes) == (
        TRUSTED,
        ('the certificate of "Contoso Ltd." was revoked later, on 2030-01-01',),
    )


def test_without_a_timestamp_a_revocation_counts_whenever_it_was() -> None:
    signed = signing.sign(IMAGE, "Contoso Ltd.", how=How(stamp=""))
    signer = judge(signed).signer
    assert signer is not None
    assert judge(signed, revoking(crl(int(signer.serial, 16), AFTER))).state is UNTRUSTED


def test_a_revoked_authority_of_timestamps_is_not_believed() -> None:
    stamper = read_certificate(certificates.certificate(certificates.stamper()))
    assert judge(SIGNED, revoking(stamper.facts.thumbprint.encode())).signed_at is None


@pytest.mark.parametrize("content", [b"hello", b"12ab", b"\x30\x03\x02\x01\x01"])
def test_a_list_of_revoked_certificates_that_cannot_be_read_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError):
        read_revocations([content])


# Weak and unknown algorithms


def test_md5_is_never_trusted() -> None:
    signature = judge(signing.sign(IMAGE, "Contoso Ltd.", how=How(digest="md5")))
    assert (signature.state, signature.reason) == (
        UNTRUSTED,
        "its signature is made with MD2 or MD5, which can be forged",
    )


def test_md5_over_another_file_is_broken() -> None:
    signed = signing.sign(IMAGE, "Contoso Ltd.", how=How(digest="md5"))
    assert judge(changed(signed, 0x400)).state is BROKEN


def test_a_digest_of_a_kind_not_known_cannot_be_told() -> None:
    odd = SIGNED.replace(der.oid("2.16.840.1.101.3.4.2.1"), der.oid("2.16.840.1.101.3.4.2.9"))
    assert judge(odd).state is SignatureState.UNKNOWN


# Several signatures


def test_nested_signatures_are_judged_by_themselves() -> None:
    signature = judge(signing.sign(IMAGE, "Contoso Ltd.", how=How(digest="sha1", nested=How())))
    assert [(s.state, s.digest) for s in (signature, *signature.others)] == [(TRUSTED, "sha1"), (TRUSTED, "sha256")]


def test_a_nested_signature_does_not_help_a_broken_one() -> None:
    signature = judge(changed(signing.sign(IMAGE, "Contoso Ltd.", how=How(digest="sha1", nested=How())), 0x400))
    assert [s.state for s in (signature, *signature.others)] == [BROKEN, BROKEN]


def test_a_second_entry_of_the_table_is_judged_by_itself() -> None:
    start, end = table_of(SIGNED)
    second = with_message(SIGNED, message_of(signing.sign(IMAGE, MICROSOFT, trusted=False)))
    both = with_table_size(SIGNED + second[start:], end - start + len(second) - start)
    signature = judge(both)
    assert [s.state for s in (signature, *signature.others)] == [TRUSTED, UNTRUSTED]


def test_signatures_nested_without_end_are_bounded() -> None:
    how = How(stamp="")
    for _ in range(MAX_SIGNATURES + 2):
        how = How(stamp="", nested=how)
    assert len(judge(signing.sign(IMAGE, "Contoso Ltd.", how=how)).others) < MAX_SIGNATURES


# Page hashes


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_page_hashes_that_fit_are_told(algorithm: str) -> None:
    signed = signing.sign(IMAGE, "Contoso Ltd.", how=How(pages=algorithm))
    assert notes_of(signed) == (f"page hashes ({algorithm}) fit the file",)


def test_page_hashes_that_do_not_fit_are_told() -> None:
    signed = signing.sign(IMAGE, "Contoso Ltd.", how=How(pages="sha256"))
    assert "page hashes (sha256) do not fit the file" in notes_of(changed(signed, 0x400))


# Digests, keys, certificates


def test_an_unsigned_image_has_the_digest_it_will_have_signed() -> None:
    assert image_digests(IMAGE + b"x", "sha256") == image_digests(signing.sign(IMAGE + b"x", "Contoso"), "sha256")


def test_a_checksum_of_zeros_in_front_of_the_block_is_no_signature() -> None:
    wish = certificates.root(microsoft=False)
    algorithm = Algorithm("1.2.840.113549.1.1.5", b"")
    signature = certificates.sign_bytes("root", "sha1", b"signed")
    key = certificates.public_key(wish.key)
    assert check_signature(key, algorithm, b"signed", signature) is Check.FITS
    assert check_signature(key, algorithm, b"signed", changed(signature, 200)) is Check.DIFFERS
    assert check_signature(key, algorithm, b"signed", b"\0" + signature) is Check.DIFFERS


@pytest.mark.parametrize(("digest", "check"), [("sha1", Check.FITS), ("sha256", Check.DIFFERS)])
def test_a_sha1_digest_that_does_not_say_its_name_is_taken(digest: str, check: Check) -> None:
    """VeriSign and Symantec countersigned so, and Windows takes it."""
    plain = hashlib.new(digest, b"signed").digest()
    key, algorithm = certificates.public_key("root"), Algorithm("1.2.840.113549.1.1.1", b"")
    assert check_signature(key, algorithm, b"signed", certificates.sign_content("root", plain), digest) is check
    other = certificates.sign_content("root", plain[:-1] + b"?")
    assert check_signature(key, algorithm, b"signed", other, digest) is Check.DIFFERS


def test_a_signature_algorithm_must_name_the_signers_digest() -> None:
    key = certificates.public_key("root")
    signature = certificates.sign_bytes("root", "sha256", b"signed")
    algorithm = Algorithm("1.2.840.113549.1.1.11", b"")
    assert check_signature(key, algorithm, b"signed", signature, "sha1") is Check.STRANGE


def test_ecdsa_is_checked() -> None:
    private = ec.derive_private_key(12345, ec.SECP384R1())
    key = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    signature = private.sign(b"signed", ec.ECDSA(hashes.SHA384()))
    algorithm = Algorithm("1.2.840.10045.4.3.3", b"")
    assert check_signature(key, algorithm, b"signed", signature) is Check.FITS
    assert check_signature(key, algorithm, b"other", signature) is Check.DIFFERS


def test_an_rsa_key_that_is_too_short_is_not_known() -> None:
    short = der.sequence(
        der.sequence(der.oid("1.2.840.113549.1.1.1"), der.NULL),
        der.bits(der.sequence(der.integer((1 << 511) + 1), der.integer(65537))),
    )
    algorithm = Algorithm("1.2.840.113549.1.1.5", b"")
    assert check_signature(short, algorithm, b"signed", bytes(64)) is Check.STRANGE


def test_facts_of_a_certificate_agree_with_cryptography() -> None:
    wish = Wish('Con"to,so; <Ltd.> #1', common_name=" leading and trailing ", usages=(CODE,))
    found = read_certificate(certificates.certificate(wish)).facts
    other = x509.load_der_x509_certificate(certificates.certificate(wish))
    assert (found.subject, found.issuer) == (other.subject.rfc4514_string(), other.issuer.rfc4514_string())
    assert int(found.serial, 16) == other.serial_number
    assert (found.not_before, found.not_after) == (other.not_valid_before_utc, other.not_valid_after_utc)
    assert found.sha256 == other.fingerprint(hashes.SHA256()).hex()


def test_two_organisations_are_never_taken_for_one() -> None:
    pairs = [("2.5.4.10", MICROSOFT), ("2.5.4.10", "Contoso"), ("2.5.4.3", "x")]
    name = der.sequence(*(der.set_of(der.sequence(der.oid(k), der.text(v))) for k, v in pairs))
    body = der.sequence(
        der.integer(1),
        certificates.signature_algorithm("sha256"),
        name,
        der.sequence(der.time(SIGNED_AT), der.time(AFTER)),
        name,
        certificates.public_key("signer"),
    )
    plain = der.sequence(body, certificates.signature_algorithm("sha256"), der.bits(bytes(256)))
    assert read_certificate(plain).facts.organization == "Microsoft Corporation / Contoso"


def test_windows_roots_are_loaded_with_what_they_are_for() -> None:
    trust = load_trust()
    roots = [root for same in trust.roots.values() for root in same]
    assert len(roots) > 400
    assert {root.sha256 for root in roots} > trust.microsoft
    assert any(root.usages == frozenset({TIMESTAMPS}) for root in roots)


def test_roots_of_the_users_are_added() -> None:
    trust = load_trust(signing.test_roots(), microsoft=signing.test_thumbprints())
    assert judge(signing.sign(IMAGE, MICROSOFT), trust).is_microsoft


def test_a_file_of_roots_that_holds_none_is_refused() -> None:
    with pytest.raises(UsageError):
        load_trust((b"hello",))


def test_nothing_of_the_test_roots_is_trusted_in_earnest() -> None:
    assert judge(SIGNED, load_trust()).state is UNTRUSTED


def test_a_revocation_can_be_added_to_a_trust() -> None:
    signer = judge(SIGNED).signer
    assert signer is not None
    trust = replace(TRUST, revoked=Revoked(frozenset({signer.thumbprint})))
    assert judge(SIGNED, trust).state is UNTRUSTED
