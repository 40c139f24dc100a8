"""A PE file below its headers: what its tables, stamps and bytes tell of how it was made."""

import re
from dataclasses import replace

from iisight.model.binary import Image
from iisight.model.examination import Anatomy, SectionContent
from iisight.model.locator import Locator
from iisight.parsers.pe.checksum import checksum_fits
from iisight.parsers.pe.debug import read_debug
from iisight.parsers.pe.entropy import entropy
from iisight.parsers.pe.headers import CLR, DELAY_IMPORT, View, read_headers
from iisight.parsers.pe.imphash import imphash
from iisight.parsers.pe.imports import Imports, read_imports
from iisight.parsers.pe.layout import raw, read_layout
from iisight.parsers.pe.loading import count_callbacks, read_load_config
from iisight.parsers.pe.oddities import find_oddities
from iisight.parsers.pe.overlay import find_overlay
from iisight.parsers.pe.packing import find_packer
from iisight.parsers.pe.resources import read_resources
from iisight.parsers.pe.rich import read_rich
from iisight.parsers.pe.timestamps import read_times
from iisight.parsers.pe.version import says_debug

VERSION = 2

# `msvcr90d.dll`, `ucrtbased.dll`, `vcruntime140_1d.dll`, `msvcp140d_atomic_wait.dll`, `mfc140ud.dll`
_DEBUG_RUNTIME = re.compile(
    r"(ucrtbase|vcruntime\d+(_\d)?|msvc[rp]t|(msvc[rp]|mfc|mfcm)\d+u?)d(_\w+)?\.dll", re.IGNORECASE
)


def read_anatomy(
    data: bytes | memoryview, locator: Locator, image: Image | None = None
) -> tuple[Anatomy, tuple[str, ...]]:
    """Return the anatomy and notes of what could not be read; raise ParseError when it is no PE at all.

    `image` saves reading again what `parse` gave of the same file.
    """
    view = read_headers(data, locator)
    layout = read_layout(view)
    notes = list(view.notes)
    imports = _bound_imports(view, notes) if image is None else image.bound
    sections = tuple(SectionContent(row.name, entropy(raw(view, row))) for row in layout.rows)
    rich, rich_fits = read_rich(view, layout, notes)
    debug = read_debug(view, notes)
    config = read_load_config(view)
    is_managed = bool(view.directory(CLR)[0])
    times = read_times(view, debug, config)
    anatomy = Anatomy(
        imphash=imphash(imports),
        sections=sections,
        resources=read_resources(view, notes),
        rich=rich,
        rich_fits=rich_fits,
        pdb=debug.pdb,
        tls_callbacks=count_callbacks(view, notes),
        overlay=find_overlay(view, layout),
        checksum_fits=checksum_fits(view, layout, notes),
        has_guard_cf=config.has_guard_cf,
        is_reproducible=debug.is_reproducible,
        is_debug=says_debug(view) or any(_DEBUG_RUNTIME.fullmatch(dll) for dll, _ in imports),
        times=times,
        oddities=find_oddities(layout, times, is_reproducible=debug.is_reproducible, is_managed=is_managed),
        packer=find_packer(layout, sections, imports, is_managed=is_managed),
    )
    return anatomy, tuple(dict.fromkeys(notes))


def _bound_imports(view: View, notes: list[str]) -> Imports:
    """Read the imports bound at load: a view that ends before the delayed ones has no others."""
    return read_imports(replace(view, directories=view.directories[:DELAY_IMPORT]), notes)[0]
