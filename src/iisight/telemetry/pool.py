"""Worker processes that read pieces of logs; one that dies costs the piece it read, and no other."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 3  # pieces for each process that are under way or wait to be fetched


class Pool(Generic[T, R]):
    """Processes that turn a piece into a result."""

    def __init__(self, count: int, start: Callable[[], None], work: Callable[[T], R], died: Callable[[T], R]) -> None:
        """Prepare; `start` and `work` run in the processes, `died` here, for a piece that killed its process."""
        self._count = count
        self._start = start
        self._work = work
        self._died = died
        self._running: ProcessPoolExecutor | None = None
        self._waiting: deque[tuple[T, Future[R]]] = deque()

    def map(self, pieces: Iterable[T]) -> Iterator[R]:
        """Yield the results in the order of the pieces, of which a few are read ahead."""
        try:
            for piece in pieces:
                self._submit(piece)
                if len(self._waiting) >= AHEAD * self._count:
                    yield from self._fetched()
            while self._waiting:
                yield from self._fetched()
        finally:
            self._stop()

    def _submit(self, piece: T) -> None:
        if self._running is None:
            self._running = self._executor(self._count)
        try:
            future = self._running.submit(self._work, piece)
        except BrokenProcessPool as error:
            future = Future()
            future.set_exception(error)
        self._waiting.append((piece, future))

    def _fetched(self) -> Iterator[R]:
        """Yield the next result; after a death those of all that wait, read one by one."""
        piece, future = self._waiting.popleft()
        try:
            yield future.result()
            return
        except BrokenProcessPool:
            self._stop()
        pieces = [piece, *(waiting for waiting, _ in self._waiting)]
        self._waiting.clear()
        for one in pieces:
            yield self._alone(one)

    def _stop(self) -> None:
        if self._running is not None:
            self._running.shutdown(cancel_futures=True)
        self._running = None

    def _executor(self, count: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), self._start)

    def _alone(self, piece: T) -> R:
        with self._executor(1) as executor:
            try:
                return executor.submit(self._work, piece).result()
            except BrokenProcessPool:
                return self._died(piece)
