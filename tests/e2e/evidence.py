"""Write the same evidence in every form that iisight opens."""

import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import zstandard

Files = Mapping[str, bytes]


def collected(path: str) -> str:
    """Return a Windows path as a copied drive has it: `C/Windows/…`."""
    return path.replace(":", "", 1).replace("\\", "/")


def as_folder(files: Files, folder: Path) -> Path:
    """Write a copied drive."""
    target = folder / "drive"
    for path, body in files.items():
        file = target / collected(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    return target


def as_zip(files: Files, folder: Path) -> Path:
    """Write a ZIP archive."""
    target = folder / "evidence.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for path, body in files.items():
            archive.writestr(zipfile.ZipInfo(collected(path)), body)
    return target


def as_tar_gz(files: Files, folder: Path) -> Path:
    """Write a tar archive, compressed by gzip."""
    target = folder / "evidence.tar.gz"
    with tarfile.open(target, "w:gz") as archive:
        _fill(archive, files)
    return target


def as_tar_zst(files: Files, folder: Path) -> Path:
    """Write a tar archive, compressed by Zstandard."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        _fill(archive, files)
    target = folder / "evidence.tar.zst"
    target.write_bytes(zstandard.compress(plain.getvalue()))
    return target


FORMS: tuple[Callable[[Files, Path], Path], ...] = (as_folder, as_zip, as_tar_gz, as_tar_zst)


def _fill(archive: tarfile.TarFile, files: Files) -> None:
    for path, body in files.items():
        entry = tarfile.TarInfo(collected(path))
        entry.size = len(body)
        archive.addfile(entry, io.BytesIO(body))
