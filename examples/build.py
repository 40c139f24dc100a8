"""Build the compromised server that `README.md` describes: `python examples/build.py examples/compromised.zip`."""

import argparse
import sys
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from iisight.workbench.event_logs import logs_of
from iisight.workbench.images import CATALOGUE_FOLDER
from iisight.workbench.pages import Case, blocks_of, files_of, times_of

PAGE = Path(__file__).with_name("README.md")
_WRITTEN = datetime(2024, 6, 1, tzinfo=UTC)
"""When a file is said to be written that the page gives no time for: an archive may not depend on the clock."""


def server() -> dict[str, bytes]:
    """Return the files of the page's server by Windows path, without catalogues: nobody trusts those of tests."""
    case = _case()
    files = {**files_of(case), **logs_of(case.blocks)}
    return {path: data for path, data in files.items() if not path.startswith(CATALOGUE_FOLDER)}


def write_zip(files: Mapping[str, bytes], target: Path) -> None:
    """Write files as a copied drive: `C:\\Windows\\…` is `C/Windows/…`. The same files give the same bytes."""
    times = times_of(_case(), files)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            written = times.get(path, _WRITTEN)
            entry = zipfile.ZipInfo(path.replace(":", "", 1).replace("\\", "/"), written.timetuple()[:6])
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, files[path])


def _case() -> Case:
    return Case("compromised", True, tuple(blocks_of(PAGE.read_text("utf-8"))))


def main() -> int:
    """Build the archive at the path given."""
    parser = argparse.ArgumentParser(description="Build the compromised server of examples/README.md; all inert.")
    parser.add_argument("target", type=Path, help="the ZIP to write")
    target: Path = parser.parse_args().target
    files = server()
    try:
        write_zip(files, target)
    except OSError as error:
        parser.error(f"{target}: {error.strerror}")
    print(f"{target}: {len(files)} files, {target.stat().st_size} bytes, all inert")
    return 0


if __name__ == "__main__":
    sys.exit(main())
