"""Fuzz target of embedded signatures: certificate table, PKCS#7, certificates, timestamps, and their judgement."""

from datetime import UTC, datetime

from iisight.examine.signature import judge_image
from iisight.examine.trust import load_trust
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.authenticode import parse_signed_data, read_certificate, read_indirect_data
from iisight.parsers.pe import is_pe

AT = datetime(2024, 1, 1, tzinfo=UTC)


def fuzz_one(data: bytes) -> None:
    """Judge an image, or read PKCS#7; only ParseError may come of the parsers, and of the judge nothing."""
    if is_pe(data):
        judge_image(data, load_trust(), AT)
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
    return []
