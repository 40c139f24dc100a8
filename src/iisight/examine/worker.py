"""A worker process: takes files on standard input, gives what was found in them on standard output.

A message is a length (eight bytes, little-endian) and that many bytes. The first message in is the setup, each further
one a file; the first message out is empty and says that the worker is ready, each further one is an Examination. Both
sides speak JSON that is checked against the model's types: what a broken worker says can be wrong, and it cannot run
anything.
"""

import gc
import struct
import sys
from typing import IO

from iisight.examine import limits
from iisight.examine.examine import Examiner
from iisight.examine.setup import Setup

LENGTH = struct.Struct("<Q")
MAX_MEMORY = 2 * 1024**3  # bytes of address space


def main() -> int:
    """Examine files until standard input ends."""
    import msgspec

    limits.bound_memory(MAX_MEMORY)
    given, answers = sys.stdin.buffer, sys.stdout.buffer
    setup = read_message(given)
    if setup is None:
        return 0
    examiner = Examiner(msgspec.json.decode(setup, type=Setup))
    gc.freeze()
    gc.set_threshold(50_000)  # an answer is many small values without cycles: looking for some took a tenth of the time
    write_message(answers, b"")
    while (data := read_message(given)) is not None:
        write_message(answers, msgspec.json.encode(examiner.examine(data)))
    return 0


def read_message(stream: IO[bytes], most: int | None = None) -> bytes | None:
    """Return the next message; None at the end, and for one that is cut short or longer than `most`."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    if most is not None and length > most:
        return None
    data = stream.read(length)
    return data if len(data) == length else None


def write_message(stream: IO[bytes], data: bytes) -> None:
    """Write one message."""
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
