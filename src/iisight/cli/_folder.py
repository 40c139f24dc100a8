"""A folder that a command fills: new or empty, and never within the evidence."""

from collections.abc import Mapping
from pathlib import Path

from iisight.model.errors import UsageError


def checked(option: str, folder: Path, *evidence: Path) -> Path:
    """Return a folder that may be filled; raises UsageError before any work is done."""
    place = folder.resolve()
    if any(place.is_relative_to(given.resolve()) for given in evidence):
        raise UsageError(f"{option} {folder}: that would write into the evidence")
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{option} {folder}: expected a new or an empty folder")
        if not place.parent.is_dir():
            raise UsageError(f"{option} {folder}: the folder that it would lie in is not there")
    except OSError as error:
        raise UsageError(f"{option} {folder}: {error.strerror}") from error
    return folder


def fill(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder that was checked: all of them, or none; raises UsageError.

    They are made where they stay, so that they have the rights of the folder that the user chose.
    """
    written: list[Path] = []
    try:
        folder.mkdir(exist_ok=True)
        for name, data in files.items():
            with (folder / name).open("xb") as file:
                written.append(folder / name)
                file.write(data)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise UsageError(f"{folder}: {error.strerror}") from error
