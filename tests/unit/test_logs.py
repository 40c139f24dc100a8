"""Event logs are found by what is in them, whatever they are called and wherever they are."""

import bz2
import gzip
import io
import lzma
import os
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from iisight.evidence.memory import memory_source
from iisight.evidence.open import open_source
from iisight.evidence.source import MAX_READ
from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import EvidenceError
from iisight.telemetry.logs import Log, find_logs, logs_of

EVTX = b"ElfFile\0" + bytes(4088) + b"ElfChnk\0" + bytes(65528)
JSON = b'{"EventID":1,"Channel":"Security"}\n'
XML = b"<Events><Event><System><EventID>1</EventID><Channel>c</Channel></System></Event></Events>"
OLD = b"\x30\0\0\0LfLe" + bytes(60)
LOGS = r"C:\Windows\System32\winevt\Logs"
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}


def zip_of(files: dict[str, bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return body.getvalue()


def tar_of(files: dict[str, bytes]) -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return body.getvalue()


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def found(*arguments: Path | str) -> list[tuple[str, str]]:
    """Return (base name, format) of logs, and (base name, reason) of gaps."""
    return [
        (one.name.rpartition("/")[2], one.format.value)
        if isinstance(one, Log)
        else (Path(one.subject).name, one.reason)
        for one in find_logs(map(str, arguments))
    ]


def only(*arguments: Path | str) -> Log:
    (log,) = find_logs(map(str, arguments))
    assert isinstance(log, Log)
    return log


def body_of(log: Log) -> bytes:
    with log.open() as stream:
        return stream.read()


@pytest.mark.parametrize(("body", "form"), [(EVTX, "evtx"), (JSON, "json"), (XML, "xml")])
@pytest.mark.parametrize("name", ["a.evtx", "a.json", "a.bin", "a"])
def test_a_named_file_is_what_its_content_says(tmp_path: Path, body: bytes, form: str, name: str) -> None:
    log = only(write(tmp_path, {name: body}) / name)
    assert (log.format.value, log.size, log.file, body_of(log)) == (form, len(body), tmp_path / name, body)


def test_a_log_whose_start_was_wiped_is_one(tmp_path: Path) -> None:
    wiped = write(tmp_path, {"a.evtx": bytes(4096) + EVTX[4096:], "b.evtx": bytes(69_632) + EVTX[4096:]})
    assert found(wiped) == [("a.evtx", "evtx"), ("b.evtx", "evtx")]


@pytest.mark.parametrize("form", PACKERS)
def test_a_compressed_file_is_read(tmp_path: Path, form: str) -> None:
    log = only(write(tmp_path, {"a": PACKERS[form](JSON * 9000)}) / "a")
    assert (log.format.value, log.compression, log.file) == ("json", form, None)
    assert body_of(pickle.loads(pickle.dumps(log))) == JSON * 9000


def test_a_damaged_compressed_log_is_an_error_where_it_is_read(tmp_path: Path) -> None:
    log = only(write(tmp_path, {"a": gzip.compress(JSON * 200_000)[:-3000]}) / "a")
    with pytest.raises(EvidenceError, match="damaged after byte"):
        body_of(log)


def test_a_compressed_bomb_is_refused(tmp_path: Path) -> None:
    log = only(write(tmp_path, {"a": gzip.compress(JSON + b" " * 64 * 1024**2)}) / "a")
    with pytest.raises(EvidenceError, match="bomb"):
        body_of(log)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "an empty file"),
        (OLD, "a log of Windows before Vista (.evt): convert it with `wevtutil epl OLD.evt NEW.evtx /lf:true`"),
        (b"MZ" + bytes(99), "no event log but an executable"),
        (b"<configuration/>", "XML that holds no record of an event log in a known shape"),
        (b"some text", "no event log; it starts with 73 6f 6d 65 20 74 65 78"),
        (bytes(99), "nothing but zeros at its start"),
    ],
)
def test_what_a_file_is_that_is_no_log_is_told(tmp_path: Path, body: bytes, reason: str) -> None:
    write(tmp_path, {"Security.evtx": body, "other.bin": body, "a.json": JSON})
    assert found(tmp_path) == [("a.json", "json"), ("Security.evtx", reason)]
    assert found(tmp_path / "other.bin") == [("other.bin", reason)]


def test_a_folder_is_searched_and_its_archives_are_one_level_deep(tmp_path: Path) -> None:
    inner = zip_of({"deep.evtx": EVTX})
    files = {"x/a.evtx": EVTX, "x/y/b.xml": XML, "x/web.config": b"<configuration/>", "z.zip": zip_of({"c.json": JSON})}
    write(tmp_path, {**files, "two.zip": zip_of({"inner.zip": inner})})
    assert sorted(found(tmp_path)) == [
        ("a.evtx", "evtx"),
        ("b.xml", "xml"),
        ("c.json", "json"),
        ("inner.zip", "an archive inside of an archive; extract it and name it"),
    ]


def test_a_folder_without_a_log_and_a_missing_file_are_told(tmp_path: Path) -> None:
    assert found(write(tmp_path, {"a.txt": b"x"}), tmp_path / "none") == [
        (tmp_path.name, "no event log in it"),
        ("none", "no such file or folder"),
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.evtx")
    assert found(tmp_path / "pipe.evtx") == [
        ("pipe.evtx", "no regular file; feed it to standard input and name `-`"),
    ]


def test_xml_of_events_of_which_none_can_be_read_is_a_log_of_a_folder(tmp_path: Path) -> None:
    event = b'<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event">&a;</Event>'
    write(tmp_path, {"a.xml": b'<!DOCTYPE e [<!ENTITY a "b">]><Events>' + event + b"</Events>"})
    assert found(tmp_path) == [("a.xml", "xml")]


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"out/a.json": JSON, "in/b.json": JSON})
    (tmp_path / "in/link.json").symlink_to(tmp_path / "out/a.json")
    assert found(tmp_path / "in") == [("link.json", "a link, not followed"), ("b.json", "json")]


def test_a_file_that_became_a_link_is_not_opened(tmp_path: Path) -> None:
    log = only(write(tmp_path, {"a.json": JSON, "b.json": JSON}) / "a.json")
    (tmp_path / "a.json").unlink()
    (tmp_path / "a.json").symlink_to(tmp_path / "b.json")
    with pytest.raises(EvidenceError, match="has become a link"):
        log.open()


@pytest.mark.parametrize("pack", [zip_of, tar_of, lambda files: gzip.compress(tar_of(files))])
def test_a_member_of_an_archive_can_be_opened_by_another_process(
    tmp_path: Path, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    files = {"C/Windows/System32/winevt/Logs/Security.evtx": EVTX, "C/x.txt": b"x"}
    log = only(write(tmp_path, {"e": pack(files)}) / "e")
    assert (log.path, log.size, log.file) == (rf"{LOGS}\Security.evtx", len(EVTX), None)
    assert body_of(pickle.loads(pickle.dumps(log))) == EVTX


def test_standard_input_is_read_as_it_comes() -> None:
    (log,) = find_logs(["-"], io.BytesIO(JSON * 9000))
    assert isinstance(log, Log)
    assert (log.format.value, log.is_portable, body_of(log)) == ("json", False, JSON * 9000)
    (packed,) = find_logs(["-"], io.BytesIO(gzip.compress(XML)))
    assert isinstance(packed, Log)
    assert (packed.format.value, body_of(packed)) == ("xml", XML)
    assert list(find_logs(["-"], io.BytesIO(b""))) == [Gap(GapKind.MALFORMED, "standard input", "an empty file")]


def test_the_evidence_of_a_scan_gives_its_logs_and_no_files_of_applications(tmp_path: Path) -> None:
    files = {
        "C/Windows/System32/winevt/Logs/Security.evtx": EVTX,
        "C/Windows/System32/winevt/Logs/Empty.evtx": b"",
        "C/inetpub/wwwroot/package.json": b"{}",
        "C/inetpub/wwwroot/events.json": JSON,
        "results/Hunter.json": JSON,
        "results/summary.json": b"{}",
    }
    source = open_source(write(tmp_path, files))
    assert [
        (log.path, log.format) if isinstance(log, Log) else (log.subject, log.reason) for log in logs_of(source)
    ] == [
        ("results/Hunter.json", "json"),
        ("C/Windows/System32/winevt/Logs/Empty.evtx", "an empty file"),
        (rf"{LOGS}\Security.evtx", "evtx"),
    ]


def test_evidence_in_memory_gives_logs_that_stay_in_this_process() -> None:
    (log,) = logs_of(memory_source({rf"{LOGS}\System.evtx": EVTX}))
    assert isinstance(log, Log)
    assert (log.path, log.is_portable, body_of(log)) == (rf"{LOGS}\System.evtx", False, EVTX)


def test_a_file_larger_than_memory_allows_is_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "huge.evtx"
    with path.open("wb") as stream:
        stream.write(EVTX)
        stream.truncate(MAX_READ + len(EVTX))
    source = open_source(tmp_path)
    (file,) = source.below("")
    with source.open(file) as opened:
        count = sum(len(piece) for piece in iter(lambda: opened.read(1 << 20), b""))
    assert count == MAX_READ + len(EVTX)
