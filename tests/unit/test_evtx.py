"""Event logs: sound, of every kind of value, and damaged in each way that real ones are."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from iisight.model.errors import ParseError
from iisight.model.event import Event, Lost
from iisight.model.locator import Locator
from iisight.model.need import squeezed
from iisight.parsers import evtx
from iisight.workbench.evtx import Record, write
from iisight.workbench.evtx_damage import (
    records_of,
    with_bad_content,
    with_bad_header,
    with_slack,
    without_chunk_header,
    without_file_header,
)
from tests.builders.logs import START, TYPED, odd_records, plain_events, typed_record

PLACE = Locator("x.evtx")
LOG = write(plain_events(200), per_chunk=60)  # four chunks, the last of 20
ALL = list(range(1, 201))


class Pipe(io.BytesIO):
    """A stream that gives a few bytes at a time and cannot seek."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 0, 1000))

    def seek(self, offset: int, whence: int = 0) -> int:
        raise io.UnsupportedOperation("seek")


def read(log: bytes) -> list[Event | Lost]:
    return [event for chunk in evtx.chunks(io.BytesIO(log), PLACE) for event in evtx.events(chunk, PLACE)]


def ids(found: list[Event | Lost]) -> list[int | None]:
    return [item.record for item in found if isinstance(item, Event)]


def lost(found: list[Event | Lost]) -> list[Lost]:
    return [item for item in found if isinstance(item, Lost)]


def only(record: Record) -> Event:
    (event,) = read(write([record]))
    assert isinstance(event, Event)
    return event


@pytest.mark.parametrize("name", TYPED)
def test_a_value_of_each_type_is_read_as_event_viewer_writes_it(name: str) -> None:
    assert only(typed_record()).fields[name] == TYPED[name][2]


def test_what_the_system_element_says_is_read() -> None:
    event = only(typed_record())
    assert (event.provider, event.channel, event.id) == ("Contoso-Provider", "Contoso/Operational", 29)
    assert (event.time, event.computer, event.user, event.process) == (START, "web01.contoso.com", "S-1-5-18", 4242)
    assert event.locator == Locator("x.evtx", offset=0x1200, record=1)


def test_records_without_names_without_data_and_with_user_data_are_read() -> None:
    classic, alone, empty, cleared = read(write(odd_records()))
    assert isinstance(classic, Event)
    assert (classic.id, dict(classic.fields)) == (2282, {"param1": "x", "param2": "", "Binary": "0102"})
    assert isinstance(alone, Event)
    assert dict(alone.fields) == {"param1": "alone"}
    assert isinstance(empty, Event)
    assert dict(empty.fields) == {}
    assert isinstance(cleared, Event)
    assert dict(cleared.fields) == {"SubjectUserName": "eve", "A.B": "0x1f", "A.C": "7"}


def test_all_records_of_all_chunks_are_read() -> None:
    found = read(LOG)
    assert (ids(found), lost(found)) == (ALL, [])


def test_a_stream_that_cannot_seek_gives_the_same_chunks() -> None:
    piped = list(evtx.chunks(Pipe(LOG), PLACE))
    assert piped == list(evtx.chunks(io.BytesIO(LOG), PLACE))


@pytest.mark.parametrize(
    "log",
    [
        LOG,
        LOG[:-1000],
        without_file_header(LOG),
        without_chunk_header(LOG, 1),
        LOG[:0x11000] + bytes(0x10000) + LOG[0x11000:],
        LOG[:0x11000] + b"foreign" * 20000 + LOG[0x11000:],
        LOG[:0x8000] + LOG[0x9000:],
        LOG[0x1000:],
        b"",
        b"ElfFile\0",
    ],
)
def test_a_file_that_can_seek_gives_the_same_chunks(log: bytes) -> None:
    file = io.BytesIO(log)
    assert [evtx.chunk_at(file, place) for place in evtx.places(file)] == list(evtx.chunks(io.BytesIO(log), PLACE))


def test_a_log_to_which_nothing_was_written_yet_loses_nothing() -> None:
    none = 0xFFFFFFFFFFFFFFFF
    head = struct.pack("<8sQQQQIIII", b"ElfChnk\0", 1, none, none, none, 128, 0, 0x200, 0).ljust(0x78, b"\0")
    chunk = head + struct.pack("<II", 1, zlib.crc32(bytes(0x180), zlib.crc32(head))) + bytes(0x10000 - 0x80)
    assert read(LOG[:0x1000] + chunk) == []


def test_a_log_without_its_file_header_loses_nothing() -> None:
    found = read(without_file_header(LOG))
    assert (ids(found), lost(found)) == (ALL, [])


def test_a_wiped_chunk_header_loses_nothing_and_is_told() -> None:
    found = read(without_chunk_header(LOG, 1))
    assert ids(found) == ALL
    reason = "the chunk's header is damaged; its records were sought"
    assert lost(found) == [Lost(Locator("x.evtx", offset=0x11000), reason, 0)]


def test_a_wiped_header_of_file_and_first_chunk_loses_nothing() -> None:
    assert ids(read(without_chunk_header(without_file_header(LOG)))) == ALL


@pytest.mark.parametrize("record", [61, 90, 119, 120])
def test_a_bad_record_costs_itself_only(record: int) -> None:
    found = read(with_bad_content(LOG, record))
    assert ids(found) == [number for number in ALL if number != record]
    ((told),) = lost(found)
    assert (told.locator.record, told.count) == (record, 1)
    assert told.reason.startswith("the record cannot be decoded: ")


@pytest.mark.parametrize("record", [62, 90, 120])
def test_an_overwritten_record_header_costs_itself_only(record: int) -> None:
    found = read(with_bad_header(LOG, record))
    assert ids(found) == [number for number in ALL if number != record]
    assert lost(found) == [Lost(Locator("x.evtx", offset=0x11000), "records of the chunk that are not in it", 1)]


def test_the_first_record_of_a_chunk_takes_the_templates_of_the_others_along_when_it_is_bad() -> None:
    """Its header alone is damaged: what the others refer to in it is still there."""
    found = read(with_bad_header(LOG, 61))
    assert ids(found) == [number for number in ALL if number != 61]


def test_several_bad_records_cost_themselves_only() -> None:
    log = LOG
    bad = [*range(70, 90, 3), 118, 119, 120]
    for record in bad:
        log = with_bad_content(log, record)
    found = read(log)
    assert ids(found) == [number for number in ALL if number not in bad]
    assert [item.locator.record for item in lost(found)] == bad


def test_records_cut_off_with_the_end_of_the_file_are_counted() -> None:
    whole = evtx.headers(list(evtx.chunks(io.BytesIO(LOG), PLACE))[3])
    cut = 0x1000 + 3 * 0x10000 + whole[5].offset + 10
    found = read(LOG[:cut])
    assert ids(found) == list(range(1, 186))
    assert [item.count for item in lost(found)] == [15]


def test_chunks_cut_off_are_known_from_the_file_header() -> None:
    assert evtx.shortfall(LOG, 3) == "cut off or wiped: 3 of the 4 chunks that its header tells of"
    assert evtx.shortfall(LOG, 4) == ""
    assert evtx.shortfall(bytes(128), 3) == ""


def test_a_dirty_log_is_read_to_its_end() -> None:
    log = write(plain_events(200), per_chunk=60, dirty=True)
    header = evtx.file_header(log)
    assert header is not None
    assert (header.dirty, header.chunks, header.next_record) == (True, 1, 61)
    assert (ids(read(log)), evtx.shortfall(log, 4)) == (ALL, "")


def test_records_behind_what_the_chunk_header_knows_are_read_when_their_ids_go_on() -> None:
    """A log that was copied while it was written: chunk 3 has 20 records, its header knows of the first 10."""
    short = write(plain_events(190), per_chunk=60)
    at = 0x1000 + 3 * 0x10000
    log = LOG[:at] + short[at : at + 0x200] + LOG[at + 0x200 :]
    assert ids(read(log)) == ALL


def test_older_records_in_the_slack_are_not_read_again() -> None:
    stale = records_of(write(plain_events(30)))
    found = read(with_slack(LOG, stale, 3))
    assert (ids(found), lost(found)) == (ALL, [])


def test_older_records_in_the_slack_are_not_read_without_the_chunk_header_either() -> None:
    stale = records_of(write(plain_events(30)))
    assert ids(read(without_chunk_header(with_slack(LOG, stale, 3), 3))) == ALL


def test_bytes_missing_from_a_chunk_cost_no_other_chunk() -> None:
    found = read(LOG[:0x8000] + LOG[0x9000:])
    assert [number for number in ids(found) if number is not None and number > 60] == ALL[60:]
    known = len([number for number in ids(found) if number is not None and number <= 60])
    assert known + sum(item.count for item in lost(found)) == 60


def test_foreign_bytes_between_chunks_are_told() -> None:
    found = read(LOG[:0x11000] + b"foreign!" * 0x2000 + LOG[0x11000:])
    assert ids(found) == ALL
    assert lost(found) == [Lost(Locator("x.evtx", offset=0x11000), "65,536 bytes that are no chunk", 0)]


def test_empty_space_between_chunks_is_nothing_to_tell() -> None:
    found = read(LOG[:0x11000] + bytes(0x30000) + LOG[0x11000:] + bytes(0x2345))
    assert (ids(found), lost(found)) == (ALL, [])


def test_record_headers_tell_id_time_and_place() -> None:
    first, second = evtx.headers(next(evtx.chunks(io.BytesIO(LOG), PLACE)))[:2]
    assert (first.record, first.offset, first.time) == (1, 0x200, START)
    assert (second.record, second.offset) == (2, 0x200 + first.size)


def test_a_chunk_header_tells_whether_its_checksums_are_right() -> None:
    def sound(log: bytes) -> tuple[bool, bool]:
        chunk = next(evtx.chunks(io.BytesIO(log), PLACE))
        header = evtx.header_of(chunk)
        assert header is not None
        return header.sound, evtx.records_sound(chunk)

    assert sound(LOG) == (True, True)
    assert sound(with_bad_content(LOG, 5)) == (True, False)
    assert sound(LOG[:0x1010] + b"\1" + LOG[0x1011:]) == (False, True)


def test_text_in_the_slack_is_residue() -> None:
    old = plain_events(3)
    secret = Event("P", "C", 1, START, fields={"CommandLine": 'appcmd.exe "install" ^module /name:Old'})
    log = with_slack(LOG, records_of(write([*old, secret])), 3)
    chunk = list(evtx.chunks(io.BytesIO(log), PLACE))[3]
    (found,) = evtx.residue(chunk, [squeezed("install module"), "not there"], PLACE)
    assert found.text == 'appcmd.exe "install" ^module /name:Old'
    assert found.locator.offset is not None
    assert log[found.locator.offset :].startswith("appcmd.exe".encode("utf-16-le"))
    assert list(evtx.residue(list(evtx.chunks(io.BytesIO(LOG), PLACE))[3], [squeezed("install module")], PLACE)) == []


def test_text_of_records_is_not_residue() -> None:
    chunk = next(evtx.chunks(io.BytesIO(LOG), PLACE))
    assert list(evtx.residue(chunk, [squeezed("system.webServer")], PLACE)) == []
    assert evtx.slack(chunk).strip(b"\0") == b""


def test_another_format_under_the_name_of_a_log_is_known() -> None:
    assert evtx.is_evtx(LOG)
    assert not evtx.is_evtx(b"<Events>" + bytes(100))
    assert not evtx.is_evtx(b"LfLe" + bytes(100))


def test_a_stream_that_breaks_off_is_a_parse_error() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("the disk is gone")

    with pytest.raises(ParseError, match="the disk is gone"):
        list(evtx.chunks(Broken(), PLACE))


def test_chunks_beyond_four_gigabytes_are_read(tmp_path: Path) -> None:
    path, far = tmp_path / "large.evtx", 5 * 1024**3 + 0x1000
    with path.open("wb") as file:
        file.write(LOG[:0x11000])
        file.seek(far)
        file.write(LOG[0x11000:0x21000])
    with path.open("rb") as file:
        found = list(evtx.events(evtx.chunk_at(file, evtx.Place(1, far, 0x10000)), PLACE))
    assert ids(found) == ALL[60:120]
    assert all(item.locator.offset is not None and item.locator.offset > far for item in found)


def test_a_record_larger_than_a_chunk_is_refused_by_the_writer() -> None:
    with pytest.raises(ValueError, match="record 1 is larger than a chunk"):
        write(plain_events(1, size=40_000))


def test_the_walk_ends_on_sizes_that_lie() -> None:
    def with_size(size: int) -> bytes:
        return LOG[:0x1204] + struct.pack("<I", size) + LOG[0x1208:]

    for size in (0, 1, 23, 0x7FFFFFFF, 0xFFFFFFFF):
        assert ids(read(with_size(size))) == ALL[1:]


def test_importing_the_parser_imports_neither_decoder_nor_library() -> None:
    code = "import sys, iisight.parsers.evtx; print({'evtx', 'msgspec'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
