"""Open evidence by what it is, whatever it is called."""

import stat
from pathlib import Path

from iisight.evidence.archive_tar import open_tar
from iisight.evidence.archive_zip import open_zip
from iisight.evidence.folder import open_folder
from iisight.evidence.single import open_single
from iisight.evidence.source import Source
from iisight.evidence.stream import Forward, form_of
from iisight.model.errors import EvidenceError

_BLOCK = 512
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_ARCHIVES = {b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "RAR", b"MSCF": "CAB"}
_NAMED = frozenset({
    ".7z", ".bz2", ".cab", ".gz", ".lz4", ".lzma", ".rar", ".tar", ".tbz", ".tbz2", ".tgz", ".txz", ".tzst", ".xz",
    ".z", ".zip", ".zst",
})  # fmt: skip
_IMAGES = {
    b"EVF\x09\x0d\x0a\xff\x00": "E01",
    b"EVF2\r\n\x81\x00": "Ex01",
    b"LVF\x09\x0d\x0a\xff\x00": "L01",
    b"vhdxfile": "VHDX",
    b"conectix": "VHD",
    b"KDMV": "VMDK",
    b"COWD": "VMDK",
    b"# Disk DescriptorFile": "VMDK",
    b"QFI\xfb": "QCOW",
}


def open_source(path: Path) -> Source:
    """Return the source of a folder, a ZIP or tar archive or a single file; raises EvidenceError."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return open_folder(path)
        if not stat.S_ISREG(mode):
            raise EvidenceError(f"{path}: neither a file nor a folder; give a copy of the evidence")
        with path.open("rb") as stream:
            head = stream.read(2 * _BLOCK)
            stream.seek(max(0, path.stat().st_size - _BLOCK))
            tail = stream.read(_BLOCK)
    except (OSError, ValueError) as error:
        raise EvidenceError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    return _open_file(path, head, tail)


def _open_file(path: Path, head: bytes, tail: bytes) -> Source:
    if head.startswith(_ZIP):
        return open_zip(path)
    _refuse(path, head, tail)
    form = form_of(head)
    if form is not None:
        if not _is_tar(_decompressed_head(path, form)):
            raise EvidenceError(f"{path}: compressed ({form}), and not a tar archive; decompress it first")
        return open_tar(path, form)
    if _is_tar(head):
        return open_tar(path)
    if path.suffix.lower() in _NAMED:
        raise EvidenceError(f"{path}: is named like an archive and is none; copy it again")
    return open_single(path)


def _refuse(path: Path, head: bytes, tail: bytes) -> None:
    """Raise EvidenceError for what other programs open better, with what to do."""
    for magic, what in _ARCHIVES.items():
        if head.startswith(magic):
            raise EvidenceError(f"{path}: a {what} archive; extract it and give the folder")
    image = next((what for magic, what in _IMAGES.items() if head.startswith(magic)), None)
    if tail.startswith(b"conectix"):
        image = "VHD"
    if image is None and _is_raw_disk(head):
        image = "raw"
    if image is not None:
        raise EvidenceError(f"{path}: a disk image ({image}); mount it read-only and give the folder of its drive")


def _is_raw_disk(head: bytes) -> bool:
    """Recognise a boot sector by its signature and its partition table, its file system or its GPT header."""
    if head[3:11] in (b"NTFS    ", b"ReFS\0\0\0\0", b"-FVE-FS-") or head[512:520] == b"EFI PART":
        return True
    if head[510:512] != b"\x55\xaa" or head.startswith(b"MZ"):
        return False
    return all(head[at] in (0x00, 0x80) for at in range(446, 510, 16)) and any(head[446:510])


def _is_tar(head: bytes) -> bool:
    """Recognise a tar header by its magic (POSIX.1-2017 pax) or, before it had one, by its checksum."""
    if head[257:262] == b"ustar":
        return True
    block = head[:_BLOCK]
    if len(block) < _BLOCK or not block.strip(b"\0"):
        return False
    try:
        declared = int(block[148:156].strip(b"\0 "), 8)
    except ValueError:
        return False
    return declared == sum(block[:148]) + sum(block[156:]) + 8 * 32


def _decompressed_head(path: Path, form: str) -> bytes:
    with path.open("rb") as stream:
        return Forward(stream, form, path.name).read(_BLOCK)
