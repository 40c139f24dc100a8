"""The parsers against the libraries one would take instead: ElementTree and pefile."""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pefile

from benchmarks.estates import estate
from benchmarks.measure import Measured, best_of
from iisight.model.locator import Locator
from iisight.parsers import pe, xml
from iisight.workbench import stock
from iisight.workbench.pe import PeSpec, build


def run() -> Iterator[Measured]:
    """Yield the ratios."""
    text = estate(1000)[stock.APPHOST]
    ours = best_of(5, lambda: xml.parse(text, Locator("x")))
    peer = best_of(5, lambda: ET.fromstring(text))
    what = f"XML of {len(text) / 1e6:.1f} MB with places / ElementTree without"
    yield Measured(what, ours / peer, "x", note=f"{ours * 1000:.0f} ms")
    exports = tuple(f"Function{n}" for n in range(500))
    image = build(PeSpec(exports=exports, company="Example", original_name="example.dll"))
    ours = best_of(20, lambda: pe.parse(image, Locator("x")))
    peer = best_of(5, lambda: pefile.PE(data=image))
    yield Measured("PE with 500 exports / pefile", ours / peer, "x", note=f"{ours * 1000:.2f} ms")
