"""Which disagreements with an oracle are explained, and which are not; no oracle is asked here."""

import re

import pytest

from iisight.workbench.pe import PeSpec, build
from iisight.workbench.signing import sign
from tests.oracles.comparison import Comparison
from tests.oracles.oscrypto_shim import import_oscrypto
from tests.oracles.reasons import File, explained

SIGNED = sign(build(PeSpec()), "Contoso")


def reason(data: bytes, oracle: str, ours: str, theirs: str, topic: str = "signature") -> str:
    return explained(Comparison(oracle, topic, ours, theirs), File(data)).reason


def test_what_agrees_needs_no_reason() -> None:
    assert reason(SIGNED[:-1], "signify", "broken", "broken") == ""


def test_a_signature_that_is_trusted_here_alone_has_no_reason() -> None:
    assert reason(SIGNED, "signify", "trusted", "untrusted") == ""


def test_a_signature_that_is_missed_here_has_no_reason() -> None:
    assert reason(SIGNED, "osslsigncode", "no signature", "trusted") == ""


def test_a_damaged_timestamp_is_no_reason_to_trust() -> None:
    assert reason(SIGNED, "signify", "trusted", "bad timestamp") == ""


@pytest.mark.parametrize(
    ("data", "oracle", "ours", "theirs", "name"),
    [
        (SIGNED[:-1], "signify", "broken", "no signature", "table cut off"),
        (SIGNED + b"x", "osslsigncode", "broken", "no signature", "data behind the table"),
        (SIGNED, "signify", "untrusted", "bad timestamp", "timestamp that does not verify"),
        (SIGNED, "signify", "trusted, unreadable", "unreadable", "signature that cannot be read"),
        (SIGNED, "osslsigncode", "broken", "untrusted", "failed for any reason"),
    ],
)
def test_a_reason_is_told_from_the_bytes(data: bytes, oracle: str, ours: str, theirs: str, name: str) -> None:
    assert reason(data, oracle, ours, theirs) == name


def test_a_timestamp_is_no_reason_for_openssl_when_its_serial_number_is_der() -> None:
    assert reason(_stamped(bytes.fromhex("02020080")), "osslsigncode", "trusted", "untrusted") == ""


@pytest.mark.parametrize("serial", ["0202007f", "0202ff80"])
def test_a_serial_number_that_is_no_der_explains_a_timestamp_that_openssl_misses(serial: str) -> None:
    stamped = _stamped(bytes.fromhex(serial))
    assert reason(stamped, "osslsigncode", "trusted", "untrusted") == "timestamp that OpenSSL does not read"
    assert reason(stamped, "signify", "trusted", "untrusted") == ""


def _stamped(serial: bytes) -> bytes:
    """Return the signed file with a TSTInfo, no more of it than the reason looks at, in its certificate table."""
    info = bytes.fromhex("020101 06012a 3000") + serial
    octets = bytes((0x30, len(info))) + info
    token = bytes((0x04, len(octets))) + octets
    wanted = bytes.fromhex("060b2a864886f70d0109100104") + bytes((0xA0, len(token))) + token
    return SIGNED[: -len(wanted)] + wanted


def test_no_signature_found_by_an_oracle_does_not_explain_trust() -> None:
    assert reason(SIGNED, "signify", "trusted", "unreadable") == ""


def test_a_timestamp_that_holds_explains_no_trust_of_the_oracle_alone() -> None:
    assert reason(SIGNED, "osslsigncode", "untrusted", "trusted") == ""


def test_a_damaged_part_explains_that_none_trusts() -> None:
    assert reason(SIGNED, "signify", "untrusted", "unreadable") == "damaged where the oracle stops"
    assert reason(b"", "signify", "untrusted", "unreadable") == ""


def test_an_entropy_that_is_far_off_has_no_reason() -> None:
    assert reason(b"", "pefile", "6.00; 7.00", "6.00; 7.20", "entropy") == ""


def test_the_import_of_oscrypto_leaves_regular_expressions_as_they_were() -> None:
    before = re.search
    import_oscrypto()
    assert re.search is before
