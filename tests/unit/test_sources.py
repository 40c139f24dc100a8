"""Folders, archives and memory give the same view; what is hostile in them is refused and told."""

import bz2
import gc
import gzip
import io
import lzma
import os
import random
import struct
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from iisight.evidence import archive_zip, folder, listing
from iisight.evidence import source as sources
from iisight.evidence.memory import memory_source
from iisight.evidence.open import open_source
from iisight.evidence.source import File, Source
from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import EvidenceError

APPHOST = "C/Windows/System32/inetsrv/config/applicationHost.config"
CONFIG = r"c:\windows\system32\INETSRV\config\applicationhost.config"
FILES = {APPHOST: b"<configuration/>", "C/inetpub/wwwroot/bin/a.dll": b"MZ" + bytes(3000), "D/log.bin": b"12345"}
TIME = 1_700_000_000


def zip_of(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return out.getvalue()


def tar_of(files: Mapping[str, bytes], extra: tuple[tarfile.TarInfo, ...] = ()) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(body), TIME
            archive.addfile(info, io.BytesIO(body))
        for info in extra:
            archive.addfile(info)
    return out.getvalue()


def link(name: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info


def folder_of(path: Path, files: Mapping[str, bytes]) -> Path:
    for name, body in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    return path


def opened(tmp_path: Path, body: bytes, name: str = "evidence.bin") -> Source:
    (tmp_path / name).write_bytes(body)
    return open_source(tmp_path / name)


def body_of(source: Source, path: str) -> bytes:
    file = source.find(path)
    assert file is not None
    return source.read(file)


def reasons(source: Source) -> list[tuple[GapKind, str, int]]:
    return [(gap.kind, gap.reason, gap.count) for gap in source.gaps]


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}


@pytest.fixture(params=["folder", "zip", "zip-bz2", "zip-lzma", *PACKERS])
def evidence(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    form = str(request.param)
    if form == "folder":
        return open_source(folder_of(tmp_path, FILES))
    methods = {"zip": zipfile.ZIP_DEFLATED, "zip-bz2": zipfile.ZIP_BZIP2, "zip-lzma": zipfile.ZIP_LZMA}
    return opened(tmp_path, zip_of(FILES, methods[form]) if form in methods else PACKERS[form](tar_of(FILES)))


def test_every_kind_of_evidence_gives_the_same_bytes(evidence: Source) -> None:
    names = (CONFIG, r"C:\inetpub\wwwroot\bin\A.DLL", r"d:\LOG.bin")
    assert [body_of(evidence, name) for name in names] == list(FILES.values())


def test_every_kind_of_evidence_reads_no_more_than_asked(evidence: Source) -> None:
    assert [evidence.read(file, 2) for file in evidence.below("D:")] == [b"12"]


def test_every_kind_of_evidence_keeps_its_own_names(evidence: Source) -> None:
    assert {file.origin for file in evidence.below("")} == set(FILES)


def test_every_kind_of_evidence_has_no_gap_when_all_is_well(evidence: Source) -> None:
    assert evidence.gaps == ()


def test_every_kind_of_evidence_says_how_it_was_mapped(evidence: Source) -> None:
    assert evidence.mount == "folders that stand for drives"


def test_a_file_of_another_source_is_an_error(evidence: Source) -> None:
    with pytest.raises(EvidenceError):
        evidence.read(File(r"C:\nope", 1, None, "nope"))


def test_files_come_in_the_order_of_their_folded_paths() -> None:
    source = memory_source({"C:\\b\\x.DLL": b"", "c:\\B-\\y.dll": b"", "C:/a/X.dll": b"", "C:\\b": b""})
    assert [f.path for f in source.ending(".Dll")] == ["C:/a/X.dll", "c:\\B-\\y.dll", "C:\\b\\x.DLL"]


def test_a_folder_is_not_its_neighbour_of_a_longer_name() -> None:
    source = memory_source({r"C:\ab\x": b"", r"C:\a b\x": b"", r"C:\a\x": b""})
    assert [f.path for f in source.below(r"c:/A/")] == [r"C:\a\x"]


def test_a_folder_is_there_when_a_file_is_below_it() -> None:
    source = memory_source({r"C:\a\b\x": b""})
    assert [source.has_folder(path) for path in (r"c:\A", "C:\\", r"C:\a\b\x", r"C:\b")] == [True, True, False, False]


def test_base_names_are_found_in_any_case() -> None:
    source = memory_source({r"C:\b\Web.config": b"", r"C:\a\web.CONFIG": b"", r"C:\a\xweb.config": b""})
    assert [f.path for f in source.named("WEB.config", "web.config")] == [r"C:\a\web.CONFIG", r"C:\b\Web.config"]


@pytest.mark.parametrize("order", [1, -1])
def test_the_smallest_of_several_spellings_wins_in_any_order_and_the_others_are_told(order: int) -> None:
    spellings = [(r"C:\A", b"first"), (r"c:\a", b"second"), (r"\\?\C:\a.", b"third")]
    source = memory_source(dict(spellings[::order]))
    reason = "another file of the evidence has the same Windows path; the first was read"
    assert (body_of(source, r"C:\a"), source.gaps) == (b"first", (Gap(GapKind.REFUSED, r"\\?\C:\a.", reason, 2),))


def test_text_in_memory_is_utf_8() -> None:
    assert body_of(memory_source({r"C:\a": "é"}), r"C:\a") == "é".encode()


def test_more_files_than_the_bound_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_FILES", 2)
    source = memory_source({f"C:\\{i}": b"" for i in range(5)})
    assert (len(source), source.gaps[0].count) == (2, 3)


def test_an_empty_folder_is_a_source_with_a_gap(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert open_source(tmp_path / "empty").gaps == (Gap(GapKind.MISSING, "empty", "no file in it"),)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_links_and_pipes_of_a_folder_are_refused_and_told(tmp_path: Path) -> None:
    folder_of(tmp_path, FILES)
    (tmp_path / "C" / "link").symlink_to("/etc/passwd")
    (tmp_path / "C" / "out").symlink_to("/etc")
    os.mkfifo(tmp_path / "C" / "pipe")
    assert reasons(open_source(tmp_path)) == [
        (GapKind.REFUSED, "a link, not followed", 2),
        (GapKind.REFUSED, "not a regular file", 1),
    ]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_file_that_became_a_link_is_not_read(tmp_path: Path) -> None:
    source = open_source(folder_of(tmp_path, FILES))
    (tmp_path / "D" / "log.bin").unlink()
    (tmp_path / "D" / "log.bin").symlink_to("/etc/passwd")
    with pytest.raises(EvidenceError):
        body_of(source, r"D:\log.bin")


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
@pytest.mark.parametrize("by_descriptor", [True, False])
@pytest.mark.parametrize("name", ["D", "D/deep"])
def test_a_file_is_not_read_through_a_folder_that_became_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, by_descriptor: bool
) -> None:
    source = open_source(folder_of(tmp_path / "evidence", {"C/Windows/x": b"", "D/deep/log.bin": b"inside"}))
    folder_of(tmp_path / "outside", {"log.bin": b"outside", "deep/log.bin": b"outside"})
    if not by_descriptor:
        monkeypatch.setattr(os, "supports_dir_fd", set())
    moved = tmp_path / "evidence" / name
    moved.rename(tmp_path / "moved")
    moved.symlink_to(tmp_path / "outside", target_is_directory=True)
    with pytest.raises(EvidenceError):
        body_of(source, r"D:\deep\log.bin")


def test_without_descriptors_of_folders_a_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_source(folder_of(tmp_path, FILES))
    monkeypatch.setattr(os, "supports_dir_fd", set())
    assert body_of(source, r"D:\log.bin") == b"12345"


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_folder_given_by_a_link_is_read(tmp_path: Path) -> None:
    folder_of(tmp_path / "real", FILES)
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    assert body_of(open_source(tmp_path / "link"), r"D:\log.bin") == b"12345"


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "fsencode"), reason="names there are text")
def test_a_name_that_is_no_text_is_shown_escaped_and_read(tmp_path: Path) -> None:
    folder_of(tmp_path, FILES)
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/D/\xff.dll")).write_bytes(b"odd")
    except OSError:
        pytest.skip("this file system takes no such name")
    source = open_source(tmp_path)
    assert [(f.origin, source.read(f)) for f in source.named("%FF.dll")] == [("D/%FF.dll", b"odd")]


def test_a_zip_keeps_the_time_of_its_member(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.txt", (2024, 2, 29, 1, 2, 4)), b"")
    assert next(opened(tmp_path, out.getvalue()).below("")).modified == datetime(2024, 2, 29, 1, 2, 4, tzinfo=UTC)


def test_a_tar_keeps_the_time_of_its_member(tmp_path: Path) -> None:
    assert next(opened(tmp_path, tar_of(FILES)).below("")).modified == datetime.fromtimestamp(TIME, UTC)


def test_a_zip_member_that_climbs_is_refused(tmp_path: Path) -> None:
    source = opened(tmp_path, zip_of({**FILES, "C/../../evil": b"", "C\\..\\evil": b""}))
    assert reasons(source) == [(GapKind.REFUSED, "a name that leads out of the archive, or nowhere", 2)]


def test_a_zip_member_without_a_name_is_refused(tmp_path: Path) -> None:
    body = bytearray(zip_of({"a": b"x", "b": b"y"}))
    at = body.index(b"PK\x01\x02")
    body[at + 28], body[at + 30] = 0, 1  # its name becomes extra data
    assert reasons(opened(tmp_path, bytes(body))) == [
        (GapKind.REFUSED, "a name that leads out of the archive, or nowhere", 1)
    ]


def test_an_encrypted_zip_member_is_told(tmp_path: Path) -> None:
    body = bytearray(zip_of({"secret": b"x", "open": b"y"}))
    body[body.index(b"PK\x01\x02") + 8] |= 1
    assert [gap.kind for gap in opened(tmp_path, bytes(body)).gaps] == [GapKind.UNREADABLE]


def test_a_zip_link_is_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("C/Windows/link")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr(APPHOST, b"")
    assert reasons(opened(tmp_path, out.getvalue())) == [(GapKind.REFUSED, "a link, not followed", 1)]


def test_zip_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    body = bytearray(zip_of({"a": b"1" * 100, "b": b"2" * 100}))
    second = body.index(b"PK\x01\x02", body.index(b"PK\x01\x02") + 4)
    body[second + 42 : second + 46] = bytes(4)
    assert [gap.reason[:16] for gap in opened(tmp_path, bytes(body)).gaps] == ["shares its bytes"]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bomb_in_a_zip_is_an_error(tmp_path: Path, method: int) -> None:
    source = opened(tmp_path, zip_of({"C/Windows/bomb": bytes(24 * 1024**2)}, method))
    with pytest.raises(EvidenceError, match="bomb"):
        body_of(source, r"C:\Windows\bomb")


def test_a_damaged_zip_member_is_an_error_that_says_so(tmp_path: Path) -> None:
    body = zip_of({"C/Windows/a": b"hello hello"}, zipfile.ZIP_STORED).replace(b"hello hello", b"hullo hello")
    with pytest.raises(EvidenceError, match="damaged in the archive"):
        body_of(opened(tmp_path, body), r"C:\Windows\a")


def test_a_cut_zip_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="not a readable ZIP archive"):
        opened(tmp_path, zip_of(FILES)[:-30])


def wide_zip(claimed: int) -> bytes:
    """Return a ZIP whose end record says that its directory is empty, and whose ZIP64 record says `claimed`."""
    body = zip_of(FILES)
    size, offset = struct.unpack_from("<II", body, len(body) - 10)
    count = len(FILES)
    wide = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, claimed or size, offset)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(body) - 22, 1)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, 0, 0xFFFFFFFF, 0)
    return body[:-22] + wide + locator + end


def test_the_size_of_a_zip_directory_is_bounded_whichever_record_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert body_of(opened(tmp_path, wide_zip(0)), r"D:\log.bin") == b"12345"
    monkeypatch.setattr(archive_zip, "MAX_DIRECTORY", 100)
    with pytest.raises(EvidenceError, match="its directory is larger than 100 bytes"):
        opened(tmp_path, wide_zip(0))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs a list of open files")
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_a_zip_is_closed_with_its_source(tmp_path: Path) -> None:
    source = opened(tmp_path, zip_of(FILES), "closing.zip")
    del source
    gc.collect()
    assert not [fd for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink() and "closing.zip" in str(fd.readlink())]


@pytest.mark.parametrize("form", ["zip", *PACKERS])
def test_a_name_beyond_all_bounds_is_refused(tmp_path: Path, form: str) -> None:
    files = {"C/Windows/a": b"1", "C/" + "n" * 33_000: b"2"}
    source = opened(tmp_path, zip_of(files) if form == "zip" else PACKERS[form](tar_of(files)))
    assert [f.origin for f in source.below("")] == ["C/Windows/a"]
    assert reasons(source) == [(GapKind.REFUSED, "a name of more than 32,768 characters", 1)]
    assert len(source.gaps[0].subject) < 1100


@pytest.mark.parametrize("form", ["folder", "zip", *PACKERS])
def test_the_names_of_one_source_are_bounded_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(listing, "MAX_NAMES", 40)
    files = {f"C/Windows/{i}": b"" for i in range(9)}
    if form == "folder":
        source = open_source(folder_of(tmp_path, files))
    else:
        source = opened(tmp_path, zip_of(files) if form == "zip" else PACKERS[form](tar_of(files)))
    reason = "names of more than 40 bytes; the rest was not listed"
    assert (len(source), reasons(source)) == (3, [(GapKind.REFUSED, reason, 6)])


def test_links_and_devices_of_a_tar_are_refused(tmp_path: Path) -> None:
    extra = (link("C/l"), link("C/h", tarfile.LNKTYPE), link("C/d", tarfile.CHRTYPE), tarfile.TarInfo("C/../x"))
    assert reasons(opened(tmp_path, tar_of(FILES, extra))) == [
        (GapKind.REFUSED, "a name that leads out of the archive, or nowhere", 1),
        (GapKind.REFUSED, "not a regular file", 1),
        (GapKind.REFUSED, "a link, not followed", 2),
    ]


@pytest.mark.parametrize("form", PACKERS)
def test_what_came_before_the_cut_of_a_tar_is_kept(tmp_path: Path, form: str) -> None:
    last = {"C/Windows/noise.config": random.Random(1).randbytes(2_000_000)}
    body = PACKERS[form](tar_of({**FILES, **last}))
    source = opened(tmp_path, body[: -20_000 if form != "plain" else -40_000])
    assert body_of(source, CONFIG) == b"<configuration/>"
    assert [gap.kind for gap in source.gaps] == [GapKind.MALFORMED]


def test_a_tar_without_its_end_mark_is_told(tmp_path: Path) -> None:
    body = tar_of({"C/Windows/a": b"x"})[:1024]
    assert [gap.kind for gap in opened(tmp_path, body).gaps] == [GapKind.MALFORMED]


@pytest.mark.parametrize("form", ["gz", "bz2", "xz", "zst"])
def test_a_bomb_in_a_tar_ends_its_listing(tmp_path: Path, form: str) -> None:
    body = PACKERS[form](tar_of({APPHOST: b"1", "C/bomb.bin": bytes(64 * 1024**2), "C/after": b""}))
    source = opened(tmp_path, body)
    assert "bomb" in source.gaps[0].reason


def test_a_tar_header_that_asks_for_gigabytes_is_told(tmp_path: Path) -> None:
    info = tarfile.TarInfo("C/long")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 2**32
    body = tar_of({"C/Windows/a": b"x"})[:1024] + info.tobuf() + bytes(4096)
    assert "header of more than" in opened(tmp_path, body).gaps[0].reason


def test_files_not_kept_of_a_compressed_tar_are_read_again_a_bounded_number_of_times(tmp_path: Path) -> None:
    source = opened(tmp_path, gzip.compress(tar_of(FILES)))
    for _ in range(64):
        assert body_of(source, r"D:\log.bin") == b"12345"
    with pytest.raises(EvidenceError, match="too much was read"):
        body_of(source, r"D:\log.bin")


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        (b"EVF\x09\x0d\x0a\xff\x00" + bytes(99), "a disk image (E01); mount it"),
        (b"vhdxfile" + bytes(99), "a disk image (VHDX); mount it"),
        (bytes(512) + b"conectix" + bytes(504), "a disk image (VHD); mount it"),
        (b"KDMV" + bytes(99), "a disk image (VMDK); mount it"),
        (b"\xeb\x52\x90NTFS    " + bytes(999), "a disk image (raw); mount it"),
        (bytes(446) + b"\x80" + b"\1" * 15 + bytes(48) + b"\x55\xaa" + bytes(512), "a disk image (raw); mount it"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(99), "a 7z archive; extract it"),
        (b"Rar!\x1a\x07\x01" + bytes(99), "a RAR archive; extract it"),
        (gzip.compress(b"text", mtime=0), "not a tar archive; decompress it"),
        (b"\x1f\x8b" + b"junk" * 9, "damaged"),
    ],
)
def test_what_cannot_be_opened_says_what_to_do(tmp_path: Path, body: bytes, advice: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        opened(tmp_path, body)
    assert advice in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"<configuration/>"])
@pytest.mark.parametrize("name", ["a.zip", "A.ZIP", "a.tar", "a.tar.gz", "a.tgz", "a.bz2", "a.xz", "a.zst", "a.7z"])
def test_what_is_named_like_an_archive_and_is_none_is_an_error(tmp_path: Path, name: str, body: bytes) -> None:
    with pytest.raises(EvidenceError, match="is named like an archive and is none"):
        opened(tmp_path, body, name)


def test_missing_evidence_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"No such file|cannot find|not found"):
        open_source(tmp_path / "nope")


def test_a_single_configuration_is_evidence(tmp_path: Path) -> None:
    source = opened(tmp_path, b"<configuration><system.webServer/></configuration>", "Copy of web.config")
    assert [(f.path, f.origin) for f in source.below("")] == [(r"C:\inetpub\wwwroot\web.config", "Copy of web.config")]


def test_an_empty_file_is_evidence_of_one_file(tmp_path: Path) -> None:
    assert [f.path for f in opened(tmp_path, b"", "x").below("")] == [r"C:\evidence\x"]


_EXPRESS = b'<configuration><add name="HttpLoggingModule" image="%IIS_BIN%\\loghttp.dll" />'
_SERVER = b'<add name="UriCacheModule" image="%windir%\\System32\\inetsrv\\cachuri.dll" />'


@pytest.mark.parametrize("pack", [zip_of, tar_of])
@pytest.mark.parametrize("name", ["applicationhost.config", "template/config/applicationhost.config"])
def test_a_bare_configuration_of_iis_express_stands_where_iis_express_keeps_it(
    tmp_path: Path, pack: Callable[[Mapping[str, bytes]], bytes], name: str
) -> None:
    (tmp_path / "evidence").write_bytes(pack({name: _EXPRESS, "notes.txt": b""}))
    found = open_source(tmp_path / "evidence")
    assert found.find(r"C:\Users\user\Documents\IISExpress\config\applicationhost.config") is not None
    assert found.find(CONFIG) is None


def test_a_server_does_not_become_iis_express_by_a_module_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "applicationHost.config").write_bytes(_EXPRESS + _SERVER)
    assert open_source(tmp_path).find(CONFIG) is not None


def test_the_folder_of_a_drive_does_not_become_iis_express(tmp_path: Path) -> None:
    (tmp_path / "evidence.zip").write_bytes(zip_of({APPHOST: _EXPRESS}))
    assert open_source(tmp_path / "evidence.zip").find(CONFIG) is not None


class Unseen:
    """A name that was listed, and of which nothing can be said."""

    def __init__(self, path: Path) -> None:
        self.name, self.path = path.name, str(path)

    def stat(self, *, follow_symlinks: bool) -> os.stat_result:
        raise FileNotFoundError(2, "No such file or directory")


@pytest.mark.parametrize("left", ["file", "folder", "nothing"])
def test_a_file_that_went_while_its_folder_was_listed_is_no_gap(tmp_path: Path, left: str) -> None:
    path, gaps = tmp_path / "a" / "x.tmp", listing.Gaps()
    if left != "nothing":
        path.parent.mkdir()
    if left == "file":
        path.touch()
    assert list(folder._visit(Unseen(path), "a/", [], gaps)) == []  # type: ignore[arg-type]  # all that is used of one
    reason = "file: No such file or directory"
    assert gaps.all() == ((Gap(GapKind.UNREADABLE, "a/x.tmp", reason),) if left == "file" else ())
