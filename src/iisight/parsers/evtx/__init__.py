"""Event logs of Windows (`.evtx`): the container, chunk by chunk, and its records.

A log is a file header and chunks of 64 KiB, each readable by itself. Chunks are found by their magic, whatever the
headers count; the records of a chunk are found by walking them, and decoded by the `evtx` library, which is imported
when the first chunk is decoded.

Format: MS-EVEN6 2.2.12 to 2.2.17 (BinXML); the file and chunk headers as libyal's "Windows XML Event Log (EVTX)
format" documents them.
"""

from iisight.parsers.evtx.container import (
    HEAD,
    Chunk,
    FileHeader,
    Place,
    all_chunks,
    chunk_at,
    chunks,
    file_header,
    is_evtx,
    places,
    shortfall,
)
from iisight.parsers.evtx.records import events
from iisight.parsers.evtx.span import Span, span_of
from iisight.parsers.evtx.walk import ChunkHeader, RecordHeader, header_of, headers, records_sound, residue, slack

__all__ = [
    "HEAD",
    "VERSION",
    "Chunk",
    "ChunkHeader",
    "FileHeader",
    "Place",
    "RecordHeader",
    "Span",
    "all_chunks",
    "chunk_at",
    "chunks",
    "events",
    "file_header",
    "header_of",
    "headers",
    "is_evtx",
    "places",
    "records_sound",
    "residue",
    "shortfall",
    "slack",
    "span_of",
]

VERSION = 1
