"""Archives of any bytes: only EvidenceError may escape."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import suppress

import zstandard

from iisight.evidence.archive_tar import open_tar
from iisight.evidence.archive_zip import open_zip
from iisight.evidence.source import Source
from iisight.evidence.stream import form_of
from iisight.model.errors import EvidenceError

_LIMIT = 64 * 1024


def fuzz_one(data: bytes) -> None:
    """Open and read `data` as each kind of archive."""
    _read_all(lambda: open_zip(io.BytesIO(data)))
    _read_all(lambda: open_tar(data))
    _read_all(lambda: open_tar(data, form_of(data) or "gz"))


def seeds() -> list[bytes]:
    """Return small archives of every kind."""
    files = {"C/Windows/System32/inetsrv/config/applicationHost.config": b"<configuration/>", "C/a": b"a" * 600}
    plain, zipped = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, body in files.items():
            info = tarfile.TarInfo(name * (1 + len(body) // 600))
            info.size, info.pax_headers = len(body), {"comment": "é"}
            tar.addfile(info, io.BytesIO(body))
    with zipfile.ZipFile(zipped, "w") as archive:
        methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
        for method in methods:
            for name, body in files.items():
                archive.writestr(zipfile.ZipInfo(f"{method}/{name}"), body, method)
    tarred = plain.getvalue()
    compress = zstandard.ZstdCompressor().compress
    packed = [gzip.compress(tarred, mtime=0), bz2.compress(tarred), lzma.compress(tarred), compress(tarred)]
    return [zipped.getvalue(), tarred, *packed]


def _read_all(opening: Callable[[], Source]) -> None:
    with suppress(EvidenceError):
        source = opening()
        for file in source.below(""):
            with suppress(EvidenceError):
                source.read(file, _LIMIT)
