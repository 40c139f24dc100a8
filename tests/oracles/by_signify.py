"""What signify says of a file's signatures."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.oracles.oscrypto_shim import import_oscrypto


@dataclass(frozen=True, slots=True)
class SignifyVerdict:
    """One signature of a file; `result` and `error` are signify's own words."""

    result: str  # `OK`, `NOT_SIGNED`, `INVALID_DIGEST`, `CERTIFICATE_ERROR`, …
    error: str = ""
    signer: str = ""  # common name
    digest: str = ""
    stamp: str = ""  # `RFC3161` or `legacy`; empty: none
    signed_at: str = ""  # what the timestamp says, ISO 8601


def verify(data: bytes) -> list[SignifyVerdict]:
    """Return one verdict for each embedded signature, nested ones too; one `NOT_SIGNED` when there is none."""
    import_oscrypto()
    from signify.authenticode import AuthenticodeFile

    try:
        file = AuthenticodeFile.from_stream(io.BytesIO(data), "file.dll")
        found = list(_verdicts(file))
        return found or [SignifyVerdict("NOT_SIGNED", _why_unsigned(file))]
    except Exception as error:  # signify lets IndexError, struct.error and others out
        return [SignifyVerdict("PARSE_ERROR", _text(error))]


def _verdicts(file: Any) -> Iterator[SignifyVerdict]:
    from signify.authenticode.verification_result import AuthenticodeVerificationResult

    for signed in file.iter_embedded_signatures():
        result, error = AuthenticodeVerificationResult.call(_verify, file, signed)
        stamp, at = _stamp(signed)
        yield SignifyVerdict(
            result.name, _text(error) if error else "", _signer(signed), signed.digest_algorithm().name, stamp, at
        )


def _verify(file: Any, signed: Any) -> None:
    hashes = file.get_fingerprints(signed.indirect_data.digest_algorithm)
    list(file.verify_signature(signed, expected_hashes=hashes)[2])


def _why_unsigned(file: Any) -> str:
    try:
        list(file.iter_embedded_signatures(ignore_parse_errors=False))
    except Exception as error:  # as above
        return _text(error)
    return ""


def _signer(signed: Any) -> str:
    info = signed.signer_info
    for certificate in signed.certificates:
        if certificate.serial_number == info.serial_number and certificate.issuer == info.issuer:
            return str(next(iter(certificate.subject.get_components("CN")), certificate.subject.dn))
    return ""


def _stamp(signed: Any) -> tuple[str, str]:
    stamp = signed.signer_info.countersigner
    if stamp is None:
        return "", ""
    kind = "RFC3161" if hasattr(stamp, "tst_info") else "legacy"
    return kind, stamp.signing_time.isoformat() if stamp.signing_time else ""


def _text(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]
