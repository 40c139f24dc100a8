"""What Windows said of stock modules: saved results of Get-AuthenticodeSignature, when `IISIGHT_CORPUS` has some.

The files they are of are not there; their certificates are, with what .NET read in them.
"""

import base64
import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from iisight.parsers.authenticode.x509 import X509, read_certificate

_ROOT = Path(os.environ.get("IISIGHT_CORPUS", ""), "baseline")
FILES = sorted(_ROOT.rglob("*.xml")) if os.environ.get("IISIGHT_CORPUS") else []
_NAMESPACE = {"ps": "http://schemas.microsoft.com/powershell/2004/04"}
_LINE = re.compile(r"\[(.+?)\]\s+(.+)")
_ANY_ZONE = timedelta(hours=14)  # the times are those of the computer that saved them

pytestmark = pytest.mark.skipif(not FILES, reason="IISIGHT_CORPUS is not set, or has no saved results")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.stem))
def test_certificates_are_read_as_windows_read_them(path: Path) -> None:
    found = list(_certificates(path))

    assert found
    for certificate, said in found:
        facts = certificate.facts
        assert facts.thumbprint == said["Thumbprint"].lower()
        assert certificate.serial == int(said["Serial Number"], 16)
        assert _parts(facts.subject) == _parts(said["Subject"])
        assert _parts(facts.issuer) == _parts(said["Issuer"])
        early, late = (_shift(said[name], at) for name, at in _times(certificate))
        assert abs(early) <= _ANY_ZONE
        assert abs(late) <= _ANY_ZONE


def _certificates(path: Path) -> Iterator[tuple[X509, dict[str, str]]]:
    """Yield the certificates of signer and timestamp, and what .NET printed of each."""
    for thing in ET.fromstring(path.read_bytes()).iterfind(".//ps:Obj", _NAMESPACE):
        raw = thing.findtext("ps:Props/ps:BA[@N='RawData']", None, _NAMESPACE)
        if raw is not None:
            text = thing.findtext("ps:ToString", "", _NAMESPACE).replace("_x000D_", "").replace("_x000A_", "\n")
            yield read_certificate(base64.b64decode(raw)), dict(_LINE.findall(text))


def _parts(name: str) -> list[str]:
    """Return the parts of a name in any order; .NET has `S` for what RFC 4514 calls `ST`."""
    return sorted(re.sub(r"^S=", "ST=", part.strip()) for part in name.split(","))


def _times(certificate: X509) -> tuple[tuple[str, datetime], tuple[str, datetime]]:
    return ("Not Before", certificate.not_before), ("Not After", certificate.not_after)


def _shift(said: str, at: datetime) -> timedelta:
    return datetime.strptime(said, "%m/%d/%Y %I:%M:%S %p") - at.replace(tzinfo=None)  # noqa: DTZ007  a local time
