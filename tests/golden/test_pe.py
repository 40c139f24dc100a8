"""What the PE reader says of a few built files, in words; `python -m tests.golden.test_pe` writes it anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from iisight.model.locator import Locator
from iisight.parsers import pe
from iisight.parsers.pe.clr import assembly_facts
from iisight.workbench.pe import PeSpec, build

FOLDER = Path(__file__).parent / "pe"
SPECS = {
    "native_module_x64": PeSpec(
        exports=("RegisterModule",),
        imports={"KERNEL32.dll": ("Sleep", "#7")},
        company="Example Ltd",
        product="Example",
        original_name="example.dll",
        file_version="1.2.3.4",
    ),
    "isapi_x86": PeSpec(
        machine="x86", exports=("GetExtensionVersion", "HttpExtensionProc=other.Proc"), timestamp=86_400
    ),
    "managed_any_cpu": PeSpec(
        managed=True,
        assembly="Example",
        assembly_version="1.2.3.4",
        types=(("Example.Module", "System.Object", ("System.Web.IHttpModule",)),),
        assembly_attributes=("System.Web.PreApplicationStartMethodAttribute",),
    ),
}


def told(data: bytes) -> Iterator[str]:
    """Yield lines that a person can check."""
    image = pe.parse(data, Locator("example.dll"))
    yield f"machine {image.machine}, dll {image.is_dll}, 64-bit {image.is_64bit}, managed {image.is_managed}"
    yield f"any cpu {image.any_cpu}, linked {image.timestamp}"
    yield from (f"export {e.ordinal} {e.name}{f' -> {e.forward}' if e.forward else ''}" for e in image.exports)
    yield from (f"import {dll}: {', '.join(functions)}" for dll, functions in image.imports)
    yield from (f"section {s.name} writable {s.writable} executable {s.executable}" for s in image.sections)
    yield f"version {image.version}"
    yield from (f"note {note}" for note in image.notes)
    facts = assembly_facts(data)
    if facts is not None:
        yield f"assembly {facts.name} {facts.version} token '{facts.public_key_token}'"
        yield from (f"type {t.name} : {t.base}, {', '.join(t.interfaces)}" for t in facts.types)
        yield from (f"attribute {name}" for name in facts.assembly_attributes)


@pytest.mark.parametrize("name", SPECS)
def test_what_is_read_is_what_was_written_down(name: str) -> None:
    assert list(told(build(SPECS[name]))) == (FOLDER / f"{name}.txt").read_text("utf-8").splitlines()


if __name__ == "__main__":
    for key, spec in SPECS.items():
        (FOLDER / f"{key}.txt").write_text("\n".join(told(build(spec))) + "\n", encoding="utf-8", newline="\n")
