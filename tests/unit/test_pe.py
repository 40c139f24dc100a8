"""The PE reader, with pefile as the oracle for what the builder writes."""

import struct
from dataclasses import replace
from datetime import UTC, datetime

import pefile
import pytest

from iisight.model.binary import Export, Image, Machine, VersionInfo
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers import pe
from iisight.parsers.pe.clr import AssemblyFacts, TypeFacts, assembly_facts
from iisight.parsers.pe.exports import ENTRY_POINTS, MAX_EXPORTS, MAX_KEPT
from iisight.workbench.pe import PeSpec, build, spec_from_mapping

MACHINES = ("x86", "x64", "arm64")
AT = Locator(r"C:\Windows\System32\inetsrv\sample.dll")
NATIVE = PeSpec(
    exports=("RegisterModule", "HttpExtensionProc", "_Filter@12", "Old=OTHER.New"),
    imports={"kernel32.dll": ("GetVersion", "#5"), "contoso.dll": ("#115",)},
    company="Contoso Ltd.",
    product="Contoso Señalización",
    description="Sample",
    original_name="sample.dll",
    internal_name="sample",
    file_version="10.0.17763.1 (build)",
    product_version="10.0",
    copyright="© Contoso",
    timestamp=1_600_000_000,
    sections=("PACKED:rwx",),
    strings=("plain text",),
    wide_strings=("wide text",),
)
MANAGED = PeSpec(
    managed=True,
    assembly="Contoso.Web",
    assembly_version="1.2.3.4",
    types=(
        ("Contoso.Module", "System.Object", ("System.Web.IHttpModule", "System.IDisposable")),
        ("Contoso.Derived", "Contoso.Module", ()),
        ("Contoso.IThing", "", ()),
    ),
    assembly_attributes=("System.Web.PreApplicationStartMethodAttribute", "Contoso.Derived"),
)


def parse(data: bytes) -> Image:
    return pe.parse(data, AT)


def facts(spec: PeSpec) -> AssemblyFacts:
    found = assembly_facts(build(spec))
    assert found is not None
    return found


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_machine_is_read_without_a_note(machine: str) -> None:
    image = parse(build(replace(NATIVE, machine=machine)))
    assert (image.machine, image.is_64bit, image.notes) == (Machine(machine), machine != "x86", ())


def test_exports_are_those_pefile_reads(machine: str) -> None:
    data = build(replace(NATIVE, machine=machine))
    with pefile.PE(data=data) as oracle:
        symbols = [(s.ordinal, s.name.decode(), s.forwarder) for s in oracle.DIRECTORY_ENTRY_EXPORT.symbols]
    read = [(e.ordinal, e.name, e.forward.encode() if e.forward else None) for e in parse(data).exports]
    assert read == sorted(symbols)


def test_exports_come_by_ordinal_with_their_forwarders() -> None:
    assert parse(build(NATIVE)).exports == (
        Export("RegisterModule", 1),
        Export("HttpExtensionProc", 2),
        Export("_Filter@12", 3),
        Export("Old", 4, forward="OTHER.New"),
    )


def test_a_decorated_export_answers_to_its_plain_name() -> None:
    assert parse(build(NATIVE)).exports_name("Filter")


def test_imports_are_those_pefile_reads(machine: str) -> None:
    data = build(replace(NATIVE, machine=machine))
    with pefile.PE(data=data) as oracle:
        expected = tuple(
            (d.dll.decode(), tuple(f"#{i.ordinal}" if i.ordinal else i.name.decode() for i in d.imports))
            for d in oracle.DIRECTORY_ENTRY_IMPORT
        )
    assert parse(data).imports == expected == tuple(NATIVE.imports.items())


def test_version_strings_are_those_pefile_reads(machine: str) -> None:
    data = build(replace(NATIVE, machine=machine))
    with pefile.PE(data=data) as oracle:
        table = next(i for i in oracle.FileInfo[0] if i.Key == b"StringFileInfo").StringTable[0]
        entries = {key.decode(): value.decode() for key, value in table.entries.items()}
    assert parse(data).version == VersionInfo(
        company=entries["CompanyName"],
        product=entries["ProductName"],
        description=entries["FileDescription"],
        original_name=entries["OriginalFilename"],
        internal_name=entries["InternalName"],
        file_version=entries["FileVersion"],
        product_version=entries["ProductVersion"],
        copyright=entries["LegalCopyright"],
    )


def test_an_image_without_version_texts_has_no_version_information() -> None:
    assert parse(build(PeSpec())).version is None


def test_a_version_text_that_is_not_there_is_none() -> None:
    assert parse(build(PeSpec(company="Contoso"))).version == VersionInfo(company="Contoso")


def test_sections_are_those_pefile_reads(machine: str) -> None:
    data = build(replace(NATIVE, machine=machine))
    with pefile.PE(data=data) as oracle:
        expected = [(s.Name.rstrip(b"\0").decode(), s.Misc_VirtualSize, s.SizeOfRawData) for s in oracle.sections]
    assert [(s.name, s.virtual_size, s.raw_size) for s in parse(data).sections] == expected


def test_a_writable_executable_section_is_told() -> None:
    section = parse(build(NATIVE)).sections[-1]
    assert (section.name, section.writable, section.executable) == ("PACKED", True, True)


def test_the_link_time_is_in_utc() -> None:
    assert parse(build(NATIVE)).timestamp == datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)


@pytest.mark.parametrize("dll", [True, False])
def test_a_dll_is_told_from_a_program(dll: bool) -> None:
    assert parse(build(replace(NATIVE, dll=dll))).is_dll is dll


def test_a_native_image_is_not_managed() -> None:
    data = build(NATIVE)
    assert (parse(data).is_managed, assembly_facts(data)) == (False, None)


def test_the_facts_of_an_assembly_are_read(machine: str) -> None:
    assert facts(replace(MANAGED, machine=machine)) == AssemblyFacts(
        name="Contoso.Web",
        version="1.2.3.4",
        public_key_token="",
        type_refs=(
            "System.Object",
            "System.Web.IHttpModule",
            "System.IDisposable",
            "System.Web.PreApplicationStartMethodAttribute",
        ),
        assembly_attributes=("Contoso.Derived", "System.Web.PreApplicationStartMethodAttribute"),
        types=(
            TypeFacts("Contoso.Module", "System.Object", ("System.Web.IHttpModule", "System.IDisposable")),
            TypeFacts("Contoso.Derived", "Contoso.Module", ()),
            TypeFacts("Contoso.IThing", "", ()),
        ),
    )


@pytest.mark.parametrize("token", ["b77a5c561934e089", "b03f5f7f11d50a3a", "31bf3856ad364e35"])
def test_the_public_key_token_is_that_of_the_key(token: str) -> None:
    spec = spec_from_mapping({"managed": True, "assembly": "System.Web", "public_key_token": token})
    assert facts(spec).public_key_token == token


@pytest.mark.parametrize(
    ("machine", "any_cpu", "expected"),
    [("x86", True, True), ("x86", False, False), ("x64", True, False)],
)
def test_any_cpu_is_il_alone_without_need_of_32_bits(machine: str, any_cpu: bool, expected: bool) -> None:
    assert parse(build(replace(MANAGED, machine=machine, any_cpu=any_cpu))).any_cpu is expected


def test_a_cut_metadata_table_is_noted_and_the_name_still_read() -> None:
    data = bytearray(build(MANAGED))
    # The row count of CustomAttribute, the sixth table, stands behind the 24 bytes of the header of #~.
    tables = data.index(b"\x02\x00\x07\x01", data.index(b"BSJB")) - 4
    struct.pack_into("<I", data, tables + 24 + 4 * 5, 0x7FFFFFFF)
    found = assembly_facts(bytes(data))
    assert found is not None
    assert "metadata table 0x0c: of 2147483647 rows not all are read" in found.notes


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected `MZ` at the start of an executable file"),
        (b"MZ", "expected 64 bytes of DOS header, found 2"),
        (b"MZ".ljust(64, b"\0"), "expected the PE signature where e_lfanew points"),
        (build(NATIVE)[:0x90], "expected 20 bytes of COFF header, found 12"),
        (build(NATIVE)[:0x98], "expected an optional header of PE32 or PE32+, found end of file"),
        (build(NATIVE)[:0xA0], "expected 112 bytes of optional header, found 8"),
    ],
)
def test_what_is_no_pe_is_a_parse_error(data: bytes, message: str) -> None:
    with pytest.raises(ParseError) as error:
        parse(data)
    assert error.value.message == message


def test_a_parse_error_names_the_place() -> None:
    with pytest.raises(ParseError, match=r"sample\.dll\+0x80: "):
        parse(build(NATIVE)[:0x80].ljust(0x100, b"\0"))


def test_a_cut_file_keeps_its_headers_and_notes_the_rest() -> None:
    image = parse(build(NATIVE)[:0x600])
    assert image.is_dll
    assert "section '.rdata' runs past the end of the file" in image.notes


def test_a_damaged_export_table_is_noted_and_the_imports_still_read() -> None:
    data = bytearray(build(NATIVE))
    struct.pack_into("<I", data, 0x98 + 112, 0x7FFFFFF0)  # RVA of the export directory
    image = parse(bytes(data))
    assert image.notes == ("the export table at RVA 0x7ffffff0 cannot be read",)
    assert image.imports == tuple(NATIVE.imports.items())


def test_more_exports_than_ordinals_are_not_read() -> None:
    data = bytearray(build(NATIVE))
    with pefile.PE(data=bytes(data)) as oracle:
        count_at = oracle.DIRECTORY_ENTRY_EXPORT.struct.get_field_absolute_offset("NumberOfFunctions")
    struct.pack_into("<I", data, count_at, 0xFFFFFFFF)
    image = parse(bytes(data))
    assert len(image.exports) <= MAX_EXPORTS
    assert f"exported functions: 4294967295 claimed, {MAX_EXPORTS} read" in image.notes


def test_of_many_exports_the_first_are_kept_without_a_note() -> None:
    image = parse(build(PeSpec(exports=tuple(f"e{i}" for i in range(MAX_KEPT + 9)))))
    assert ([e.name for e in image.exports], image.notes) == ([f"e{i}" for i in range(MAX_KEPT)], ())


@pytest.mark.parametrize("name", sorted(ENTRY_POINTS))
@pytest.mark.parametrize("form", ["{}", "_{}@12"])
def test_an_entry_point_is_kept_wherever_it_stands(name: str, form: str) -> None:
    exports = (*(f"e{i}" for i in range(MAX_KEPT + 9)), form.format(name), "last")
    assert parse(build(PeSpec(exports=exports))).exports[MAX_KEPT:] == (Export(form.format(name), MAX_KEPT + 10),)


def test_an_entry_point_exported_many_times_is_kept_once() -> None:
    exports = (*(f"e{i}" for i in range(MAX_KEPT)), *(f"_RegisterModule@{i}" for i in range(500)))
    assert len(parse(build(PeSpec(exports=exports))).exports) == MAX_KEPT + 1


def test_is_pe_asks_for_the_signature_only_when_the_head_holds_it() -> None:
    data = build(NATIVE)
    assert [pe.is_pe(part) for part in (data, data[:64], b"MZ", b"PK", data[:0x80] + bytes(64))] == [
        *(True, True),
        *(False, False, False),
    ]


def test_the_same_spec_gives_the_same_bytes() -> None:
    assert build(NATIVE) == build(replace(NATIVE))


def test_the_code_section_holds_a_return_of_zero_and_nothing_else() -> None:
    with pefile.PE(data=build(NATIVE)) as oracle:
        assert oracle.sections[0].get_data().rstrip(b"\0") == bytes.fromhex("31c0c3")


def test_every_exported_function_is_that_return() -> None:
    with pefile.PE(data=build(NATIVE)) as oracle:
        symbols = oracle.DIRECTORY_ENTRY_EXPORT.symbols
        assert {s.address for s in symbols if not s.forwarder} == {oracle.sections[0].VirtualAddress}


def test_texts_are_in_the_file_in_both_widths() -> None:
    data = build(NATIVE)
    assert b"plain text\0" in data
    assert "wide text\0".encode("utf-16-le") in data


def test_a_listing_is_read_as_the_spec_it_means() -> None:
    spec = spec_from_mapping(
        {
            "machine": "x86",
            "dll": "true",
            "exports": ["RegisterModule"],
            "imports": {"kernel32.dll": ["GetVersion"]},
            "company": "Contoso",
            "file_version": 1.5,
            "timestamp": "0x10",
            "managed": True,
            "public_key": "00ff",
            "types": ["A.B : System.Object, System.Web.IHttpModule", "A.C"],
        }
    )
    assert spec == PeSpec(
        machine="x86",
        exports=("RegisterModule",),
        imports={"kernel32.dll": ("GetVersion",)},
        company="Contoso",
        file_version="1.5",
        timestamp=16,
        managed=True,
        public_key=b"\0\xff",
        types=(("A.B", "System.Object", ("System.Web.IHttpModule",)), ("A.C", "System.Object", ())),
    )


@pytest.mark.parametrize(
    ("listing", "message"),
    [
        ({"export": []}, "unknown key 'export' of a PE listing"),
        ({"dll": "maybe"}, "key 'dll' of a PE listing: expected true or false"),
        ({"imports": ["kernel32.dll"]}, "key 'imports' of a PE listing: expected `dll:"),
        ({"public_key_token": "0011223344556677"}, "no public key is known for token '0011223344556677'"),
    ],
)
def test_a_wrong_listing_is_refused_by_key(listing: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        spec_from_mapping(listing)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (PeSpec(machine="mips"), "unknown machine 'mips'"),
        (PeSpec(sections=(".far-too-long",)), "a name has at most 8 bytes"),
        (PeSpec(types=(("A", "B", ()),)), "need `managed`"),
        (PeSpec(company="x" * 40_000), "CompanyName is too long"),
        (replace(MANAGED, assembly_version="1.70000"), "too small for what it shall hold"),
    ],
)
def test_what_no_file_can_hold_is_refused(spec: PeSpec, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(spec)
