"""What the first bytes of a configuration file tell."""

import re

from iisight.evidence.source import File, Source
from iisight.model.errors import EvidenceError

SNIFFED = 256 * 1024  # bytes from the start that are looked at

_IMAGE = re.compile(r"\bimage\s*=\s*[\"']([^\"']*)")
_BIN, _INETSRV = "%iis_bin%\\", "\\system32\\inetsrv\\"


def text_of(head: bytes) -> str:
    """Decode as far as markup can be told; bytes that are no text are dropped."""
    if head.startswith(b"\xff\xfe") or head[1:2] == b"\0":
        return head.decode("utf-16-le", "ignore")
    if head.startswith(b"\xfe\xff") or head[:1] == b"\0":
        return head.decode("utf-16-be", "ignore")
    return head.decode("utf-8", "ignore")


def is_express(source: Source, file: File) -> bool:
    """Tell whether an applicationHost.config takes its modules from IIS Express, and none from IIS.

    A server that is made to look like a developer's would have to do without every module of Windows.
    """
    try:
        with source.open(file) as stream:
            text = text_of(stream.read(SNIFFED))
    except EvidenceError:
        return False  # told when it is read
    images = [image.lower() for image in _IMAGE.findall(text)]
    return any(image.startswith(_BIN) for image in images) and not any(_INETSRV in image for image in images)
