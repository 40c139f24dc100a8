"""The anatomy of PE files, with pefile as the oracle where it tells the same."""

import struct
from datetime import UTC, datetime

import pefile
import pytest

from iisight.model.errors import ParseError
from iisight.model.examination import Anatomy, Resource, RichEntry
from iisight.model.locator import Locator
from iisight.parsers.pe.anatomy import read_anatomy
from iisight.parsers.pe.debug import MAX_ENTRIES as MAX_DEBUG_ENTRIES
from iisight.parsers.pe.entropy import SAMPLE, entropy
from iisight.parsers.pe.imphash import imphash
from iisight.parsers.pe.loading import MAX_CALLBACKS
from iisight.parsers.pe.resources import MAX_RESOURCES
from iisight.workbench.pe import PeSpec, build
from iisight.workbench.pe_layout import Region
from tests.builders import pe_parts as parts
from tests.builders.pe_parts import BASE, CODE, OPTIONAL, START, Sample, directory_at, patch

AT = Locator(r"C:\inetpub\sample.dll")
EXPORT, RESOURCE, SECURITY, DEBUG, TLS, LOAD_CONFIG = 0, 2, 4, 6, 9, 10
CODEVIEW, REPRO = 2, 16
ROWS = OPTIONAL + 112 + 8 * 16  # section headers
SECTOR = 0x200
SUMMER, WINTER = 1_600_000_000, 1_610_000_000  # 2020-09-13, 2021-01-07
STUB = build(PeSpec())[:START]
IMPORTS = {
    "KERNEL32.dll": ("GetVersion", "#5"),
    "WS2_32.dll": ("#115", "#9999"),
    "oleaut32.DLL": ("#2", "#6"),
    "driver.sys": ("Read",),
    "odd.name.exe": ("Name",),
}
NOISE = b"".join(struct.pack("<I", n * 2_654_435_761 & 0xFFFFFFFF) for n in range(4096))


def read(data: bytes) -> Anatomy:
    anatomy, notes = read_anatomy(data, AT)
    assert notes == ()
    return anatomy


def notes_of(data: bytes) -> tuple[str, ...]:
    return read_anatomy(data, AT)[1]


def with_rich(header: bytes) -> bytes:
    """Return a file with a sector of room before its PE header, and this in it."""
    data = Sample().build()
    data = patch(data, 0x3C, "<I", START + SECTOR)
    data = patch(data, OPTIONAL + 60, "<I", 2 * SECTOR)  # SizeOfHeaders
    for pointer in (ROWS + 20, ROWS + 60):
        data = patch(data, pointer, "<I", struct.unpack_from("<I", data, pointer)[0] + SECTOR)
    return data[:START] + header.ljust(SECTOR, b"\0") + data[START:]


def rich(*tools: tuple[int, int], key: int | None = None) -> bytes:
    return with_rich(parts.rich(tools, patch(STUB, 0x3C, "<I", START + SECTOR), key))


def with_debug(*entries: tuple[int, int, bytes], stamp: int = 0) -> bytes:
    sample = Sample(stamp=stamp)
    sample.put(DEBUG, parts.debug_directory(sample, entries))
    return sample.build()


def with_callbacks(*functions: int) -> bytes:
    sample = Sample()
    at = sample.data.put(struct.pack(f"<{len(functions)}Q", *functions), 8)
    sample.put(TLS, struct.pack("<4QII", 0, 0, 0, BASE + at, 0, 0))
    return sample.build()


def with_resources(tree: parts.Tree) -> bytes:
    sample = Sample()
    parts.put_resources(sample, tree)
    return sample.build()


def with_checksum(data: bytes) -> bytes:
    return patch(data, OPTIONAL + 64, "<I", parts.checksum(data))


def test_a_plain_file_has_nothing_to_tell() -> None:
    assert read(Sample().build()) == Anatomy(sections=read(Sample().build()).sections)


def test_what_is_no_pe_is_a_parse_error() -> None:
    with pytest.raises(ParseError, match="expected `MZ`"):
        read_anatomy(b"PK", AT)


@pytest.mark.parametrize("machine", ["x86", "x64", "arm64"])
def test_the_import_hash_is_that_of_pefile(machine: str) -> None:
    data = build(PeSpec(machine=machine, imports=IMPORTS))
    with pefile.PE(data=data) as oracle:
        assert read(data).imphash == oracle.get_imphash()


def test_an_ordinal_is_hashed_as_the_name_it_stands_for() -> None:
    assert imphash((("WS2_32.dll", ("#115",)),)) == imphash((("ws2_32.dll", ("WSAStartup",)),))


def test_an_unknown_ordinal_is_hashed_as_ord() -> None:
    assert imphash((("contoso.dll", ("#7",)),)) == imphash((("contoso.dll", ("ord7",)),))


def test_delayed_imports_are_not_hashed() -> None:
    data = build(PeSpec(imports={"kernel32.dll": ("GetVersion",)}))
    with pefile.PE(data=data) as oracle:
        bound = oracle.OPTIONAL_HEADER.DATA_DIRECTORY[1].VirtualAddress
    delayed = patch(data, directory_at(13), "<II", bound, 64)
    assert read_anatomy(delayed, AT)[0].imphash == read(data).imphash


@pytest.mark.parametrize("data", [b"", bytes(100), b"ab" * 8, bytes(range(256)), NOISE])
def test_the_entropy_of_a_small_section_is_that_of_pefile(data: bytes) -> None:
    with pefile.PE(data=Sample().build()) as oracle:
        assert entropy(memoryview(data)) == round(oracle.sections[0].entropy_H(data), 2)


def test_the_entropy_of_a_large_section_is_near_the_exact_one() -> None:
    data = NOISE + bytes(3 * SAMPLE) + bytes(range(64)) * 512
    with pefile.PE(data=Sample().build()) as oracle:
        assert entropy(memoryview(data)) == pytest.approx(oracle.sections[0].entropy_H(data), abs=0.1)


def test_sections_are_told_with_their_entropy() -> None:
    data = build(PeSpec(strings=("text",), sections=("empty",)))
    with pefile.PE(data=data) as oracle:
        expected = [(s.Name.rstrip(b"\0").decode(), round(s.get_entropy(), 2)) for s in oracle.sections]
    assert [(s.name, s.entropy) for s in read(data).sections] == expected


def test_resources_come_with_type_name_and_size() -> None:
    tree: parts.Tree = {"CONFIG": {"MAIN": b"abc"}, 10: {7: b"12345"}, 99: {1: b""}}
    assert read(with_resources(tree)).resources == (
        Resource("CONFIG", "MAIN", 3),
        Resource("RT_RCDATA", "#7", 5),
        Resource("#99", "#1", 0),
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (build(PeSpec()), "pe"),
        (build(PeSpec(managed=True)), "assembly"),
        (b"MZ and no more", ""),
        (b"PK\3\4....", "zip"),
        (b"\x1f\x8b\x08....", "gzip"),
        (b"7z\xbc\xaf\x27\x1c..", "7z"),
        (b"MSCF\0\0\0\0", "cab"),
        (b"text", ""),
        (b"", ""),
    ],
)
def test_an_embedded_file_is_told_by_its_first_bytes(content: bytes, expected: str) -> None:
    assert [r.content for r in read(with_resources({10: {1: content}})).resources] == [expected]


def test_many_resources_are_cut_with_a_note() -> None:
    data = with_resources({10: dict.fromkeys(range(MAX_RESOURCES + 1), b"x")})
    anatomy, notes = read_anatomy(data, AT)
    assert (len(anatomy.resources), notes) == (MAX_RESOURCES, (f"resources: only the first {MAX_RESOURCES} are kept",))


def test_a_resource_tree_that_leads_into_itself_ends() -> None:
    sample = Sample()
    rows = b"".join(struct.pack("<II", 10, 0x80000000) for _ in range(100))
    sample.put(RESOURCE, struct.pack("<12xHH", 0, 100) + rows)
    assert "resources: too many, the rest is left out" in notes_of(sample.build())


def test_the_rich_header_is_that_of_pefile() -> None:
    data = rich((0x0104_7A5B, 12), (0x0102_7A5B, 1))
    with pefile.PE(data=data) as oracle:
        values = oracle.parse_rich_header()["values"]
    entries = read(data).rich
    assert [v for e in entries for v in (e.product << 16 | e.build, e.count)] == values


def test_the_rich_header_fits_its_checksum() -> None:
    anatomy = read(rich((0x0104_7A5B, 12)))
    assert (anatomy.rich, anatomy.rich_fits) == ((RichEntry(0x104, 0x7A5B, 12),), True)


def test_a_rich_header_of_another_file_does_not_fit() -> None:
    assert read(rich((0x0104_7A5B, 12), key=0x1234_5678)).rich_fits is False


def test_a_rich_header_without_a_start_is_noted() -> None:
    assert notes_of(with_rich(b"....Rich1234")) == ("the Rich header that ends at 0x84 cannot be read",)


@pytest.mark.parametrize("head", [b"RSDS" + bytes(20), b"NB10" + bytes(12)])
def test_the_path_of_the_symbols_is_read(head: bytes) -> None:
    record = head + rb"C:\Users\dev\module.pdb" + b"\0rest"
    assert read(with_debug((0, CODEVIEW, record))).pdb == r"C:\Users\dev\module.pdb"


def test_a_record_of_unknown_symbols_gives_no_path() -> None:
    assert read(with_debug((0, CODEVIEW, b"NB09" + bytes(30)))).pdb == ""


def test_a_reproducible_build_is_told() -> None:
    assert read(with_debug((0xDEADBEEF, REPRO, b""))).is_reproducible


def test_debug_entries_beyond_the_bound_are_not_read() -> None:
    entries = [(0, 1, b"")] * MAX_DEBUG_ENTRIES + [(0, REPRO, b"")]
    assert not read(with_debug(*entries)).is_reproducible


def test_a_debug_directory_outside_the_file_is_noted() -> None:
    data = patch(Sample().build(), directory_at(DEBUG), "<II", 0x7FFF0000, 28)
    assert notes_of(data) == ("the debug directory at RVA 0x7fff0000 cannot be read",)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_tls_callbacks_are_counted(count: int) -> None:
    assert read(with_callbacks(*[BASE + CODE] * count, 0, BASE)).tls_callbacks == count


def test_endless_tls_callbacks_are_counted_up_to_the_bound() -> None:
    anatomy, notes = read_anatomy(with_callbacks(*[1] * (MAX_CALLBACKS + 9)), AT)
    expected = (MAX_CALLBACKS, (f"TLS callbacks: only the first {MAX_CALLBACKS} are counted",))
    assert (anatomy.tls_callbacks, notes) == expected


def test_bytes_behind_the_last_section_are_an_overlay() -> None:
    data = Sample().build()
    assert read(data + b"appended").overlay == (len(data), 8)


@pytest.mark.parametrize(("before", "behind"), [(b"", b""), (bytes(8), b""), (b"", bytes(8))])
def test_certificates_and_their_padding_are_no_overlay(before: bytes, behind: bytes) -> None:
    data = Sample().build()
    signed = patch(data, directory_at(SECURITY), "<II", len(data) + len(before), 16)
    assert read(signed + before + b"c" * 16 + behind).overlay is None


@pytest.mark.parametrize(("before", "behind", "start"), [(b"xx", b"", 0), (b"", b"xx", 16), (b"x", b"x", 0)])
def test_an_overlay_around_certificates_is_told(before: bytes, behind: bytes, start: int) -> None:
    data = Sample().build()
    signed = patch(data, directory_at(SECURITY), "<II", len(data) + len(before), 16)
    assert read(signed + before + b"c" * 16 + behind).overlay == (len(data) + start, 2)


@pytest.mark.parametrize("count", [0, 2])
def test_coff_symbols_and_their_strings_are_no_overlay(count: int) -> None:
    data = Sample().build()
    tables = bytes(18 * count) + struct.pack("<I", 8) + b"name"
    assert read(patch(data, START + 12, "<II", len(data), count) + tables).overlay is None


def test_what_follows_coff_symbols_is_an_overlay() -> None:
    data = Sample().build()
    tables = bytes(18 * 2) + struct.pack("<I", 8) + b"name"
    assert read(patch(data, START + 12, "<II", len(data), 2) + tables + b"!").overlay == (len(data) + 44, 1)


@pytest.mark.parametrize("tail", [b"", b"\1", b"\1\2\3"])
def test_a_checksum_that_is_right_fits(tail: bytes) -> None:
    assert read(with_checksum(build(PeSpec(strings=("text",))) + tail)).checksum_fits is True


@pytest.mark.parametrize("change", [1, 0x10000, 0x7FFF0000])
def test_a_checksum_that_is_wrong_does_not_fit(change: int) -> None:
    data = build(PeSpec(strings=("text",)))
    assert read(patch(data, OPTIONAL + 64, "<I", parts.checksum(data) + change)).checksum_fits is False


def test_a_file_without_a_checksum_has_none_to_fit() -> None:
    assert read(build(PeSpec())).checksum_fits is None


@pytest.mark.parametrize(
    ("size", "flags", "expected"), [(0x94, 0x500, True), (0x94, 0x400, False), (0x70, 0x500, False)]
)
def test_control_flow_guard_is_that_of_the_load_configuration(size: int, flags: int, expected: bool) -> None:
    sample = Sample()
    sample.put(LOAD_CONFIG, struct.pack("<I140xI", size, flags))
    assert read(sample.build()).has_guard_cf is expected


@pytest.mark.parametrize(
    "dll", ["MSVCR120D.dll", "ucrtbased.dll", "VCRUNTIME140_1D.dll", "mfc140ud.dll", "msvcp140d.dll"]
)
def test_a_debug_runtime_makes_a_debug_build(dll: str) -> None:
    assert read(build(PeSpec(imports={dll: ("free",)}))).is_debug


@pytest.mark.parametrize(
    "dll", ["MSVCR120.dll", "ucrtbase.dll", "VCRUNTIME140_1.dll", "mfc140u.dll", "msvcrt.dll", "d.dll"]
)
def test_a_release_runtime_does_not(dll: str) -> None:
    assert not read(build(PeSpec(imports={dll: ("free",)}))).is_debug


@pytest.mark.parametrize(("mask", "flags", "expected"), [(0x3F, 1, True), (0x3F, 2, False), (0, 1, False)])
def test_the_version_information_may_call_it_a_debug_build(mask: int, flags: int, expected: bool) -> None:
    data = build(PeSpec(company="Contoso"))
    at = data.index(struct.pack("<I", 0xFEEF04BD)) + 24
    assert read(patch(data, at, "<II", mask, flags)).is_debug is expected


def test_further_link_times_are_told_with_their_table() -> None:
    sample = Sample(stamp=SUMMER)
    sample.put(DEBUG, parts.debug_directory(sample, [(SUMMER, 13, b""), (SUMMER, 14, b"")]))
    sample.put(EXPORT, struct.pack("<II32x", 0, SUMMER + 1))
    sample.put(LOAD_CONFIG, struct.pack("<II", 0x40, 5))
    assert read(sample.build()).times == (
        ("export table", datetime.fromtimestamp(SUMMER + 1, UTC)),
        ("debug directory", datetime.fromtimestamp(SUMMER, UTC)),
    )


def test_stamps_of_a_reproducible_build_are_no_times() -> None:
    anatomy = read(with_debug((SUMMER, REPRO, b""), stamp=5))
    assert (anatomy.times, anatomy.oddities) == ((), ())


def test_a_link_time_that_the_debug_directory_denies_is_odd() -> None:
    anatomy = read(with_debug((SUMMER, 13, b""), stamp=WINTER))
    assert anatomy.oddities == ("link time of 2021-01-07, but 2020-09-13 in the debug directory",)


@pytest.mark.parametrize("stamp", [0, 0xFFFFFFFF, 0x2A425E19, SUMMER, SUMMER + 3600])
def test_a_link_time_left_out_or_of_the_same_day_is_not_odd(stamp: int) -> None:
    assert read(with_debug((SUMMER, 13, b""), stamp=stamp)).oddities == ()


@pytest.mark.parametrize(("stamp", "year"), [(5, 1970), (0x7FFFFFFF + 86400, 2038), (0xFFFFFFFE, 2106)])
def test_a_link_time_that_cannot_be_is_odd(stamp: int, year: int) -> None:
    assert read(Sample(stamp=stamp).build()).oddities == (f"link time of {year}",)


def test_a_hash_in_an_assembly_is_not_odd() -> None:
    assert read(build(PeSpec(managed=True, timestamp=0xFFFFFFF0))).oddities == ()


@pytest.mark.parametrize(
    ("sample", "oddity"),
    [
        (Sample(entry=0x2000), "entry point in .rdata, which holds no code"),
        (Sample(entry=0x9000), "entry point outside the sections"),
        (Sample(entry=0x2000, access=("rx", "rx")), "entry point in the last section, .rdata"),
        (Sample(access=("rwx", "r")), "section .text is writable and executable"),
        (Sample(names=(".text", "")), "section 2 has no name"),
    ],
)
def test_what_linkers_do_not_do_is_odd(sample: Sample, oddity: str) -> None:
    sample.data.put(b"data")
    assert read(sample.build()).oddities == (oddity,)


def test_sections_that_share_bytes_of_the_file_are_odd() -> None:
    sample = Sample()
    sample.data.put(b"data")
    data = sample.build()
    assert read(patch(data, ROWS + 60, "<I", 0x200)).oddities == ("sections .text and .rdata overlap in the file",)


@pytest.mark.parametrize(("name", "trace"), [("UPX0", "section UPX0 (UPX)"), (".vmp1", "section .vmp1 (VMProtect)")])
def test_a_section_named_by_a_packer_is_a_trace(name: str, trace: str) -> None:
    assert read(Sample(names=(".text", name)).build()).packer == (trace,)


@pytest.mark.parametrize("name", [".ndata", ".rsrc", "UPX", "text"])
def test_another_section_is_none(name: str) -> None:
    assert read(Sample(names=(".text", name)).build()).packer == ()


def test_code_like_noise_with_few_imports_is_a_trace() -> None:
    sample = Sample()
    sample.code.put(NOISE)
    sample.data = Region(sample.code.end)
    content = read(sample.build()).sections[0]
    assert read(sample.build()).packer == (f".text has entropy {content.entropy:.2f}",)


def test_code_that_the_file_does_not_hold_is_a_trace() -> None:
    data = Sample().build()
    assert read(patch(data, ROWS + 8, "<IIII", 0x9000, CODE, 0, 0)).packer == (
        ".text holds code of which the file has nothing",
    )
