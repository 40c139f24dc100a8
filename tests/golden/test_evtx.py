"""What the reader of event logs says of a few built ones, in words; `python -m tests.golden.test_evtx` writes it anew.

`python -m tests.oracles.logs` compares the same logs with independent readers.
"""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from iisight.model.event import Event, Lost
from iisight.model.locator import Locator
from iisight.parsers import evtx
from iisight.workbench.evtx import write
from iisight.workbench.evtx_damage import with_bad_content, with_bad_header, without_chunk_header, without_file_header
from tests.builders.logs import odd_records, plain_events, typed_record

FOLDER = Path(__file__).parent / "evtx"
PLAIN = write(plain_events(7), per_chunk=3)
LOGS = {
    "every_type": write([typed_record(), *odd_records()]),
    "damaged": with_bad_header(with_bad_content(without_chunk_header(without_file_header(PLAIN), 2), 2), 5),
    "dirty_and_cut_off": write(plain_events(7), per_chunk=3, dirty=True)[:-0x10000],
}


def told(log: bytes) -> Iterator[str]:
    """Yield lines that a person can check."""
    yield f"sha256 {hashlib.sha256(log).hexdigest()}"
    yield f"{evtx.file_header(log)}"
    place = Locator("x.evtx")
    for chunk in evtx.chunks(io.BytesIO(log), place):
        yield f"chunk {chunk.number} at {chunk.offset:#x}: {evtx.header_of(chunk)}, {evtx.records_sound(chunk)}"
        for found in evtx.events(chunk, place):
            yield from _event(found) if isinstance(found, Event) else _lost(found)


def _event(event: Event) -> Iterator[str]:
    yield f"  {event.locator} +{event.locator.offset or 0:#x} {event.provider} {event.channel} {event.id} {event.time}"
    yield f"    computer {event.computer}, user '{event.user}', process {event.process}"
    yield from (f"    {name} = {text!r}" for name, text in event.fields.items())


def _lost(lost: Lost) -> Iterator[str]:
    yield f"  lost {lost.count} at {lost.locator}: {lost.reason}"


@pytest.mark.parametrize("name", LOGS)
def test_what_is_read_is_what_was_written_down(name: str) -> None:
    assert list(told(LOGS[name])) == (FOLDER / f"{name}.txt").read_text("utf-8").splitlines()


if __name__ == "__main__":
    for key, data in LOGS.items():
        (FOLDER / f"{key}.txt").write_text("\n".join(told(data)) + "\n", encoding="utf-8", newline="\n")
