"""Read a PE file's headers, names and version, within bounds, whatever the bytes.

We read it ourselves because the files come from a machine an intruder owned, and thousands of them are read
in one run: work is bounded by the constants of these modules and not by counts the file claims, and it takes
about a thirtieth of the time of a general reader such as pefile, which is the oracle of the tests.
The format is that of Microsoft's "PE Format" specification; where the Windows loader is known to differ from
it, the loader is followed.
"""

from dataclasses import replace

from iisight.model.binary import Image
from iisight.model.locator import Locator
from iisight.parsers.pe.clr import is_any_cpu, read_clr_header
from iisight.parsers.pe.exports import read_exports
from iisight.parsers.pe.headers import is_pe, read_headers
from iisight.parsers.pe.imports import read_imports
from iisight.parsers.pe.version import read_version

VERSION = 3

__all__ = ["VERSION", "is_pe", "parse"]


def parse(data: bytes | memoryview, locator: Locator) -> Image:
    """Read an image; raise ParseError when it is no PE at all, and note what is damaged deeper."""
    view = read_headers(data, locator)
    notes = list(view.notes)
    clr = read_clr_header(view, notes)
    headers = replace(view.image, is_managed=clr is not None, any_cpu=is_any_cpu(view, clr))
    exports = read_exports(view, notes)
    imports, delayed = read_imports(view, notes)
    version = read_version(view, notes)
    return replace(
        headers,
        exports=exports,
        imports=imports,
        delayed=delayed,
        version=version,
        notes=tuple(dict.fromkeys(notes)),
    )
