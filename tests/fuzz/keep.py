"""Choose the few inputs that are kept for the tests: those that reach the most lines of the sources."""

import sys
from pathlib import Path
from random import Random
from types import FrameType, TracebackType
from typing import Any

import iisight
from tests.fuzz.mutate import mutations
from tests.fuzz.targets import CORPUS, Target

MAX_FILES = 10
MAX_BYTES = 4000
_TRIED = 300

Line = tuple[str, int]


def write_corpus(target: Target, seed: int) -> None:
    """Replace a target's folder by the best of its inputs and of damaged ones."""
    folder = CORPUS / target.name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.bin"):
        old.unlink()
    for index, data in enumerate(_best(target, seed)):
        (folder / f"{index}.bin").write_bytes(data)


def _best(target: Target, seed: int) -> list[bytes]:
    """Return the inputs that, one after the other, add most to what is reached."""
    mutated = mutations(target.inputs, target.tokens, Random(seed))
    tried = {*target.inputs, *(mutated() for _ in range(_TRIED))}
    reached = {data: _lines(target, data) for data in sorted(tried) if len(data) < MAX_BYTES}
    best: list[bytes] = []
    seen: set[Line] = set()
    while reached and len(best) < MAX_FILES:
        data = max(reached, key=lambda d: (len(reached[d] - seen), -len(d), d))
        if reached[data] <= seen:
            break
        seen |= reached.pop(data)
        best.append(data)
    return best


def _lines(target: Target, data: bytes) -> set[Line]:
    trace = _Trace()
    with trace:
        target.run(data)
    return trace.lines


class _Trace:
    """Notes every line of iisight that is run inside the `with`."""

    def __init__(self) -> None:
        self.lines: set[Line] = set()
        self._root = str(Path(iisight.__file__ or "").parent)

    def __enter__(self) -> None:
        sys.settrace(self._enter)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        sys.settrace(None)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self._line if frame.f_code.co_filename.startswith(self._root) else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        self.lines.add((frame.f_code.co_filename, frame.f_lineno))
        return self._line
